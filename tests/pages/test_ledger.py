"""The ledger on its pages: every act in words, filters, verification, and lines taken out."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from access.workflow import Action
from catalog.errors import NotPermitted
from catalog.jobs.models import JobState
from catalog.ledger import triggers
from catalog.ledger.exporting import ExportForm, begin_export
from catalog.ledger.models import LedgerEntry, LedgerHead
from catalog.ledger.reading import LedgerQuery, matching
from catalog.ledger.verification import verify
from catalog.ledger.wording import ACTS, DETAILS, KINDS, OBJECTS, SUBJECTS, object_name, sentence
from catalog.pages.ledger_lines import lines_of
from catalog.people.models import User
from catalog.people.services import rename_user
from privacy.models import FindingState
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)

# Where an action code is put together while the program runs: its beginning, and every end it can have.
PUT_TOGETHER = {
    "application.": {action.value for action in Action},
    "finding.": {state.value for state in FindingState} - {FindingState.PROPOSED.value},
    "scan.": {JobState.CANCELLED.value, JobState.FAILED.value},
    "combinations.": {JobState.CANCELLED.value, JobState.FAILED.value},
}


@pytest.fixture
def cast(world: Stages) -> Cast:
    """The people of the module's world."""
    return world.cast


# --- words ---------------------------------------------------------------------------------------------------------------------------


def written_actions() -> Iterator[str]:
    """Every action code that the program's source passes on as `action=`, or to a module's own `_record`."""
    for app in ("catalog", "privacy", "access", "config"):
        for page in sorted((ROOT / app).rglob("*.py")):
            for call in ast.walk(ast.parse(page.read_text(encoding="utf-8"))):
                if not isinstance(call, ast.Call):
                    continue
                given: list[ast.expr] = [word.value for word in call.keywords if word.arg == "action"]
                if isinstance(call.func, ast.Name) and call.func.id == "_record":
                    given += call.args
                for part in (part for value in given for part in ast.walk(value)):
                    yield from _codes_in(part)


def _codes_in(part: ast.AST) -> Iterator[str]:
    if isinstance(part, ast.JoinedStr) and isinstance(part.values[0], ast.Constant):
        prefix = str(part.values[0].value)
        yield from (f"{prefix}{end}" for end in PUT_TOGETHER[prefix])
    if isinstance(part, ast.Constant) and re.fullmatch(r"[a-z]+\.[a-z_]+", str(part.value)):
        yield str(part.value)


def test_every_act_the_program_records_has_its_words_and_no_other() -> None:
    assert set(written_actions()) == set(ACTS)


def test_every_act_belongs_to_a_group_of_the_filter() -> None:
    assert {code.partition(".")[0] for code in ACTS} == set(SUBJECTS)
    assert set(OBJECTS) == set(KINDS)


@pytest.mark.parametrize("action", ACTS)
def test_a_sentence_takes_the_names_it_gets_and_bears_what_is_missing(action: str) -> None:
    parts = {"actor": "A", "object": "O", "person": "P", "role": "R", "organization": "G", "counterpart": "C"}
    assert "A" in sentence(action, parts)
    assert "%" not in sentence(action, parts)
    assert "…" in sentence(action, {})


def test_an_act_without_words_is_shown_by_its_code() -> None:
    with translation.override("en"):
        _act_without_words()


def _act_without_words() -> None:
    assert sentence("old.act", {"actor": "Stella", "object": "dataset 1"}) == "Stella old.act dataset 1"
    assert object_name("dataset", "7") == "dataset 7"
    assert object_name("thing", "7") == "thing 7"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_line_of_a_whole_journey_reads_in_both_languages(world: Stages, language: str) -> None:
    world.granted()
    with translation.override(language):
        for line in lines_of(
            world.cast.audrey, LedgerEntry.objects.select_related("actor", "organization", "counterpart")
        ):
            assert line.entry.action in ACTS
            assert "%(" not in line.text
            for name, value in line.details:
                assert name
                assert isinstance(value, str)


def test_every_detail_that_is_written_has_a_name(world: Stages) -> None:
    world.granted()
    written = {name for details in LedgerEntry.objects.values_list("details", flat=True) for name in details}
    assert written <= set(DETAILS)


def test_names_in_a_line_are_text_and_what_one_may_not_see_is_named_by_its_number(world: Stages) -> None:
    with translation.override("en"):
        _names_in_a_line(world)


def _names_in_a_line(world: Stages) -> None:
    rename_user(actor=world.cast.stella, display_name="<b>Stella</b>")
    line = lines_of(world.cast.audrey, LedgerEntry.objects.filter(action="user.renamed"))[0]
    assert "&lt;b&gt;Stella" in line.sentence
    assert "<b>" not in line.sentence
    assert "<b>Stella" in line.text
    scan = lines_of(world.cast.audrey, LedgerEntry.objects.filter(action="scan.requested"))[0]
    assert re.search(r"scan \d+", scan.text)
    assert "href" not in scan.sentence
    published = lines_of(world.cast.audrey, LedgerEntry.objects.filter(action="dataset.published"))[0]
    assert "href" in published.sentence


# --- reading -------------------------------------------------------------------------------------------------------------------------


def test_an_auditor_reads_the_branch_and_others_only_what_they_did(world: Stages) -> None:
    text = text_of(Visitor(world.cast.audrey).get("/ledger/"))
    assert "Who did what in your branch" in text
    assert "Stefan published the record Outpatient visits" in text_of(
        Visitor(world.cast.audrey).get("/ledger/?action=dataset.published")
    )
    stella = text_of(Visitor(world.cast.stella).get("/ledger/"))
    assert "What you did" in stella
    assert "Stefan published" not in stella
    assert "Verify the chain" not in stella
    assert Visitor().get("/ledger/").status_code == 302


def found(user: User, **asked: Any) -> list[LedgerEntry]:
    return list(matching(user, LedgerQuery(**asked)))


def test_the_filters_narrow_by_act_object_person_organisation_and_day(world: Stages) -> None:
    audrey, dataset = world.cast.audrey, world.published
    acts = {entry.action for entry in found(audrey, action="dataset")}
    assert {"dataset.registered", "dataset.submitted", "dataset.published"} <= acts
    assert {entry.action for entry in found(audrey, action="dataset.published")} == {"dataset.published"}
    about = found(audrey, object_type="dataset", object_id=str(dataset.pk))
    assert {entry.object_id for entry in about} == {str(dataset.pk)}
    assert {entry.actor for entry in found(audrey, actor="stel")} == {world.cast.stella}
    assert found(audrey, organization=world.cast.water.pk)
    assert {entry.organization_id for entry in found(audrey, organization=world.cast.water.pk)} == {world.cast.water.pk}
    today = timezone.localdate()
    everything = len(found(audrey))
    assert len(found(audrey, since=today, until=today)) == everything
    assert found(audrey, since=today + timedelta(days=1)) == []
    assert found(audrey, until=today - timedelta(days=1)) == []


def test_what_is_asked_wrongly_is_told_and_left_out(world: Stages) -> None:
    visitor = Visitor(world.cast.audrey)
    for query in (
        "since=yesterday",
        "object_id=<script>alert(1)</script>",
        "organization=999999",
        "action=king",
        "actor=" + "a" * 500,
        "object_type=%00",
        "until=9999-99-99",
        "until=9999-12-31",
        "since=0001-01-01",
    ):
        answer = visitor.get(f"/ledger/?{query}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
        assert "What is marked in the filter was left out" in text_of(answer)
        assert "wrong" in answer.content.decode()
    assert "No line fits" in text_of(visitor.get("/ledger/?actor=nobody-at-all"))


def test_a_search_as_one_types_gets_the_lines_alone(world: Stages) -> None:
    answer = Visitor(world.cast.audrey).get(
        "/ledger/?actor=stella", **{"HX-Request": "true", "HX-Target": "ledger-lines"}
    )
    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="ledger-lines"')
    assert "<html" not in html


def test_the_ledger_asks_as_many_questions_for_many_lines_as_for_few(
    world: Stages, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    visitor = Visitor(world.cast.audrey)
    visitor.get("/ledger/")
    with django_assert_max_num_queries(50):
        assert visitor.get("/ledger/").status_code == 200


# --- verification ------------------------------------------------------------------------------------------------------------------------


def test_an_auditor_verifies_the_chain_and_nothing_is_written(world: Stages) -> None:
    before = last_sequence()
    answer = Visitor(world.cast.audrey).get("/ledger/verification/")
    text = text_of(answer)
    head = verify().head
    assert "Nothing was changed" in text
    assert head.entry_hash in text
    assert last_sequence() == before
    for name in ("stella", "adam", "rita"):
        assert Visitor(getattr(world.cast, name)).get("/ledger/verification/").status_code == 403


def test_a_checkpoint_is_compared(world: Stages) -> None:
    visitor, head = Visitor(world.cast.audrey), verify().head
    good = visitor.get(f"/ledger/verification/?sequence={head.sequence}&entry_hash={head.entry_hash.upper()}")
    assert "Your checkpoint stands in the chain" in text_of(good)
    other = hashlib.sha256(b"another").hexdigest()
    bad = visitor.get(f"/ledger/verification/?sequence={head.sequence}&entry_hash={other}")
    assert "does not hold the checkpoint" in text_of(bad)
    for query in ("sequence=x&entry_hash=y", "sequence=-1&entry_hash=", f"sequence={10**30}&entry_hash={other}"):
        wrong = visitor.get(f"/ledger/verification/?{query}")
        assert wrong.status_code == 200
        assert "correct what is marked" in text_of(wrong)


def test_a_changed_line_is_named(world: Stages) -> None:
    line = LedgerEntry.objects.order_by("sequence")[3]
    triggers.remove(connection)
    LedgerEntry.objects.filter(pk=line.pk).update(action="role.ended")
    text = text_of(Visitor(world.cast.audrey).get("/ledger/verification/"))
    assert "not what it was" in text
    assert f"line {line.pk} does not fit its hash" in text
    assert "Missing guards" in text
    triggers.install(connection)


def test_missing_guards_are_a_finding_even_where_the_chain_is_whole(world: Stages) -> None:
    triggers.remove(connection)
    assert "no longer refuses changes" in text_of(Visitor(world.cast.audrey).get("/ledger/verification/"))
    triggers.install(connection)


# --- taking lines out --------------------------------------------------------------------------------------------------------------------


def test_the_chosen_lines_are_taken_out_as_csv_and_that_is_recorded(world: Stages) -> None:
    before = last_sequence()
    answer = Visitor(world.cast.audrey).post("/ledger/export/", action="dataset", actor="stel", format="csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert {row["actor"] for row in rows} == {"stella"}
    assert [int(row["sequence"]) for row in rows] == sorted(int(row["sequence"]) for row in rows)
    assert "Stella submitted the record Outpatient visits for review" in {row["sentence"] for row in rows}
    (line,) = acts_after(before)
    details = {"format": "csv", "lines": len(rows), "through": before, "filters": {"action": "dataset", "actor": True}}
    assert line == ("ledger.exported", "ledgerhead", details)
    assert LedgerEntry.objects.get(action="ledger.exported").organization == world.cast.city


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(world: Stages) -> None:
    rename_user(actor=world.cast.stella, display_name="=cmd|' /C calc'!A0")
    answer = Visitor(world.cast.audrey).post("/ledger/export/", action="dataset.submitted", format="csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0]["actor_name"].startswith("'=cmd")
    assert rows[0]["sentence"].startswith("'=cmd")


def test_lines_as_json_can_be_verified_without_the_program(world: Stages) -> None:
    answer = Visitor(world.cast.audrey).post("/ledger/export/", format="jsonl")
    documents = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert len(documents) > 30
    for document in documents:
        text = json.dumps(document["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == document["entry_hash"]
    hashes = {document["entry"]["sequence"]: document["entry_hash"] for document in documents}
    for document in documents:
        sequence = document["entry"]["sequence"]
        assert hashes.get(sequence - 1, document["entry"]["previous"]) == document["entry"]["previous"]


def test_only_auditors_take_lines_out(world: Stages) -> None:
    before = last_sequence()
    visitor = Visitor(world.cast.stella)
    assert "do not have the role" in text_of(visitor.follow(visitor.post("/ledger/export/", format="csv")))
    with pytest.raises(NotPermitted):
        begin_export(actor=world.cast.adam, query=LedgerQuery(), form=ExportForm.CSV)
    assert Visitor(world.cast.audrey).get("/ledger/export/").status_code == 405
    assert acts_after(before) == []


def test_an_export_streams_in_few_questions(world: Stages) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = Visitor(world.cast.audrey).post("/ledger/export/", format="csv")
        lines = b"".join(answer.streaming_content).count(b"\n")
    assert lines > 30
    assert len(queries) < 70
    assert LedgerHead.objects.get(pk=1).sequence == last_sequence()
