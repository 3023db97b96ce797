"""Where rows may come from: sealed uploads, files under configured roots, databases on configured hosts, and nowhere else."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as project
from django.core import serializers
from django.db import connection
from pytest_django import Settings

from catalog import storage
from catalog.datasets.locations import location_of, open_source, seal_credentials
from catalog.datasets.models import DataField, Source, SourceKind
from catalog.datasets.registration import (
    attach_table,
    read_tables,
    register_database,
    register_file,
    register_upload,
)
from catalog.datasets.services import publish_dataset, register_dataset, submit_dataset
from catalog.errors import InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.messages import MessageError
from catalog.sealed import SealError
from catalog.uploads import SealedUpload
from tests.cast import Cast
from tests.stages import RECORD, Stages, sealed_upload, visits_csv

pytestmark = pytest.mark.django_db
SECRET = "患者张三高血压"  # made up, and found nowhere else
TABLE = f"编号,备注\n1,{SECRET}\n2,无\n".encode()


def _upload(cast: Cast, name: str = "visits", *, file: str = "visits.csv", content: bytes = TABLE) -> Source:
    return register_upload(actor=cast.stella, organization=cast.health, name=name, upload=sealed_upload(file, content))


def _refused(act: Callable[[], object], *codes: str) -> MessageError:
    """The act is refused with one of these codes, leaves no source and no line."""
    with pytest.raises(MessageError) as refused:
        act()
    assert refused.value.code in codes
    assert not Source.objects.exists()
    assert not LedgerEntry.objects.filter(action="source.registered").exists()
    return refused.value


# --- uploads --------------------------------------------------------------------------------------------------------------


def test_a_steward_registers_an_upload_that_lies_sealed_on_the_disk(cast: Cast) -> None:
    source = _upload(cast)
    with closing(open_source(source)) as opened:
        assert [column.name for column in opened.table(None).schema.columns] == ["编号", "备注"]
    files = [path.read_bytes() for path in Path(project.DATA_DIR).rglob("*") if path.is_file()]
    assert files
    for content in files:
        if not content.startswith(b"SQLite format 3"):  # the test's own database holds column names
            assert SECRET.encode() not in content
    assert storage.path_of(storage.UPLOADS, source.sealed_name).stat().st_mode & 0o077 == 0
    line = LedgerEntry.objects.about(source).get()
    assert (line.action, line.details) == ("source.registered", {"kind": "upload"})


@pytest.mark.parametrize("name", ["oscar", "amy", "fiona", "rita", "adam", "wendy"])
def test_nobody_but_a_steward_registers_a_source(cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        register_upload(
            actor=getattr(cast, name), organization=cast.health, name="x", upload=sealed_upload("x.csv", TABLE)
        )
    with pytest.raises(NotPermitted):
        register_file(actor=getattr(cast, name), organization=cast.health, name="x", root="city", path="x.csv")
    with pytest.raises(NotPermitted):
        register_database(
            actor=getattr(cast, name), organization=cast.health, name="x", host="h", user="u", password="p"
        )
    assert not Source.objects.exists()


def test_a_source_is_seen_by_those_who_work_on_the_organisations_data(cast: Cast) -> None:
    source = _upload(cast)
    for person in (cast.stella, cast.oscar, cast.amy, cast.fiona):
        assert source in Source.objects.visible_to(person)
    for person in (cast.rita, cast.ivan, cast.carl, cast.wendy, cast.audrey, cast.adam):
        assert source not in Source.objects.visible_to(person)


def test_only_stewards_and_the_privacy_officer_read_its_tables(cast: Cast) -> None:
    source = _upload(cast)
    assert [table.name for table in read_tables(actor=cast.oscar, source=source)] == ["visits"]
    for person in (cast.amy, cast.fiona, cast.wendy, cast.rita):
        with pytest.raises(NotPermitted):
            read_tables(actor=person, source=source)


def test_an_upload_over_the_cap_is_refused(cast: Cast) -> None:
    upload = SealedUpload(sealed_name=storage.new_name(), name="big.csv", size=10**12, sha256="", too_large=True)
    error = _refused(
        lambda: register_upload(actor=cast.stella, organization=cast.health, name="big", upload=upload),
        "file_too_large",
    )
    assert isinstance(error, InvalidInput)
    assert not upload.adopted


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("visits.pdf", b"%PDF-1.7"),
        ("visits", TABLE),
        ("visits.csv.exe", TABLE),
        ("visits.xlsx", b"not a workbook"),
        ("visits.parquet", b"PAR1 not really"),
        ("visits.sqlite", b"SQLite format 3\x00" + b"\x00" * 84),
        ("visits.sqlite", b"\x00" * 100),
    ],
)
def test_what_cannot_be_read_as_a_table_is_not_registered(cast: Cast, file: str, content: bytes) -> None:
    upload = sealed_upload(file, content)
    with pytest.raises(MessageError):
        register_upload(actor=cast.stella, organization=cast.health, name="x", upload=upload)
    assert not Source.objects.exists()
    assert not upload.adopted
    upload.close()  # as Django does at the end of the request
    assert not storage.path_of(storage.UPLOADS, upload.sealed_name).exists()


def test_a_name_is_taken_once_and_the_second_file_is_not_kept(cast: Cast) -> None:
    _upload(cast)
    upload = sealed_upload("visits.csv", TABLE)
    with pytest.raises(InvalidInput) as refused:
        register_upload(actor=cast.stella, organization=cast.health, name="visits", upload=upload)
    assert refused.value.code == "name_taken"
    assert not upload.adopted
    assert LedgerEntry.objects.filter(action="source.registered").count() == 1


@pytest.mark.parametrize("name", ["", "   "])
def test_a_source_without_a_name_is_called_after_its_file(cast: Cast, name: str) -> None:
    for expected in ("visits", "visits-2"):
        upload = sealed_upload("visits.csv", TABLE)
        made = register_upload(actor=cast.stella, organization=cast.health, name=name, upload=upload)
        assert made.name == expected


def test_a_source_has_a_name_that_fits(cast: Cast) -> None:
    upload = sealed_upload("visits.csv", TABLE)
    with pytest.raises(InvalidInput) as refused:
        register_upload(actor=cast.stella, organization=cast.health, name="名" * 81, upload=upload)
    assert "name" in refused.value.fields
    assert not Source.objects.exists()


def test_an_upload_sealed_under_another_name_does_not_open(cast: Cast) -> None:
    """Swapping two sealed files on the disk shows neither's content under the other's name."""
    first, second = _upload(cast, "first"), _upload(cast, "second")
    shutil.copy(
        storage.path_of(storage.UPLOADS, first.sealed_name), storage.path_of(storage.UPLOADS, second.sealed_name)
    )
    with pytest.raises(SealError):
        storage.open_sealed(storage.UPLOADS, second.sealed_name)


# --- files under a root ---------------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path, settings: Settings) -> Path:
    """A folder the operator opened to sources as `city`; beside it lies what must not be reached."""
    folder = tmp_path / "open"
    (folder / "2025").mkdir(parents=True)
    (folder / "2025" / "visits.csv").write_bytes(TABLE)
    (tmp_path / "secret.csv").write_bytes(TABLE)
    settings.SOURCE_ROOTS = {"city": str(folder)}
    return folder


def _file(cast: Cast, path: str, *, root: str = "city") -> Source:
    return register_file(actor=cast.stella, organization=cast.health, name="visits", root=root, path=path)


def test_a_file_below_a_configured_root_is_registered_and_read(cast: Cast, root: Path) -> None:
    source = _file(cast, "2025/visits.csv")
    assert (source.kind, source.root, source.path, source.file_name) == (
        "file",
        "city",
        "2025/visits.csv",
        "visits.csv",
    )
    assert [table.name for table in read_tables(actor=cast.stella, source=source)] == ["visits"]


@pytest.mark.parametrize(
    "path",
    ["../secret.csv", "2025/../../secret.csv", "..", "", ".", "/etc/passwd", "//etc/passwd", "2025/visits.csv\x00.txt"],
)
def test_a_path_that_leaves_the_root_is_refused(cast: Cast, root: Path, path: str) -> None:
    _refused(lambda: _file(cast, path), "path_outside_root", "source_missing", "source_not_file")


def test_an_absolute_path_beside_the_root_is_refused(cast: Cast, root: Path) -> None:
    _refused(lambda: _file(cast, str(root.parent / "secret.csv")), "path_outside_root")


def test_symbolic_links_are_refused_as_file_and_as_folder(cast: Cast, root: Path) -> None:
    (root / "link.csv").symlink_to(root.parent / "secret.csv")
    (root / "inside.csv").symlink_to(root / "2025" / "visits.csv")
    (root / "up").symlink_to(root.parent)
    for path in ("link.csv", "inside.csv", "up/secret.csv", "up/open/2025/visits.csv"):
        _refused(lambda path=path: _file(cast, path), "path_outside_root")  # type: ignore[misc]


def test_a_file_swapped_for_a_link_after_it_was_registered_is_not_read(cast: Cast, root: Path) -> None:
    source = _file(cast, "2025/visits.csv")
    (root / "2025" / "visits.csv").unlink()
    (root / "2025" / "visits.csv").symlink_to(root.parent / "secret.csv")
    with pytest.raises(MessageError) as refused:
        read_tables(actor=cast.stella, source=source)
    assert refused.value.code == "path_outside_root"


def test_a_missing_file_and_a_folder_are_named_as_such(cast: Cast, root: Path) -> None:
    _refused(lambda: _file(cast, "2025/gone.csv"), "source_missing")
    _refused(lambda: _file(cast, "2025"), "source_not_file")


def test_an_unknown_root_is_refused(cast: Cast, root: Path) -> None:
    _refused(lambda: _file(cast, "2025/visits.csv", root="elsewhere"), "unknown_root")


def test_a_root_that_the_operator_closed_is_no_longer_read(cast: Cast, root: Path, settings: Settings) -> None:
    source = _file(cast, "2025/visits.csv")
    settings.SOURCE_ROOTS = {}
    with pytest.raises(InvalidInput) as refused:
        open_source(source)
    assert refused.value.code == "unknown_root"


def test_the_catalogues_own_sqlite_database_is_refused(cast: Cast, root: Path, settings: Settings) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the catalogue runs on a server here")
    ours = Path(str(connection.settings_dict["NAME"]))
    settings.SOURCE_ROOTS = {"data": str(ours.parent)}
    _refused(lambda: _file(cast, ours.name, root="data"), "own_database")
    other_name = ours.parent / "other.sqlite3"
    other_name.hardlink_to(ours)
    try:
        _refused(lambda: _file(cast, other_name.name, root="data"), "own_database")
    finally:
        other_name.unlink()
    _refused(lambda: _file(cast, f"{ours.name}-wal", root="data"), "own_database")

    # Our connections still hold their locks: the last connection of another process does not take the log for its own.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM catalog_source")
    other = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM sqlite_master'); c.close()"
    subprocess.run([sys.executable, "-c", other, str(ours)], check=True, timeout=60)
    assert Path(f"{ours}-wal").exists()


def test_another_sqlite_database_is_read_in_place(cast: Cast, root: Path) -> None:
    with closing(sqlite3.connect(root / "city.db")) as database:
        database.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, note TEXT)")
        database.commit()
    source = _file(cast, "city.db")
    assert [table.name for table in read_tables(actor=cast.stella, source=source)] == ["visits"]


# --- databases on a host --------------------------------------------------------------------------------------------------


def _database(cast: Cast, *, host: str = "lake", **changes: str) -> Source:
    account = {"user": "reader", "password": "sehr geheim", **changes}
    return register_database(actor=cast.stella, organization=cast.health, name="lake", host=host, **account)


def test_an_unknown_host_is_refused(cast: Cast, settings: Settings) -> None:
    settings.SOURCE_HOSTS = {}
    for host in ("lake", "postgresql://postgres@127.0.0.1/postgres", ""):
        _refused(lambda host=host: _database(cast, host=host), "unknown_host")  # type: ignore[misc]


def test_a_host_that_does_not_answer_leaves_nothing(cast: Cast, settings: Settings) -> None:
    settings.SOURCE_HOSTS = {"lake": "postgresql://127.0.0.1:1/lake"}
    error = _refused(lambda: _database(cast), "connection_failed")
    assert "geheim" not in str(error)
    assert "geheim" not in str(error.params)


def test_the_account_lies_sealed_in_the_row(cast: Cast, settings: Settings) -> None:
    settings.SOURCE_HOSTS = {"lake": "mysql://lake.example:3307/city"}
    source = Source.objects.create(
        name="lake",
        organization=cast.health,
        kind=SourceKind.DATABASE,
        host="lake",
        sealed_credentials=seal_credentials(user="reader", password="sehr geheim"),
        created_by=cast.stella,
    )
    source.refresh_from_db()
    written = serializers.serialize("json", [source]).encode() + bytes(source.sealed_credentials or b"")
    assert b"geheim" not in written
    assert b"reader" not in written
    location: Any = location_of(source)
    assert (location.host, location.port, location.database) == ("lake.example", 3307, "city")
    assert (location.user, location.password) == ("reader", "sehr geheim")
    assert "geheim" not in repr(location)


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the catalogue runs on a file here")
@pytest.mark.parametrize("spelling", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", ""])
def test_the_catalogues_own_server_database_is_refused(cast: Cast, settings: Settings, spelling: str) -> None:
    ours = connection.settings_dict
    settings.SOURCE_HOSTS = {"lake": f"postgresql://{spelling}:{ours['PORT'] or 5432}/{ours['NAME']}"}
    _refused(lambda: _database(cast, user=str(ours["USER"]), password=str(ours["PASSWORD"])), "own_database")


@pytest.mark.service
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs a PostgreSQL server")
def test_another_database_on_the_same_server_is_registered_and_attached(cast: Cast, settings: Settings) -> None:
    """The maintenance database stands for somebody else's: it is there, and it is not ours."""
    ours = connection.settings_dict
    account = {"user": str(ours["USER"]), "password": str(ours["PASSWORD"])}
    host, port = str(ours["HOST"] or "127.0.0.1"), int(ours["PORT"] or 5432)
    with psycopg.connect(
        host=host, port=port, dbname="postgres", autocommit=True, user=account["user"], password=account["password"]
    ) as server:
        server.execute("CREATE SCHEMA IF NOT EXISTS canglang_test_lake")
        try:
            server.execute("CREATE TABLE canglang_test_lake.visits (id bigint PRIMARY KEY, sfzh text)")
            server.execute("COMMENT ON COLUMN canglang_test_lake.visits.sfzh IS '身份证号'")
            settings.SOURCE_HOSTS = {"lake": f"postgresql://{host}:{port}/postgres"}
            source = _database(cast, **account, schema="canglang_test_lake")
            dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
            attached = attach_table(actor=cast.stella, dataset=dataset, source=source, table="visits")
            assert list(attached.fields.values_list("name", "label", "data_type")) == [
                ("id", "", "I"),
                ("sfzh", "身份证号", "C"),
            ]
        finally:
            server.execute("DROP SCHEMA canglang_test_lake CASCADE")


def test_a_password_in_the_operators_address_is_not_needed_and_not_used(cast: Cast, settings: Settings) -> None:
    settings.SOURCE_HOSTS = {"lake": "postgresql://root:root@127.0.0.1:1/lake"}
    source = Source(
        organization=cast.health,
        kind=SourceKind.DATABASE,
        host="lake",
        sealed_credentials=seal_credentials(user="reader", password="p"),
    )
    location: Any = location_of(source)
    assert urlsplit(settings.SOURCE_HOSTS["lake"]).username == "root"
    assert location.user == "reader"


# --- attaching a table ----------------------------------------------------------------------------------------------------


def test_attaching_a_table_imports_its_schema(stages: Stages, cast: Cast) -> None:
    fields = DataField.objects.filter(distribution=stages.distribution)
    assert [(field.position, field.name, field.data_type) for field in fields] == [
        (place, name, "C")
        for place, name in enumerate(["身份证号", "姓名", "手机号", "性别", "出生日期", "区县", "诊断"])
    ]
    assert stages.distribution.format == "csv"
    line = LedgerEntry.objects.about(stages.draft).get(action="distribution.attached")
    assert line.details == {"distribution": stages.distribution.pk, "source": stages.source.pk, "fields": 7}


def test_a_table_is_attached_once(stages: Stages, cast: Cast) -> None:
    assert stages.draft
    other = register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "title": "另一个"})
    with pytest.raises(InvalidInput) as refused:
        attach_table(actor=cast.stella, dataset=other, source=stages.source, table=None)
    assert refused.value.code == "table_registered"
    assert not other.distributions.exists()


def test_only_a_steward_of_both_sides_attaches(stages: Stages, cast: Cast) -> None:
    foreign = register_dataset(actor=cast.wendy, provider=cast.water, values=RECORD)
    with pytest.raises(NotPermitted):
        attach_table(actor=cast.wendy, dataset=foreign, source=stages.source, table=None)
    with pytest.raises(NotPermitted):
        attach_table(actor=cast.stella, dataset=foreign, source=stages.source, table=None)
    with pytest.raises(NotPermitted):
        attach_table(actor=cast.oscar, dataset=stages.draft, source=stages.source, table=None)


def test_a_table_that_is_not_there_is_refused(stages: Stages, cast: Cast) -> None:
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    with pytest.raises(MessageError) as refused:
        attach_table(actor=cast.stella, dataset=dataset, source=stages.source, table="nowhere")
    assert refused.value.code == "table_unknown"
    assert not dataset.distributions.exists()


def test_nothing_is_attached_to_what_is_submitted_or_published(stages: Stages, cast: Cast) -> None:
    another = _upload(cast, "another")
    submit_dataset(actor=cast.stella, dataset=stages.draft)
    with pytest.raises(WrongState):
        attach_table(actor=cast.stella, dataset=stages.draft, source=another, table=None)
    publish_dataset(actor=cast.stefan, dataset=stages.draft)
    with pytest.raises(WrongState):
        attach_table(actor=cast.stella, dataset=stages.draft, source=another, table=None)


@pytest.mark.parametrize(
    "header",
    ["a,a,a", 'x"; DROP TABLE catalog_dataset; --,b', "<script>,b", "=cmd|' /C calc'!A0,b", "字段" * 40 + ",b"],
)
def test_hostile_column_names_are_kept_as_they_are_and_do_no_harm(cast: Cast, header: str) -> None:
    line = ",".join('"' + name.replace('"', '""') + '"' for name in header.split(","))
    content = f"{line}\n" + ",".join("1" for _ in header.split(",")) + "\n"
    source = _upload(cast, content=content.encode())
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    attached = attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    names = list(attached.fields.values_list("name", flat=True))
    assert len(set(names)) == len(header.split(","))
    assert names[0] == header.split(",", maxsplit=1)[0]


def test_a_column_name_without_end_and_one_with_a_nul_are_kept_readable(cast: Cast) -> None:
    record = json.dumps({"字" * 300: 1, "a\x00b": 2})
    source = _upload(cast, file="visits.jsonl", content=record.encode())
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    attached = attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    first, second = attached.fields.values_list("name", flat=True)
    assert set(first) == {"字"}
    assert second == "ab"


def test_a_table_name_that_does_not_fit_is_a_clear_refusal(cast: Cast, root: Path) -> None:
    with closing(sqlite3.connect(root / "city.db")) as database:
        database.execute(f"CREATE TABLE {'t' * 300} (id INTEGER)")
        database.commit()
    source = _file(cast, "city.db")
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    with pytest.raises(InvalidInput) as refused:
        attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    assert refused.value.code == "table_name_too_long"
    assert not dataset.distributions.exists()


def test_a_path_that_does_not_fit_is_refused(cast: Cast, root: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        _file(cast, "x/" * 300 + "visits.csv")
    assert "path" in refused.value.fields


def test_the_visits_of_the_tests_are_read_as_strings(stages: Stages) -> None:
    with closing(open_source(stages.source)) as opened:
        batch = next(iter(opened.table(None).batches(["身份证号"])))
    assert batch.column(0)[0].as_py() == visits_csv().decode().splitlines()[1].split(",")[0]
