"""Registering in the browser, from the first byte to the review; and the sources behind it."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.datasets.completeness import completeness_of
from catalog.datasets.models import Dataset, DatasetState, RightKind, Source
from catalog.datasets.registration import free_name, start_record
from catalog.datasets.roots import list_roots
from catalog.errors import NotPermitted
from catalog.people.models import Role
from catalog.people.services import grant_role
from catalog.storage import UPLOADS, folder
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages, visits_csv


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Path:
    """A folder that the operator has opened to sources."""
    folder = tmp_path / "open"
    folder.mkdir()
    settings.SOURCE_ROOTS = {"city": str(folder)}
    return folder


def upload(visitor: Visitor, content: bytes, file_name: str = "visits.csv", **said: Any) -> Any:
    """Send the upload form."""
    return visitor.post("/register/", kind="upload", file=SimpleUploadedFile(file_name, content), **said)


def test_a_file_goes_from_upload_to_review(cast: Cast) -> None:
    stella, start = Visitor(cast.stella), last_sequence()
    page = stella.get("/register/")
    assert "at most 512.0" in text_of(page)  # told before anything is sent
    answer = upload(stella, visits_csv(5), organization=cast.health.pk)
    source = Source.objects.get()
    assert answer.url == f"/register/source/{source.pk}/"
    assert source.name == "visits"

    page = stella.get(answer.url)  # one table: its columns are shown at once
    assert "身份证号" in text_of(page)
    answer = stella.post(answer.url, table="visits")
    dataset = Dataset.objects.get()
    assert answer.url == f"/register/{dataset.pk}/record/"
    assert (dataset.state, dataset.title) == (DatasetState.DRAFT, "visits")

    page = stella.get(answer.url)
    assert "Each row holds: 身份证号, 姓名" in page.content.decode()
    record = {
        "revision": dataset.revision,
        "title": "门诊就诊记录",
        "abstract": "逐条记录",
        "category": "305001",
        "share_type": "conditional",
        "share_condition": "用于公共卫生研究",
        "share_mode": "file",
        "update_cycle": "daily",
        "keywords": "门诊、就诊",
    }
    answer = stella.post(answer.url, **record)
    assert answer.url == f"/register/{dataset.pk}/rights/"
    page = stella.get(answer.url)
    assert page.context["kind"] == RightKind.OWNERSHIP  # what is needed is asked first
    right = {"kind": "ownership", "holder": cast.health.pk, "basis": "苏政发〔2025〕1号", "valid_from": "2025-01-01"}
    assert stella.post(answer.url, **right, exclusive="on").status_code == 302

    page = stella.get(f"/register/{dataset.pk}/check/")
    assert "Ready to be submitted" in text_of(page)
    assert "It can be reviewed and published by: Stefan, Amy" in text_of(page)
    page = stella.follow(stella.post(f"/catalogue/{dataset.pk}/submit/"))
    assert "Submitted." in text_of(page)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.code) == (DatasetState.SUBMITTED, "305001/00001")
    assert [action for action, _kind, _details in acts_after(start)] == [
        "source.registered",
        "dataset.registered",
        "distribution.attached",
        "dataset.edited",
        "right.recorded",
        "dataset.submitted",
    ]


def test_a_draft_is_put_away_unfinished_and_found_again(cast: Cast, stages: Stages) -> None:
    dataset = start_record(actor=cast.stella, source=stages.source, table=None)
    stella, path = Visitor(cast.stella), f"/register/{dataset.pk}/record/"
    said = {"revision": dataset.revision, "title": "写了一半", "category": "3", "share_mode": "file", "keywords": ""}
    unfinished = stella.post(path, **said)  # going on asks for what is missing
    assert unfinished.status_code == 200
    assert "写了一半" in unfinished.content.decode()
    assert "This field is required" in text_of(unfinished)
    assert stella.post(path, **said, later="1").url == "/register/"
    dataset.refresh_from_db()
    assert dataset.title == "写了一半"
    assert "写了一半" in stella.get("/register/").content.decode()
    assert "写了一半" in stella.get("/").content.decode()
    check = stella.get(f"/register/{dataset.pk}/check/")
    assert {point.code for point in check.context["completeness"].missing} == {
        "abstract",
        "share_type",
        "update_cycle",
        "owner",
    }
    assert "Submit for review" not in text_of(check)
    refused = stella.follow(stella.post(f"/catalogue/{dataset.pk}/submit/"))
    assert "Please correct what is marked" in text_of(refused)


def test_the_check_list_is_what_submission_asks_for(cast: Cast, stages: Stages) -> None:
    assert completeness_of(stages.draft).ready
    stages.draft.abstract = ""
    assert [point.code for point in completeness_of(stages.draft).missing] == ["abstract"]
    bare = Dataset(provider=cast.health, title="", category="", share_type="", update_cycle="", created_by=cast.stella)
    bare.pk = 10**9
    assert {"table", "title", "abstract", "category", "share_type", "owner"} <= {
        point.code for point in completeness_of(bare).missing
    }


@pytest.mark.parametrize("name", ["rita", "oscar", "amy", "fiona", "audrey", "adam"])
def test_only_a_steward_registers(cast: Cast, stages: Stages, name: str) -> None:
    visitor, start = Visitor(getattr(cast, name)), last_sequence()
    assert stages.source
    start = last_sequence()
    assert visitor.get("/register/").status_code == 403
    assert upload(visitor, b"a\n1\n", organization=cast.health.pk).status_code == 403
    assert visitor.post("/register/test/", host="x", user="y").status_code == 403
    path = f"/register/source/{stages.source.pk}/"
    assert visitor.post(path, table="visits").status_code in (403, 404)
    assert last_sequence() == start
    assert Visitor().get("/register/").status_code == 302


def test_a_steward_registers_for_their_own_department_only(cast: Cast, stages: Stages) -> None:
    wendy = Visitor(cast.wendy)
    answer = upload(wendy, b"a\n1\n", organization=cast.health.pk)
    assert "Select a valid choice" in text_of(answer)
    assert wendy.get(f"/register/source/{stages.source.pk}/").status_code == 404
    assert wendy.get(f"/register/{stages.draft.pk}/record/").status_code == 404
    assert wendy.get(f"/sources/{stages.source.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("picture.png", b"\x89PNG", "no format that can be read"),
        ("book.xlsx", b"not a zip", "damaged, or of another format"),
        ("noname", b"a,b\n", "no format that can be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words_and_leaves_nothing(
    cast: Cast, name: str, content: bytes, said: str
) -> None:
    before = set(folder(UPLOADS).iterdir())
    stella = Visitor(cast.stella)
    answer = upload(stella, content, name, organization=cast.health.pk, name="我的来源")
    if answer.status_code == 302:  # a text file is opened only when its table is asked for
        answer = stella.get(answer.url)
        assert said in text_of(answer)
        return
    assert said in text_of(answer)
    assert "我的来源" in answer.content.decode()
    assert not Source.objects.exists()
    assert set(folder(UPLOADS).iterdir()) == before


def test_a_file_over_the_cap_is_told_the_cap(cast: Cast, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    stella = Visitor(cast.stella)
    assert "at most 100 bytes" in text_of(stella.get("/register/")).replace("\xa0", " ")
    assert "larger than this installation accepts" in text_of(upload(stella, b"a\n" * 500, organization=cast.health.pk))


def test_no_file_and_a_form_sent_twice(cast: Cast) -> None:
    stella = Visitor(cast.stella)
    assert "Choose a file." in text_of(stella.post("/register/", kind="upload", organization=cast.health.pk))
    said: dict[str, Any] = {"organization": cast.health.pk, "once": "token"}
    assert upload(stella, b"a\n1\n", **said).status_code == 302
    assert upload(stella, b"a\n1\n", **said).url == "/sources/"
    assert Source.objects.count() == 1
    assert "There is a source of that name already" in text_of(
        upload(stella, b"a\n1\n", organization=cast.health.pk, name="visits")
    )


def test_a_name_is_found_for_a_source(cast: Cast, stages: Stages) -> None:
    assert stages.source.name == "visits"
    assert free_name("visits") == "visits-2"
    assert free_name("  ") == "source"
    assert len(free_name("长" * 500)) <= 80


# --- files below a root ---------------------------------------------------------------------------------------------------


def test_only_readable_files_below_the_root_are_listed(cast: Cast, root: Path, tmp_path: Path) -> None:
    (root / "a").mkdir()
    (root / "a" / "visits.csv").write_bytes(visits_csv(3))
    (root / "notes.docx").write_text("x")
    (root / ".hidden.csv").write_text("a\n")
    (root / ".git").mkdir()
    (root / ".git" / "x.csv").write_text("a\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a\n")
    (root / "link.csv").symlink_to(outside / "secret.csv")
    (root / "folder").symlink_to(outside)
    os.mkfifo(root / "pipe.csv")
    (listing,) = list_roots(actor=cast.stella, organizations=[cast.health])
    assert [file.path for file in listing.files] == ["a/visits.csv"]
    with pytest.raises(NotPermitted):
        list_roots(actor=cast.rita, organizations=[cast.health])
    page = Visitor(cast.stella).get("/register/?kind=file").content.decode()
    assert "a/visits.csv" in page
    assert "secret" not in page


def test_a_file_below_a_root_is_registered(cast: Cast, root: Path) -> None:
    (root / "visits.csv").write_bytes(visits_csv(3))
    stella = Visitor(cast.stella)
    answer = stella.post("/register/", kind="file", file="city\tvisits.csv", organization=cast.health.pk)
    assert answer.status_code == 302, text_of(answer)
    assert (Source.objects.get().root, Source.objects.get().path) == ("city", "visits.csv")


@pytest.mark.parametrize("path", ["city\t../secret.csv", "city\t/etc/passwd", "other\tvisits.csv", "city", "x" * 9000])
def test_a_path_that_was_not_offered_is_refused(cast: Cast, root: Path, path: str) -> None:
    (root / "visits.csv").write_bytes(visits_csv(3))
    answer = Visitor(cast.stella).post("/register/", kind="file", file=path, organization=cast.health.pk)
    assert "Select a valid choice" in text_of(answer)
    assert not Source.objects.exists()


def test_without_roots_and_hosts_the_page_says_what_to_do(cast: Cast, settings: Any) -> None:
    settings.SOURCE_ROOTS, settings.SOURCE_HOSTS = {}, {}
    stella = Visitor(cast.stella)
    assert "No folder is open to sources" in text_of(stella.get("/register/?kind=file"))
    assert "No database server is open" in text_of(stella.get("/register/?kind=database"))
    assert stella.get("/register/?kind=teapot").status_code == 404


def test_only_what_is_open_to_the_organisation_is_offered(cast: Cast, root: Path, settings: Any) -> None:
    (root / "visits.csv").write_bytes(visits_csv(3))
    settings.SOURCE_HOSTS = {"archive": "postgresql://127.0.0.1:1/city", "lake": "mysql://127.0.0.1:1/lake?ssl=true"}
    settings.SOURCE_ROOT_ORGANIZATIONS = {"city": [cast.water.code]}
    settings.SOURCE_HOST_ORGANIZATIONS = {"archive": [cast.water.code]}
    stella, wendy = Visitor(cast.stella), Visitor(cast.wendy)
    assert "No folder is open to sources" in text_of(stella.get("/register/?kind=file"))
    assert "visits.csv" in text_of(wendy.get("/register/?kind=file"))
    offered = [
        {name for name, _label in visitor.get("/register/?kind=database").context["form"].fields["host"].choices}
        for visitor in (stella, wendy)
    ]
    assert offered == [{"lake"}, {"archive", "lake"}]
    said = {"host": "archive", "user": "reader", "password": "hunter2!", "kind": "database"}
    refused = stella.post("/register/", organization=cast.health.pk, **said)
    assert "Select a valid choice" in text_of(refused)
    assert not Source.objects.exists()


def test_a_root_of_another_of_ones_departments_is_refused_in_words(cast: Cast, root: Path, settings: Any) -> None:
    """Who works for two is offered what is open to either; the department that was chosen decides."""
    (root / "visits.csv").write_bytes(visits_csv(3))
    settings.SOURCE_ROOT_ORGANIZATIONS = {"city": [cast.water.code]}
    grant_role(actor=cast.adam, user=cast.wendy, organization=cast.health, role=Role.DATA_STEWARD)
    wendy, said = Visitor(cast.wendy), {"kind": "file", "file": "city\tvisits.csv", "name": "visits"}
    refused = wendy.post("/register/", organization=cast.health.pk, **said)
    assert "The operator has opened no folder named “city” to this organisation." in text_of(refused)
    assert not Source.objects.exists()
    assert wendy.post("/register/", organization=cast.water.pk, **said).status_code == 302


def test_a_root_that_is_gone_lists_nothing(cast: Cast, settings: Any) -> None:
    settings.SOURCE_ROOTS = {"gone": "/nowhere/at/all"}
    (listing,) = list_roots(actor=cast.stella, organizations=[cast.health])
    assert listing.missing
    assert Visitor(cast.stella).get("/register/?kind=file").status_code == 200


# --- databases ------------------------------------------------------------------------------------------------------------


def test_a_connection_is_tested_without_keeping_anything(cast: Cast, settings: Any) -> None:
    settings.SOURCE_HOSTS = {"archive": "postgresql://127.0.0.1:1/city"}
    stella, start = Visitor(cast.stella), last_sequence()
    said = {
        "host": "archive",
        "user": "reader",
        "password": "hunter2!",
        "organization": cast.health.pk,
        "kind": "database",
    }
    answer = stella.post("/register/test/", **said)
    html = answer.content.decode()
    assert "cannot be reached" in text_of(answer)
    assert "reader" in html  # what was typed is kept
    assert "hunter2" not in html  # and a password never given back
    part = stella.client.post("/register/test/", said, headers={"hx-request": "true"})
    assert "<html" not in part.content.decode()
    assert "cannot be reached" in text_of(part)
    assert "User: This field is required." in text_of(
        stella.client.post("/register/test/", {**said, "user": ""}, headers={"hx-request": "true"})
    )
    refused = stella.post("/register/", **said)
    assert "cannot be reached" in text_of(refused)
    assert "hunter2" not in refused.content.decode()
    assert not Source.objects.exists()
    assert last_sequence() == start


# --- tables and columns ---------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(cast: Cast, root: Path) -> Source:
    """A database file with many tables."""
    with sqlite3.connect(root / "archive.sqlite3") as connection:
        connection.execute("create table students (student_no text, name text, score real)")
        connection.execute("insert into students values ('S-SECRET', '张三', 1)")
        for number in range(12):
            connection.execute(f"create table t_{number} (a integer)")
    connection.close()
    stella = Visitor(cast.stella)
    stella.post("/register/", kind="file", file="city\tarchive.sqlite3", organization=cast.health.pk)
    return Source.objects.get()


def test_tables_are_listed_searched_and_looked_at_without_a_cell(cast: Cast, archive: Source) -> None:
    stella, path = Visitor(cast.stella), f"/register/source/{archive.pk}/"
    page = stella.get(path)
    assert page.context["total"] == 13
    found = stella.get(f"{path}?q=STUD&table=students")
    assert [table.name for table in found.context["tables"]] == ["students"]
    assert "student_no" in text_of(found)
    assert "S-SECRET" not in found.content.decode()
    part = stella.get(f"{path}columns/?table=students")
    assert "<html" not in part.content.decode()
    assert "student_no" in text_of(part)
    assert "S-SECRET" not in part.content.decode()
    assert "There is no table" in text_of(stella.get(f"{path}columns/?table=nothing%00"))


def test_a_table_is_registered_once(cast: Cast, archive: Source) -> None:
    stella, path = Visitor(cast.stella), f"/register/source/{archive.pk}/"
    assert stella.post(path, table="students").status_code == 302
    answer = stella.follow(stella.post(path, table="students"))
    assert "This table is registered already" in text_of(answer)
    assert Dataset.objects.count() == 1  # no draft is left without a table
    assert "Registered already" in text_of(stella.get(path))
    assert "There is no table" in text_of(stella.follow(stella.post(path, table="x" * 400)))


def test_a_source_that_is_gone_is_said_to_be(cast: Cast, archive: Source, root: Path) -> None:
    (root / "archive.sqlite3").unlink()
    stella = Visitor(cast.stella)
    assert "The source does not open." in text_of(stella.get(f"/register/source/{archive.pk}/"))
    assert "There is no file" in text_of(stella.get(f"/sources/{archive.pk}/tables/"))


def test_a_draft_that_was_submitted_is_shown_on_its_own_page(cast: Cast, stages: Stages) -> None:
    assert stages.published
    stella = Visitor(cast.stella)
    for step in ("record", "rights", "check"):
        assert stella.get(f"/register/{stages.draft.pk}/{step}/").url == f"/catalogue/{stages.draft.pk}/"


# --- sources --------------------------------------------------------------------------------------------------------------


def test_sources_are_listed_with_where_they_are_used(cast: Cast, stages: Stages) -> None:
    assert stages.draft
    stella = Visitor(cast.stella)
    assert "visits" in text_of(stella.get("/sources/?q=vis&kind=upload"))
    assert "No source has that name and kind" in text_of(stella.get("/sources/?q=nothing"))
    page = stella.get(f"/sources/{stages.source.pk}/")
    assert "Outpatient visits" in text_of(page)
    tables = stella.get(f"/sources/{stages.source.pk}/tables/")
    assert "Outpatient visits" in text_of(tables)
    # Whoever decides sees the source, and does not read from it.
    amy = Visitor(cast.amy)
    assert "Tables in it now" not in text_of(amy.get(f"/sources/{stages.source.pk}/"))
    assert "You do not have the role" in text_of(amy.get(f"/sources/{stages.source.pk}/tables/"))
    assert Visitor(cast.rita).get(f"/sources/{stages.source.pk}/").status_code == 404


def test_the_sources_page_asks_as_often_for_many_as_for_few(
    cast: Cast, stages: Stages, django_assert_max_num_queries: Any
) -> None:
    assert stages.draft
    for number in range(5):
        Source.objects.create(name=f"s{number}", organization=cast.health, kind="upload", created_by=cast.stella)
    stella = Visitor(cast.stella)
    with django_assert_max_num_queries(8):
        page = stella.get("/sources/")
    assert len(re.findall(r'scope="row"', page.content.decode())) == 6


def test_a_further_table_goes_to_a_record_that_is_there(cast: Cast, stages: Stages) -> None:
    stella = Visitor(cast.stella)
    alone = start_record(actor=cast.stella, source=stages.source, table=None)
    stella.follow(upload(stella, visits_csv(5), "more.csv", organization=cast.health.pk))
    source = Source.objects.get(name="more")
    path = f"/register/source/{source.pk}/"
    page = stella.get(f"{path}columns/?table=more")
    assert f'<option value="{alone.pk}">' in page.content.decode()
    wrong = stella.follow(stella.post(path, table="more", dataset="4096"))
    assert "Select a valid choice" in text_of(wrong)
    assert not source.distributions.exists()
    answer = stella.post(path, table="more", dataset=alone.pk)
    assert answer.url == f"/catalogue/{alone.pk}/"
    assert "added to this record" in text_of(stella.get(answer.url))
    assert alone.distributions.count() == 2
    again = stella.follow(stella.post(path, table="more", dataset=alone.pk))
    assert "registered already" in text_of(again)


def test_a_table_is_not_added_to_what_cannot_be_edited(cast: Cast, stages: Stages) -> None:
    stella = Visitor(cast.stella)
    stella.follow(upload(stella, visits_csv(5), "more.csv", organization=cast.health.pk))
    source = Source.objects.get(name="more")
    assert stages.published
    page = stella.get(f"/register/source/{source.pk}/columns/?table=more")
    assert "Add it to an existing record" not in text_of(page)
    stella.post(f"/register/source/{source.pk}/", table="more", dataset=stages.draft.pk)
    assert not source.distributions.exists()
