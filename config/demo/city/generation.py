"""The demo city written to a folder: the records drawn, then one table after another.

Lives here: the order of the work and its progress. What a table holds is in `tables`, how a file is written in
`writers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from config.demo.city.manifest import CityManifest, CityTable, FileFormat
from config.demo.city.organizations import organizations
from config.demo.city.people import REFERENCE_DATE
from config.demo.city.plan import row_counts
from config.demo.city.records import CityRecords, record_city
from config.demo.city.tables.credit_records import CREDIT_RECORDS, build_credit_records
from config.demo.city.tables.geography import (
    ADDRESSES,
    GEOGRAPHY_FILE,
    PARCEL_ADDRESSES,
    PARCEL_ADDRESSES_SQL,
    PARCELS,
    SUBDISTRICTS,
    build_addresses,
    build_parcels,
    build_subdistricts,
)
from config.demo.city.tables.government_cases import GOVERNMENT_CASES, build_government_cases
from config.demo.city.tables.housing import HOUSING, build_housing
from config.demo.city.tables.legal_entities import LEGAL_ENTITIES, build_legal_entities
from config.demo.city.tables.macro_economy import MACRO_ECONOMY, build_macro_economy
from config.demo.city.tables.medical_visits import MEDICAL_VISITS, build_medical_visits
from config.demo.city.tables.population import POPULATION, build_population
from config.demo.city.tables.traffic import TRIPS, VEHICLES, build_trips, build_vehicles
from config.demo.city.tables.utilities import SHEET_TITLE, UTILITIES, build_utilities
from config.demo.city.writers import write_csv, write_database, write_json_lines, write_parquet, write_sheet

Progress = Callable[[str, int, int], None]
Build = Callable[[CityRecords, int], pa.Table]

DEFAULT_SEED = 20250801

# Every table with rows of its own, in the order of writing.
_BUILDS: tuple[tuple[CityTable, Build], ...] = (
    (POPULATION, build_population),
    (LEGAL_ENTITIES, build_legal_entities),
    (MACRO_ECONOMY, build_macro_economy),
    (GOVERNMENT_CASES, build_government_cases),
    (SUBDISTRICTS, build_subdistricts),
    (ADDRESSES, build_addresses),
    (PARCELS, build_parcels),
    (CREDIT_RECORDS, build_credit_records),
    (VEHICLES, build_vehicles),
    (TRIPS, build_trips),
    (UTILITIES, build_utilities),
    (HOUSING, build_housing),
    (MEDICAL_VISITS, build_medical_visits),
)


def generate_city(
    folder: Path, *, seed: int = DEFAULT_SEED, scale: float = 1.0, progress: Progress | None = None
) -> CityManifest:
    """Write the demo city's tables under `folder` and return what they are.

    The same seed and scale give the same rows in every table and the same bytes in the text files. Files of an earlier
    run are replaced, each when its successor is complete. `progress` is called with a stage (`records`, then each
    table's key), the rows written so far and the rows in all; it may raise to stop the work.

    Raises CityScaleInvalid when `scale` is not above 0 and at most 2.
    """
    counts = row_counts(scale)
    total = sum(counts[table.key] for table, _ in _BUILDS)
    report = progress or _say_nothing
    folder.mkdir(parents=True, exist_ok=True)

    report("records", 0, total)
    city = record_city(counts, seed=seed)
    done = 0
    described: list[CityTable] = []
    database: list[tuple[CityTable, pa.Table]] = []
    for table, build in _BUILDS:
        report(table.key, done, total)
        rows = build(city, counts[table.key])
        if table.file_format is FileFormat.SQLITE:
            database.append((table, rows))
        else:
            _write(folder / table.file_name, table, rows)
        described.append(replace(table, row_count=rows.num_rows))
        done += rows.num_rows
        report(table.key, done, total)
    write_database(folder / GEOGRAPHY_FILE, database, [PARCEL_ADDRESSES_SQL])
    # Every parcel has one address, so the view has a row for each.
    described.append(replace(PARCEL_ADDRESSES, row_count=counts[PARCEL_ADDRESSES.key]))
    return CityManifest(seed, scale, REFERENCE_DATE, organizations(), tuple(described))


def _write(path: Path, table: CityTable, rows: pa.Table) -> None:
    match table.file_format:
        case FileFormat.PARQUET:
            write_parquet(path, rows)
        case FileFormat.JSON_LINES:
            write_json_lines(path, rows)
        case FileFormat.XLSX:
            write_sheet(path, table, rows, SHEET_TITLE)
        case FileFormat.CSV:
            write_csv(path, table, rows)
        case FileFormat.SQLITE:
            raise ValueError("A database is written with all its tables at once.")


def _say_nothing(stage: str, done: int, total: int) -> None:
    """Nobody asked for progress."""
