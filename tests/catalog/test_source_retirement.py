"""A source that is retired: who does it, what stands in the way, what is destroyed, and that nothing reads it any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from pytest_django import Settings

from catalog import storage
from catalog.datasets.locations import open_source, seal_credentials
from catalog.datasets.models import Dataset, DatasetState, Source, SourceKind
from catalog.datasets.registration import (
    attach_table,
    destroy_retired_uploads,
    read_columns,
    read_tables,
    register_file,
    register_upload,
    retire_source,
    start_record,
)
from catalog.datasets.services import register_dataset, retire_dataset
from catalog.errors import Blocked, NotPermitted, WrongState
from catalog.jobs.registry import chores
from catalog.messages import MessageError
from tests.api.conftest import Api
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.stages import RECORD, sealed_upload, visits_csv
from tests.world import last_line

pytestmark = pytest.mark.django_db
Commit = Callable[[], Any]


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Commit:
    """A block whose end is a commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def upload(cast: Cast) -> Source:
    content = sealed_upload("visits.csv", visits_csv(5))
    return register_upload(actor=cast.stella, organization=cast.health, name="visits", upload=content)


@pytest.fixture
def in_use(cast: Cast, upload: Source) -> Dataset:
    """A draft that stands on the upload."""
    return start_record(actor=cast.stella, source=upload, table=None)


def sealed_file(source: Source) -> Path:
    return storage.path_of(storage.UPLOADS, source.sealed_name)


def test_a_steward_retires_an_upload_and_its_file_is_destroyed(cast: Cast, upload: Source, committed: Commit) -> None:
    file = sealed_file(upload)
    with committed():
        retired = retire_source(actor=cast.stella, source=upload)
        assert file.exists()  # until the act is certain
    assert not file.exists()
    kept = Source.objects.get(pk=retired.pk)
    assert (kept.name, kept.file_name, kept.sealed_name) == ("visits", "visits.csv", "")
    assert kept.retired_at is not None
    line = last_line(kept)
    assert (line.action, line.organization_id, line.details) == ("source.retired", cast.health.pk, {"kind": "upload"})


def test_the_account_of_a_database_is_destroyed(cast: Cast, settings: Settings) -> None:
    source = Source.objects.create(
        name="lake",
        organization=cast.health,
        kind=SourceKind.DATABASE,
        host="lake",
        sealed_credentials=seal_credentials(user="reader", password="sehr geheim"),
        created_by=cast.stella,
    )
    retire_source(actor=cast.stella, source=source)
    source.refresh_from_db()
    assert source.sealed_credentials is None
    assert 'sealed_credentials": null' in serializers.serialize("json", [source])


def test_a_file_on_the_server_is_left_as_it_is(cast: Cast, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "visits.csv").write_bytes(visits_csv(3))
    settings.SOURCE_ROOTS = {"city": str(tmp_path)}
    source = register_file(actor=cast.stella, organization=cast.health, name="visits", root="city", path="visits.csv")
    retire_source(actor=cast.stella, source=source)
    assert (tmp_path / "visits.csv").exists()
    with pytest.raises(WrongState):
        open_source(Source.objects.get(pk=source.pk))


def test_nothing_reads_a_retired_source(cast: Cast, upload: Source) -> None:
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    as_it_was = Source.objects.get(pk=upload.pk)
    retired = retire_source(actor=cast.stella, source=upload)
    reading: list[Callable[[], object]] = [
        lambda: open_source(retired),
        lambda: read_tables(actor=cast.oscar, source=retired),
        lambda: read_columns(actor=cast.stella, source=retired, table=None),
        lambda: start_record(actor=cast.stella, source=retired, table=None),
        # Read before, attached after: the file is still there, and the table is refused all the same.
        lambda: attach_table(actor=cast.stella, dataset=dataset, source=as_it_was, table=None),
        lambda: retire_source(actor=cast.stella, source=as_it_was),
    ]
    for act in reading:
        with pytest.raises(MessageError) as refused:
            act()
        assert refused.value.code == "source_retired"
    assert not dataset.distributions.exists()


def test_a_source_that_a_dataset_stands_on_is_not_retired(
    cast: Cast, upload: Source, in_use: Dataset, committed: Commit
) -> None:
    with pytest.raises(Blocked) as refused, committed():
        retire_source(actor=cast.stella, source=upload)
    assert refused.value.code == "source_in_use"
    assert sealed_file(upload).exists()
    retire_dataset(actor=cast.stella, dataset=in_use, reason="合并")
    retire_source(actor=cast.stella, source=upload)
    assert Dataset.objects.get(pk=in_use.pk).state == DatasetState.RETIRED


@pytest.mark.parametrize("name", ["oscar", "amy", "fiona", "adam", "audrey", "rita", "wendy"])
def test_nobody_but_a_steward_of_the_organisation_retires_a_source(cast: Cast, upload: Source, name: str) -> None:
    with pytest.raises(NotPermitted):
        retire_source(actor=getattr(cast, name), source=upload)
    assert Source.objects.get(pk=upload.pk).retired_at is None


def test_a_file_that_a_dying_process_left_is_destroyed_by_the_relay(cast: Cast, upload: Source) -> None:
    file = sealed_file(upload)
    other = register_upload(
        actor=cast.stella, organization=cast.health, name="other", upload=sealed_upload("other.csv", visits_csv(3))
    )
    retire_source(actor=cast.stella, source=upload)  # the commit that would destroy it never comes here
    assert file.exists()
    assert destroy_retired_uploads in chores()
    assert destroy_retired_uploads() == 1
    assert not file.exists()
    assert destroy_retired_uploads() == 0
    assert sealed_file(other).exists()


def test_the_api_retires_a_source(cast: Cast, upload: Source, in_use: Dataset) -> None:
    address = f"sources/{upload.pk}/"
    assert Api(cast.wendy).post(f"{address}retire/").status_code == 404
    assert Api(cast.oscar).post(f"{address}retire/").status_code == 403
    blocked = Api(cast.stella).post(f"{address}retire/")
    assert (blocked.status_code, blocked.json()["error"]["code"]) == (409, "source_in_use")
    assert Api(cast.stella).get(address).json()["retired_at"] is None
    retire_dataset(actor=cast.stella, dataset=in_use, reason="合并")
    assert Api(cast.stella).post(f"{address}retire/").json()["retired_at"]
    again = Api(cast.stella).post(f"{address}retire/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "source_retired")
    tables = Api(cast.stella).get(f"{address}tables/")
    assert (tables.status_code, tables.json()["error"]["code"]) == (409, "source_retired")
    assert Api(cast.stella).get("sources/?retired=true").json()["count"] == 1
    assert Api(cast.stella).get("sources/?retired=false").json()["count"] == 0


def test_the_page_retires_a_source_and_says_what_stands_in_the_way(cast: Cast, upload: Source, in_use: Dataset) -> None:
    stella, address = Visitor(cast.stella), f"/sources/{upload.pk}/"
    page = stella.get(address)
    assert "Datasets stand on it: retire them first." in text_of(page)
    assert f"{address}retire/" not in page.content.decode()
    assert f"{address}retire/" not in Visitor(cast.oscar).get(address).content.decode()
    told = text_of(stella.follow(stella.post(f"{address}retire/")))
    assert "Datasets stand on this source" in told

    retire_dataset(actor=cast.stella, dataset=in_use, reason="合并")
    page = stella.get(address)
    assert f"{address}retire/" in page.content.decode()
    assert "data-confirm" in page.content.decode()
    done = stella.follow(stella.post(f"{address}retire/"))
    assert "The source is retired" in text_of(done)
    assert "Tables in it now" not in text_of(done)
    assert "Retire the source" not in text_of(done)
    assert "Retired" in text_of(stella.get("/sources/"))
    assert Visitor(cast.wendy).post(f"{address}retire/").status_code == 404
    assert upload.name not in text_of(stella.get("/register/"))
