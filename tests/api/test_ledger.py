"""The ledger over HTTP: narrowed, taken out as a file, verified."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.jobs.models import JobState
from catalog.ledger.models import LedgerEntry, LedgerHead
from tests.api.conftest import Api
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence
from tests.stages import Stages


def content_of(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content_of(answer).decode("utf-8-sig"))))


def test_an_auditor_takes_lines_out_as_the_page_does(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    assert stages.published
    before = last_sequence()
    answer = api(cast.audrey).get("ledger/export/?action=dataset")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="ledger-')
    assert answer["Cache-Control"] == "no-store"
    taken = content_of(answer)
    page = Visitor(cast.audrey).post("/ledger/export/", action="dataset", format="csv")
    assert taken == content_of(page)
    details = {"format": "csv", "through": before, "filters": {"action": "dataset"}}
    first, second = acts_after(before)
    assert first == ("ledger.exported", "ledgerhead", {**details, "lines": taken.count(b"\n") - 1})
    assert second[2]["through"] == before + 1


def test_lines_are_narrowed_in_the_file_as_in_the_list(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    dataset = stages.published
    now, audrey = timezone.now(), api(cast.audrey)
    soon = (now + timedelta(hours=1)).isoformat().replace("+", "%2B")
    before = (now - timedelta(hours=1)).isoformat().replace("+", "%2B")
    for query, some in (
        (f"object=dataset:{dataset.pk}", True),
        ("action=dataset.published", True),
        ("action=dataset", True),
        (f"actor={cast.stella.pk}", True),
        (f"organization={cast.water.pk}", True),
        (f"since={before}&until={soon}", True),
        (f"since={soon}", False),
        (f"until={before}", False),
        (f"actor={cast.rita.pk}", False),
    ):
        listed = [row["sequence"] for row in audrey.get(f"ledger/?page_size=200&{query}").json()["results"]]
        taken = [int(row["sequence"]) for row in rows_of(audrey.get(f"ledger/export/?{query}"))]
        assert taken == sorted(listed), query
        assert bool(taken) == some, query


def test_lines_as_json_verify_without_the_program(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    assert stages.draft
    answer = api(cast.audrey).get("ledger/export/?format=jsonl")
    assert answer["Content-Type"] == "application/jsonl"
    for line in content_of(answer).splitlines():
        document = json.loads(line)
        text = json.dumps(document["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == document["entry_hash"]


def test_only_auditors_take_lines_out_and_a_refusal_leaves_no_line(api: Callable[..., Api], cast: Cast) -> None:
    before = last_sequence()
    for name in ("stella", "adam", "rita"):
        refused = api(getattr(cast, name)).get("ledger/export/")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_permitted")
    assert api().get("ledger/export/").status_code == 401
    audrey = api(cast.audrey)
    for query, field in (
        ("format=xlsx", "format"),
        ("object=dataset", "object"),
        ("since=yesterday", "since"),
        ("actor=0", "actor"),
        ("action=" + "a" * 61, "action"),
    ):
        wrong = audrey.get(f"ledger/export/?{query}")
        assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (400, {field}), query
    assert audrey.client.head("/api/v1/ledger/export/").status_code == 405
    assert audrey.post("ledger/export/").status_code == 405
    assert last_sequence() == before


def test_the_sentences_are_in_the_language_of_the_request(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    assert stages.draft
    english = rows_of(Api(cast.audrey, "en").get("ledger/export/?action=dataset.registered"))
    assert english[0]["sentence"] == "Stella opened the record Outpatient visits"
    chinese = rows_of(Api(cast.audrey, "zh-hans").get("ledger/export/?action=dataset.registered"))
    assert chinese[0]["sentence"].startswith("Stella")
    assert chinese[0]["sentence"] != english[0]["sentence"]


def test_the_whole_chain_is_verified_by_a_job(
    api: Callable[..., Api], cast: Cast, run_jobs: Callable[[], list[JobState | None]]
) -> None:
    audrey, head, before = api(cast.audrey), LedgerHead.objects.get(pk=1), last_sequence()
    asked = audrey.post("ledger/verify/", {"sequence": head.sequence, "entry_hash": head.entry_hash.upper()})
    assert asked.status_code == 202, asked.content
    job = asked.json()
    assert (job["kind"], job["state"], job["result"]) == ("verify_ledger", "queued", None)
    again = audrey.post("ledger/verify/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "verification_underway")
    assert run_jobs() == [JobState.COMPLETE]
    done = audrey.get(f"jobs/{job['id']}/").json()
    assert done["state"] == "complete"
    assert done["progress"]["done"] == head.sequence
    assert done["result"] == {
        "ok": True,
        "entries": head.sequence,
        "first_bad": None,
        "problem": None,
        "missing_triggers": [],
        "head": {"sequence": head.sequence, "entry_hash": head.entry_hash},
    }
    assert last_sequence() == before


def test_a_checkpoint_that_the_chain_does_not_hold_is_found(
    api: Callable[..., Api], cast: Cast, run_jobs: Callable[[], list[JobState | None]]
) -> None:
    other = hashlib.sha256(b"another").hexdigest()
    job = api(cast.audrey).post("ledger/verify/", {"sequence": 2, "entry_hash": other}).json()
    run_jobs()
    result = api(cast.audrey).get(f"jobs/{job['id']}/").json()["result"]
    assert (result["ok"], result["problem"], result["first_bad"]) == (False, "checkpoint", 2)


def test_a_verification_can_be_stopped_by_whoever_asked_for_it(api: Callable[..., Api], cast: Cast) -> None:
    job = api(cast.audrey).post("ledger/verify/").json()
    assert api(cast.adam).post(f"jobs/{job['id']}/cancel/").status_code == 403
    assert api(cast.stella).post(f"jobs/{job['id']}/cancel/").status_code == 404
    assert api(cast.audrey).post(f"jobs/{job['id']}/cancel/").json()["state"] == "cancelled"


@pytest.mark.parametrize(
    "body",
    [
        {"sequence": 1},
        {"entry_hash": "a" * 64},
        {"sequence": 0, "entry_hash": "a" * 64},
        {"sequence": 1, "entry_hash": "x"},
    ],
)
def test_half_a_checkpoint_is_refused(api: Callable[..., Api], cast: Cast, body: dict[str, Any]) -> None:
    assert api(cast.audrey).post("ledger/verify/", body).status_code == 400


def test_only_auditors_have_the_chain_verified(api: Callable[..., Api], cast: Cast) -> None:
    for name in ("stella", "adam", "rita"):
        assert api(getattr(cast, name)).post("ledger/verify/").status_code == 403
    assert not LedgerEntry.objects.filter(action__startswith="ledger").exists()
