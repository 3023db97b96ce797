"""The pages of a scan that is not the first: what has changed since the scan before, and what came back for review."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.utils.translation import override

from catalog.storage import UPLOADS, delete_sealed, sealed_output
from privacy.detection.forms import Form
from privacy.models import Finding, Scan, ScanMode
from privacy.pages.changes import _FORMS, told_of
from privacy.services.findings import confirm_finding, reject_finding
from privacy.services.scans import request_scan
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.stages import Stages, visits_csv
from tests.world import kept_files, shared_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The table, reviewed and scanned again with other values in the rejected column of telephones; made once for this module."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        assert stages.scan
        stages.review()
        phone = Finding.objects.get(field__name="手机号")
        reject_finding(actor=stages.cast.olga, finding=phone, reason="都是总机")
        change_phones(stages)
        yield stages


@pytest.fixture
def stages(world: Stages, db: None) -> Iterator[Stages]:
    """The module's world; what a test does to it is undone."""
    with kept_files():
        yield deepcopy(world)


@pytest.fixture
def cast(stages: Stages) -> Cast:
    return stages.cast


def change_phones(stages: Stages, mode: ScanMode = ScanMode.FULL, to: str = "user{}@example.cn") -> Scan:
    """Every telephone becomes an address, or something else, and the table is scanned again."""
    header, *rows = visits_csv().decode().splitlines()
    cells = ([*row.split(",")[:2], to.format(at), *row.split(",")[3:]] for at, row in enumerate(rows))
    delete_sealed(UPLOADS, stages.source.sealed_name)
    with sealed_output(UPLOADS, stages.source.sealed_name) as sink:
        sink.write(("\n".join([header, *map(",".join, cells)]) + "\n").encode())
    scan = request_scan(actor=stages.cast.oscar, distribution=stages.distribution, mode=mode)
    stages.run_jobs()
    return scan


def last_scan() -> Scan:
    scan: Scan = Scan.objects.order_by("-pk")[0]
    return scan


def test_a_scan_page_says_first_what_has_changed(cast: Cast, stages: Stages) -> None:
    page = text_of(Visitor(cast.oscar).get(f"/scans/{last_scan().pk}/"))
    assert "Since the scan of" in page
    assert ": 1 changed" in page
    assert "Another type: before Mobile number, now E-mail address." in page
    assert "The values look different: before digits, 11 characters; now words with @" in page
    assert "Back for review" in page
    assert page.index("Since the scan of") < page.index("Rows read")
    assert "Since the scan of" not in text_of(Visitor(cast.oscar).get(f"/scans/{stages.scan.pk}/")), "the first of all"


def test_nothing_changed_is_said_too(cast: Cast, stages: Stages) -> None:
    change_phones(stages)
    page = text_of(Visitor(cast.oscar).get(f"/scans/{last_scan().pk}/"))
    assert "nothing has changed" in page
    assert "What differs" not in page


def test_a_sample_says_that_it_is_one(cast: Cast, stages: Stages) -> None:
    change_phones(stages, ScanMode.SAMPLE)
    assert "This scan read only a sample" in text_of(Visitor(cast.oscar).get(f"/scans/{last_scan().pk}/"))
    scan = last_scan()
    scan.comparison["with"]["mode"], scan.comparison["rows_changed"] = "sample", True
    scan.save(update_fields=["comparison"])
    page = text_of(Visitor(cast.oscar).get(f"/scans/{scan.pk}/"))
    assert "The scan before read only a sample" in page
    assert "changed by a fifth or more" in page


def test_the_queue_shows_what_came_back_and_only_that(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    Finding.objects.filter(field__name="姓名").update(state="proposed", decided_by=None)
    everything = text_of(oscar.get("/review/"))
    assert "Came back 1" in everything
    assert "Review 2" in everything
    only = oscar.get("/review/?which=came_back")
    assert "Review 1" in text_of(only)
    assert f"/review/{stages.distribution.pk}/next/?which=came_back" in only.content.decode()
    cards = {name: f"/review/cards/{Finding.objects.get(field__name=name).pk}/" for name in ("姓名", "手机号")}
    assert oscar.get(f"/review/{stages.distribution.pk}/next/?which=came_back").url == cards["手机号"]
    assert oscar.get(f"/review/{stages.distribution.pk}/next/").url == cards["姓名"]
    Finding.objects.update(state="confirmed", returned=[])
    assert "Nothing came back" in text_of(oscar.get("/review/?which=came_back"))
    assert oscar.get("/review/?which=🙂").status_code == 200


def test_a_card_says_why_it_came_back_and_what_was_decided(cast: Cast, stages: Stages) -> None:
    finding = Finding.objects.get(field__name="手机号")
    oscar = Visitor(cast.oscar)
    card = text_of(oscar.get(f"/review/cards/{finding.pk}/"))
    assert "Why it came back for review" in card
    assert "Olga decided it before" in card
    assert "Rejected" in card
    assert "都是总机" in card
    assert "Another type: before Mobile number, now E-mail address." in card
    assert "Why it came back for review" in text_of(oscar.get(f"/review/{stages.distribution.pk}/{finding.field_id}/"))
    assert "Came back: Another type" in text_of(oscar.get(f"/review/{stages.distribution.pk}/"))
    oscar.post(f"/review/cards/{finding.pk}/confirm/")
    for page in (f"/review/cards/{finding.pk}/", f"/review/{stages.distribution.pk}/"):
        assert "came back" not in text_of(oscar.get(page)).lower()
    history = text_of(oscar.get(f"/review/{stages.distribution.pk}/{finding.field_id}/"))
    assert "came back for review after a scan that Oscar asked for" in history


def test_it_is_all_said_in_chinese(cast: Cast, stages: Stages) -> None:
    finding = Finding.objects.get(field__name="手机号")
    oscar = Visitor(cast.oscar, language="zh-hans")
    paths = (f"/scans/{last_scan().pk}/", "/review/?which=came_back", f"/review/cards/{finding.pk}/")
    pages = [text_of(oscar.get(path)) for path in paths]
    assert "再次待审" in pages[1]
    assert "类型变了：原为手机号" in pages[2]
    for page in pages:
        for english in ("came back", "Since the scan", "differs", "before", "characters", "changed"):
            assert english not in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("what", "before", "now"),
    [
        ("type", "", "CN_MOBILE"),
        ("type", "CN_MOBILE", ""),
        ("role", "direct", "none"),
        ("likelihood", "likely", "possible"),
        ("form", {"form": {}, "length": []}, {"form": {"digits": 0.6, "code": 0.4}, "length": [3, 9, 255]}),
        ("form", {"form": {"date": 1.0}, "length": []}, {"form": {"other": 1.0}, "length": [255, 255, 255]}),
        ("checksum", "unverified", "proven"),
        ("checksum", "proven", "unverified"),
        ("share", 0.5, 1.0),
        ("empty", 0.0, 0.25),
        ("other_types", [], ["PERSON", "CN_MOBILE"]),
        ("column", None, None),
    ],
)
def test_every_difference_is_a_sentence(what: str, before: Any, now: Any, language: str) -> None:
    with override(language):
        sentence = told_of({"what": what, "before": before, "now": now})
    assert sentence
    assert "%(" not in sentence
    assert "{" not in sentence
    assert sentence.endswith("." if language == "en" else "。")


def test_every_form_has_a_word() -> None:
    assert set(_FORMS) == set(Form)


def test_a_decided_column_in_which_nothing_is_seen_any_more_says_whose_evidence_is_shown(
    stages: Stages, cast: Cast
) -> None:
    phone = Finding.objects.get(field__name="手机号")
    confirm_finding(actor=cast.oscar, finding=phone)
    page = f"/review/{stages.distribution.pk}/{phone.field_id}/"
    assert "saw nothing of it any more" not in text_of(Visitor(cast.oscar).get(page))
    scan = change_phones(stages, to="是")
    answer = Visitor(cast.oscar).get(page)
    assert "read every row and saw nothing of it any more" in text_of(answer)
    assert f'href="/scans/{scan.pk}/"' in answer.content.decode()


def test_a_scan_of_other_columns_says_who_goes_on_and_where(stages: Stages, cast: Cast) -> None:
    scan = last_scan()
    address = f"/distributions/{stages.distribution.pk}/columns/"
    oscar = Visitor(cast.oscar)
    assert address not in oscar.get(f"/scans/{scan.pk}/").content.decode()
    header, *rows = visits_csv().decode().splitlines()
    delete_sealed(UPLOADS, stages.source.sealed_name)
    with sealed_output(UPLOADS, stages.source.sealed_name) as sink:
        sink.write(("\n".join([header + ",新列", *(f"{row},1" for row in rows)]) + "\n").encode())
    request_scan(actor=cast.oscar, distribution=stages.distribution)
    stages.run_jobs()
    answer = oscar.get(f"/scans/{last_scan().pk}/")
    assert "Its data steward takes them over first" in text_of(answer)
    assert address in answer.content.decode()
