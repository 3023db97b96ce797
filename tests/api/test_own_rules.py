"""Own rules over HTTP: the same document, the same refusals, the same states as on pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Api
from tests.cast import Cast
from tests.privacy.own_rules import CARD, PATHOLOGICAL
from tests.stages import Stages


@pytest.fixture
def adam(api: Callable[..., Api], cast: Cast) -> Api:
    return api(cast.adam)


def test_a_rule_is_written_tried_switched_on_and_off(adam: Api) -> None:
    made = adam.post("own-rules/", {"document": CARD})
    assert made.status_code == 201, made.json()
    rule = made.json()
    assert (rule["state"], rule["version"], rule["tried"]) == ("draft", 1, False)
    assert rule["document"]["expressions"][0]["regex"] == "SZ[0-9]{10}"
    at = f"own-rules/{rule['id']}/"
    early = adam.post(f"{at}on/")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "own_rule_untried")
    said = adam.post(f"{at}try/", {"values": "SZ0123456789\n张三丰"}).json()
    assert [value["found"] for value in said["values"]] == [True, False]
    assert "0123456789" not in str(said)
    assert "张三丰" not in str(said)
    assert adam.post(f"{at}on/", {"version": 1}).json()["state"] == "on"
    assert adam.post(f"{at}on/").status_code == 409
    assert adam.post(f"{at}off/").json()["state"] == "off"
    changed = adam.put(at, {"document": {**CARD, "strength": 0.8}, "version": 1}).json()
    assert (changed["version"], changed["state"], changed["tried"]) == (2, "draft", False)
    assert adam.put(at, {"document": CARD, "version": 1}).status_code == 409
    listed = adam.get("own-rules/?q=citizen&state=draft").json()["results"]
    assert [row["entity_type"] for row in listed] == ["SZ_CITIZEN_CARD"]
    assert "document" not in listed[0]


def test_what_is_wrong_is_told_by_field_and_in_the_readers_language(api: Callable[..., Api], cast: Cast) -> None:
    broken = {**CARD, "type": "CN_MOBILE", "expressions": [{"regex": PATHOLOGICAL}], "more": 1}
    refused = api(cast.adam).post("own-rules/", {"document": broken})
    assert refused.status_code == 400
    fields = refused.json()["error"]["fields"]
    assert set(fields) == {"type", "expressions.1.regex", "more"}
    assert "repeats without end" in fields["expressions.1.regex"][0]
    chinese = api(cast.adam, language="zh-hans").post("own-rules/", {"document": broken}).json()["error"]["fields"]
    assert chinese["expressions.1.regex"] != fields["expressions.1.regex"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {},
        {"type": 7, "names": 3, "expressions": "x", "words": {}, "source": []},
        {**CARD, "words": ["\x00"], "strength": "much", "shortest": True},
        {**CARD, "names": {"zh": [1]}, "checksum": ["luhn"]},
        {**CARD, "expressions": [{"regex": "a\x00", "score": 9, "name": "\x00", "inside": "no"}]},
        {**CARD, "longest": 10**30, "unproven": -1},
        {**CARD, "expressions": [{"regex": "(" * 240 + "a"}]},
    ],
)
def test_nothing_that_is_sent_is_more_than_a_400(adam: Api, document: Any) -> None:
    assert adam.post("own-rules/", {"document": document}).status_code == 400


def test_only_administrators_write_and_only_they_and_officers_read(api: Callable[..., Api], cast: Cast) -> None:
    rule = api(cast.adam).post("own-rules/", {"document": CARD}).json()
    at = f"own-rules/{rule['id']}/"
    oscar, stella = api(cast.oscar), api(cast.stella)
    assert oscar.get(at).status_code == 200
    assert oscar.post("own-rules/", {"document": CARD}).status_code == 403
    assert oscar.post(f"{at}on/").status_code == 403
    assert stella.get(at).status_code == 404
    assert stella.get("own-rules/").json()["results"] == []
    assert stella.get("own-rules/file/").status_code == 403
    assert stella.post(f"{at}try/", {"values": "SZ0123456789"}).status_code == 404


def test_a_rule_is_tried_on_a_table(
    api: Callable[..., Api], cast: Cast, stages: Stages, run_jobs: Callable[[], Any]
) -> None:
    assert stages.published
    at = f"own-rules/{api(cast.adam).post('own-rules/', {'document': CARD}).json()['id']}/"
    oscar = api(cast.oscar)
    body = {"distribution": stages.distribution.pk}
    assert api(cast.adam).post(f"{at}try-table/", body).status_code in (400, 403)
    asked = oscar.post(f"{at}try-table/", body)
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    run_jobs()
    (trial,) = oscar.get(f"{at}trials/").json()["results"]
    assert (trial["state"], trial["result"]["rows"], trial["result"]["columns"]) == ("complete", 240, [])
    assert api(cast.adam).get(f"{at}trials/").json()["results"] == []
    assert oscar.get(at).json()["tried"] is True


def test_a_file_goes_out_and_in(adam: Api) -> None:
    adam.post("own-rules/", {"document": CARD})
    file = adam.get("own-rules/file/")
    assert file.headers["Content-Type"].startswith("application/toml")
    said = adam.post("own-rules/file/", {"toml": file.content.decode()}).json()
    assert said == {"written": [], "changed": [], "unchanged": ["SZ_CITIZEN_CARD"]}
    bad = adam.post("own-rules/file/", {"toml": "[[entity]\nx = 1"})
    assert bad.status_code == 400
    assert "line 1" in bad.json()["error"]["fields"]["file"][0]
