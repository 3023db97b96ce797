"""Downloading a release: whole, in parts, by the named recipients only, and recorded each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.api.ranges import ByteRange, RangeNotSatisfiable, read_range
from access.models import Download, Grant, Release
from catalog.ledger.models import LedgerEntry
from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import Stages


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", (0, 99)),
        ("bytes=10-19", (10, 19)),
        ("bytes=90-1000", (90, 99)),
        ("bytes=-5", (95, 99)),
        ("bytes=-500", (0, 99)),
        (" bytes=0-0 ", (0, 0)),
    ],
)
def test_a_range_is_read(header: str, expected: tuple[int, int]) -> None:
    found = read_range(header, 100)
    assert found is not None
    assert (found.first, found.last) == expected


@pytest.mark.parametrize(
    "header", ["", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,5-6", "rows=0-1", "bytes=a-b", "bytes=٣-٤"]
)
def test_what_is_no_single_range_asks_for_the_whole(header: str) -> None:
    assert read_range(header, 100) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-1", 0)])
def test_a_range_past_the_end_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        read_range(header, size)


@given(st.integers(1, 500), st.integers(0, 600), st.integers(0, 600))
def test_a_range_lies_inside_the_file(size: int, first: int, last: int) -> None:
    try:
        found = read_range(f"bytes={first}-{last}", size)
    except RangeNotSatisfiable:
        assert first >= size
        return
    if found is None:
        assert last < first
    else:
        assert 0 <= found.first <= found.last < size
        assert found == ByteRange(first, min(last, size - 1), size)
        assert len(range(size)[found.first : found.last + 1]) == found.length


@pytest.fixture
def release(stages: Stages, cast: Cast) -> Release:
    granted = stages.granted(recipients=[cast.rita, cast.ron])
    found: Release = Release.objects.select_related("artefact").get(grant__application=granted)
    return found


def test_a_recipient_gets_exactly_the_bytes_that_were_assessed(
    api: Callable[..., Api], cast: Cast, release: Release
) -> None:
    answer = api(cast.ron).get(f"releases/{release.pk}/download/", Accept="text/csv")
    body = content(answer)
    assert answer.status_code == 200
    assert answer["X-Content-SHA256"] == release.artefact.sha256
    assert hashlib.sha256(body).hexdigest() == release.artefact.sha256.removeprefix("sha256:")
    assert int(answer["Content-Length"]) == len(body) == release.artefact.size
    assert answer["Content-Disposition"] == f'attachment; filename="3-05-01-00001-{release.pk}.csv"'
    assert (answer["Cache-Control"], answer["Accept-Ranges"]) == ("no-store", "bytes")
    assert answer["Content-Type"].startswith("text/csv")
    entry = LedgerEntry.objects.filter(action="release.downloaded").get()
    assert (entry.actor, entry.object_id) == (cast.ron, str(release.pk))
    assert api(cast.rita).get(f"releases/{release.pk}/").json()["downloads"] == 1


def test_a_broken_download_goes_on_where_it_stopped(api: Callable[..., Api], cast: Cast, release: Release) -> None:
    rita, address, size = api(cast.rita), f"releases/{release.pk}/download/", release.artefact.size
    whole = rita.get(address)
    etag, body = whole["ETag"], content(whole)
    first = rita.get(address, Range="bytes=0-99")
    rest = rita.get(address, **{"Range": "bytes=100-", "If-Range": etag})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert (first["Content-Range"], first["Content-Length"]) == (f"bytes 0-99/{size}", "100")
    assert content(first) + content(rest) == body
    other = rita.get(address, **{"Range": "bytes=100-", "If-Range": '"another"'})
    assert (other.status_code, content(other)) == (200, body)
    assert list(Download.objects.order_by("id").values_list("first_byte", flat=True)) == [0, 0, 100, 0]
    past = rita.get(address, Range=f"bytes={size}-")
    assert (past.status_code, past.json()["error"]["code"]) == (416, "range_not_satisfiable")
    assert past["Content-Range"] == f"bytes */{size}"
    assert Download.objects.count() == 4


def test_only_recipients_download_and_strangers_see_nothing(
    api: Callable[..., Api], cast: Cast, release: Release
) -> None:
    address = f"releases/{release.pk}/download/"
    assert api(cast.amy).get(address).status_code == 403
    assert api(cast.stella).get(address).status_code == 404
    assert api(cast.wendy).get(address).status_code == 404
    assert api().get(address).status_code == 401
    assert api(cast.rita).client.head(f"/api/v1/{address}").status_code == 405
    assert not Download.objects.exists()


def test_a_revoked_and_an_expired_grant_give_nothing(api: Callable[..., Api], cast: Cast, release: Release) -> None:
    address = f"releases/{release.pk}/download/"
    Grant.objects.filter(pk=release.grant_id).update(valid_from="2020-01-01", valid_until="2020-02-01")
    expired = api(cast.rita).get(address)
    assert (expired.status_code, expired.json()["error"]["code"]) == (403, "grant_not_in_force")
    assert api(cast.rita).get(f"releases/{release.pk}/").json()["in_force"] is False
    application = api(cast.rita).get(f"applications/{release.grant.application_id}/").json()
    assert (application["state"], application["expired"]) == ("granted", True)
