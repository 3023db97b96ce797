"""Combinations over HTTP: with their scan, at an address of their own, and asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import Stages


def address(stages: Stages) -> str:
    return f"scans/{stages.scan.pk}/combinations/"


def test_a_scan_has_its_combinations_and_they_have_an_address(
    api: Callable[..., Api], cast: Cast, stages: Stages
) -> None:
    oscar = api(cast.oscar)
    found = oscar.get(address(stages)).json()
    assert oscar.get(f"scans/{stages.scan.pk}/").json()["combinations"] == found
    assert (found["scan"], found["state"], found["error"]) == (stages.scan.pk, "complete", None)
    assert (found["columns"], found["left_out"]) == (["性别", "出生日期", "区县"], [])
    assert found["proposed"] == found["columns"]
    assert (found["rows"], found["persons"], found["subject"], found["threshold"]) == (240, 240, None, 0.05)
    assert found["counted_at"]
    assert len(found["combinations"]) == 7
    assert set(found["combinations"][0]) == {
        "columns",
        "classes",
        "uniques",
        "unique_share",
        "smallest",
        "median",
        "minimal",
    }


@pytest.mark.parametrize(("length", "number"), [(1, 3), (2, 3), (3, 1), (4, 0)])
def test_only_those_of_so_many_columns(
    api: Callable[..., Api], cast: Cast, stages: Stages, length: int, number: int
) -> None:
    found = api(cast.oscar).get(f"{address(stages)}?columns={length}").json()["combinations"]
    assert [len(one["columns"]) for one in found] == [length] * number


@pytest.mark.parametrize("length", ["0", "5", "two", "-1"])
def test_another_number_is_refused(api: Callable[..., Api], cast: Cast, stages: Stages, length: str) -> None:
    assert api(cast.oscar).get(f"{address(stages)}?columns={length}").status_code == 400


def test_an_officer_asks_and_reads_when_it_is_done(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    oscar = api(cast.oscar)
    asked = oscar.post(address(stages))
    assert (asked.status_code, asked.json()["state"], asked.json()["persons"]) == (202, "queued", 240)
    twice = oscar.post(address(stages))
    assert (twice.status_code, twice.json()["error"]["code"]) == (409, "count_underway")
    stages.run_jobs()
    assert oscar.get(address(stages)).json()["state"] == "complete"


def test_whoever_may_not_is_refused_and_a_stranger_sees_nothing(
    api: Callable[..., Api], cast: Cast, stages: Stages
) -> None:
    assert api(cast.stella).get(address(stages)).status_code == 200
    assert api(cast.stella).post(address(stages)).status_code == 403
    assert api(cast.rita).get(address(stages)).status_code == 404
    assert api(cast.rita).post(address(stages)).status_code == 404
    assert api().get(address(stages)).status_code == 401


def test_a_scan_whose_combinations_nobody_counted_has_none(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    assert stages.published
    oscar = api(cast.oscar)
    scan = oscar.post("scans/", {"distribution": stages.distribution.pk, "mode": "sample"}).json()["id"]
    stages.run_jobs()
    assert oscar.get(f"scans/{scan}/").json()["combinations"] is None
    assert oscar.get(f"scans/{scan}/combinations/").status_code == 404
    refused = oscar.post(f"scans/{scan}/combinations/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "scan_not_complete")
