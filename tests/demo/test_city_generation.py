"""The demo city is written whole, the same each time, and its manifest says what was written."""

from __future__ import annotations

import ast
import hashlib
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from config.demo import city as package
from config.demo.city import (
    CityScaleInvalid,
    FileFormat,
    Organization,
    ShareType,
    SubjectKind,
    generate_city,
    organizations,
    row_counts,
)
from config.demo.city.places import DISTRICTS
from config.demo.city.writers import write_parquet
from tests.demo.reading import SmallCity, read_rows

TINY = 0.001
ALLOWED_IMPORTS = {"numpy", "pyarrow", "xlsxwriter", "catalog.messages"}


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    first = generate_city(tmp_path / "first", scale=TINY)
    second = generate_city(tmp_path / "second", scale=TINY)
    assert first == second
    assert _digests(tmp_path / "first") == _digests(tmp_path / "second")


def test_another_seed_writes_other_rows_of_the_same_shape(tmp_path: Path) -> None:
    first = generate_city(tmp_path / "first", scale=TINY, seed=1)
    second = generate_city(tmp_path / "second", scale=TINY, seed=2)
    assert first.tables == second.tables
    changed = {table.key for table in first.tables if table.key != "subdistricts"}
    for key in changed:
        table = first.table(key)
        assert read_rows(tmp_path / "first", table) != read_rows(tmp_path / "second", table), key


def test_full_size_is_what_the_city_promises() -> None:
    counts = row_counts(1.0)
    assert counts["population"] >= 200_000
    assert counts["legal_entities"] == 20_000
    assert 1_500 <= counts["macro_economy"] <= 2_500
    assert counts["government_cases"] == 40_000
    assert counts["addresses"] == 20_000
    assert counts["credit_records"] == 30_000
    assert counts["trips"] == 100_000
    assert counts["utilities"] == 8_000
    assert counts["housing"] == 60_000
    assert counts["medical_visits"] == 30_000


@pytest.mark.parametrize("scale", [0.0001, 0.01, 0.5, 2.0])
def test_every_table_has_rows_at_every_scale(scale: float) -> None:
    assert min(row_counts(scale).values()) >= row_counts(1.0)["subdistricts"] > 90


@pytest.mark.parametrize("scale", [0, -1, 2.5, float("nan")])
def test_a_scale_out_of_range_is_refused_before_anything_is_written(tmp_path: Path, scale: float) -> None:
    with pytest.raises(CityScaleInvalid) as refused:
        generate_city(tmp_path / "city", scale=scale)
    assert refused.value.code == "city_scale_invalid"
    assert "at most 2" in str(refused.value)
    assert not (tmp_path / "city").exists()


def test_the_manifest_counts_the_rows_that_stand_in_the_files(small_city: SmallCity) -> None:
    planned = row_counts(small_city.manifest.scale)
    for table in small_city.manifest.tables:
        assert len(small_city.rows(table.key)) == table.row_count == planned[table.key], table.key


def test_the_manifest_names_the_columns_that_stand_in_the_files(small_city: SmallCity) -> None:
    for table in small_city.manifest.tables:
        assert tuple(small_city.rows(table.key)[0]) == table.column_names, table.key


def test_every_table_is_described_in_full(small_city: SmallCity) -> None:
    keys = {organization.key for organization in small_city.manifest.organizations}
    tables = small_city.manifest.by_key
    for table in small_city.manifest.tables:
        assert table.title_zh
        assert table.title_en.isascii()
        assert table.abstract_zh
        assert table.abstract_en.isascii()
        assert len(table.category.code) == 6
        assert all(table.category.labels)
        assert table.provider in keys
        assert table.controller in keys
        assert table.ownership_basis
        assert table.control_basis
        assert all(column.label for column in table.columns)
        assert len(set(table.column_names)) == len(table.columns)
        assert (table.subject_kind is SubjectKind.NONE) == (table.subject_column is None)
        assert table.subject_column is None or table.subject_column in table.column_names
        assert {*table.related, *table.derived_from} <= tables.keys() - {table.key}
        assert (small_city.folder / table.file_name).is_file()


def test_sharing_has_its_condition_or_the_law_that_withholds_it(small_city: SmallCity) -> None:
    for table in small_city.manifest.tables:
        assert (table.share_type is ShareType.CONDITIONAL) == (table.share_condition is not None), table.key
        assert (table.share_type is ShareType.WITHHELD) == (table.share_citation is not None), table.key
        assert not table.open_to_public or table.open_condition
    assert {table.share_type for table in small_city.manifest.tables} == set(ShareType)


def test_some_tables_are_controlled_by_another_organisation_than_their_owner(small_city: SmallCity) -> None:
    apart = {table.key for table in small_city.manifest.tables if table.provider != table.controller}
    assert {"population", "utilities", "housing", "addresses"} <= apart


def test_the_subject_of_a_row_about_people_is_never_missing(small_city: SmallCity) -> None:
    for table in small_city.manifest.tables:
        if table.subject_column is not None:
            assert len(small_city.values(table.key, table.subject_column)) == table.row_count, table.key


def test_every_format_of_the_brief_is_there(small_city: SmallCity) -> None:
    tables = small_city.manifest.tables
    assert {table.file_format for table in tables} == set(FileFormat)
    assert sum(table.file_format is FileFormat.SQLITE and not table.is_view for table in tables) >= 2
    assert any(table.is_view for table in tables)


def test_text_files_are_in_the_encoding_they_declare(small_city: SmallCity) -> None:
    marks = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe"}
    seen = set()
    for table in small_city.manifest.tables:
        if table.encoding is None:
            continue
        content = small_city.path(table.key).read_bytes()
        seen.add(table.encoding)
        assert content.startswith(marks.get(table.encoding, b"")), table.key
        content.decode(table.encoding)
        if table.encoding == "gb18030":
            with pytest.raises(UnicodeDecodeError):
                content.decode("utf-8")
    assert seen == {"utf-8", "utf-8-sig", "gb18030", "utf-16"}
    assert small_city.manifest.table("credit_records").delimiter == ";"


def test_the_sheet_has_a_title_and_merged_headings(small_city: SmallCity) -> None:
    table = small_city.manifest.table("utilities")
    with zipfile.ZipFile(small_city.path("utilities")) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert '<mergeCell ref="A1:S1"/>' in sheet  # the title, over all columns
    assert '<mergeCell ref="A2:A3"/>' in sheet  # a heading over two rows
    assert '<mergeCell ref="E2:H2"/>' in sheet  # a group over its four quarters
    groups = {column.group for column in table.columns if column.group}
    assert {group[:2] for group in groups} == {"用水", "用电", "用工", "纳税"}
    assert all(column.name == column.name.removeprefix(f"{column.group}_") or column.group for column in table.columns)


def test_parquet_columns_carry_their_comment_and_type(small_city: SmallCity) -> None:
    schema = pq.read_schema(small_city.path("population"))
    comments = schema.field("id_no").metadata or {}
    assert comments[b"comment"].decode() == "公民身份号码"
    assert str(schema.field("birth_date").type).startswith("date32")
    trips = pq.read_schema(small_city.path("trips"))
    assert str(trips.field("started_at").type).startswith("timestamp")
    assert str(trips.field("fare").type) == "decimal128(9, 2)"


def test_progress_runs_from_nothing_to_all_rows(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    manifest = generate_city(tmp_path, scale=TINY, progress=lambda *what: heard.append(what))
    own_rows = sum(table.row_count for table in manifest.tables if not table.is_view)
    assert heard[0] == ("records", 0, own_rows)
    assert heard[-1][1:] == (own_rows, own_rows)
    done = [rows for _, rows, _ in heard]
    assert done == sorted(done)
    assert {stage for stage, _, _ in heard} == {"records"} | {t.key for t in manifest.tables if not t.is_view}


def test_a_stop_in_the_middle_leaves_no_half_written_file(tmp_path: Path) -> None:
    def stop_at_trips(stage: str, done: int, total: int) -> None:
        if stage == "trips":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_city(tmp_path, scale=TINY, progress=stop_at_trips)
    names = {path.name for path in tmp_path.iterdir()}
    assert "population.parquet" in names
    assert "trips.parquet" not in names
    assert not any(name.endswith(".part") for name in names)


def test_a_file_that_fails_while_written_keeps_its_predecessor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_city: SmallCity
) -> None:
    table = small_city.manifest.table("population")
    rows = pq.read_table(small_city.path("population"))
    write_parquet(tmp_path / table.file_name, rows)
    before = _digests(tmp_path)

    def fail(rows: object, part: Path, **options: object) -> None:
        part.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(OSError, match="disk full"):
        write_parquet(tmp_path / table.file_name, rows)
    assert _digests(tmp_path) == before


def test_the_city_is_pure_of_django_celery_and_models() -> None:
    root = Path(package.__file__).parent
    for module in root.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in filter(None, names):
                own = name.startswith("config.demo.city") or name in ALLOWED_IMPORTS
                top = name.split(".")[0]
                assert own or top in {"numpy", "pyarrow"} or _is_standard(top), f"{module.name} imports {name}"


def test_district_codes_and_weights_are_the_ten_of_suzhou() -> None:
    assert {place.code for place in DISTRICTS} == {
        *("320505", "320506", "320507", "320508", "320509", "320571"),
        *("320581", "320582", "320583", "320585"),
    }
    assert np.isclose(sum(place.weight for place in DISTRICTS), 1274.8, atol=1.0)
    districts = [organization for organization in organizations() if organization.key.startswith("district_")]
    assert all(isinstance(organization, Organization) for organization in districts)
    assert {organization.uscc[2:8] for organization in districts} == {place.code for place in DISTRICTS}


def _is_standard(name: str) -> bool:
    return name in sys.stdlib_module_names
