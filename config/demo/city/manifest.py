"""What the demo city says about each of its tables: the catalogue record, the columns and the file.

Lives here: the frozen records and their codes. The tables themselves are described beside the code that writes them,
in `tables`. The fields follow the core metadata of the catalogue guide (发改高技〔2017〕1272号).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from config.demo.city.organizations import Organization


class FileFormat(StrEnum):
    """Format of a table's file."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSON_LINES = "jsonl"
    SQLITE = "sqlite"


class DataType(StrEnum):
    """Data type codes of the catalogue guide's information items."""

    TEXT = "C"
    NUMBER = "N"
    MONEY = "Y"
    DATE = "D"
    DATETIME = "T"
    LOGICAL = "L"
    MEMO = "M"
    GENERAL = "G"
    DOUBLE = "B"
    INTEGER = "I"
    FLOAT = "F"


class ShareType(StrEnum):
    """How a table is shared inside government (国发〔2016〕51号)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    WITHHELD = "withheld"


class UpdateCycle(StrEnum):
    """How often a table is updated."""

    REALTIME = "realtime"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class SubjectKind(StrEnum):
    """Who a row is about."""

    PERSON = "person"
    ENTERPRISE = "enterprise"
    NONE = "none"


class BaseDatabase(StrEnum):
    """Theme: one of the city's six base databases, or one of the departments' own subjects."""

    POPULATION = "population"
    LEGAL_ENTITIES = "legal_entities"
    MACRO_ECONOMY = "macro_economy"
    GOVERNMENT = "government"
    GEOGRAPHY = "geography"
    CREDIT = "credit"
    TRAFFIC = "traffic"
    UTILITIES = "utilities"
    HOUSING = "housing"
    HEALTH = "health"


@dataclass(frozen=True, slots=True)
class Category:
    """Category of the catalogue guide: 类 (one digit), 项 (two) and 目 (three), with their labels."""

    code: str
    labels: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class CityColumn:
    """A column as it stands in the file. `label` is its Chinese comment; `group` the merged cell above it in a
    sheet."""

    name: str
    label: str
    data_type: DataType = DataType.TEXT
    group: str | None = None


@dataclass(frozen=True, slots=True)
class CityTable:
    """A table's catalogue record, its file and its columns.

    `provider` owns the data, `controller` decides on its use: keys of `Organization`, often the same one.
    `share_condition` is set when sharing is conditional, `share_citation` when it is withheld. `encoding` and
    `delimiter` are set for text files; `header_rows` counts the rows of a sheet before its data (title and merged
    headers), 1 for other text files, 0 for the rest. `subject_column` names the person or enterprise a row is about.
    `table_name` is the table inside a database file or the sheet. `related` and `derived_from` hold keys of other tables; what
    is related is named at one end or at both.
    """

    key: str
    file_name: str
    file_format: FileFormat
    title_zh: str
    title_en: str
    abstract_zh: str
    abstract_en: str
    theme: BaseDatabase
    category: Category
    provider: str
    controller: str
    share_type: ShareType
    update_cycle: UpdateCycle
    subject_kind: SubjectKind
    columns: tuple[CityColumn, ...]
    subject_column: str | None = None
    table_name: str | None = None
    share_condition: str | None = None
    share_citation: str | None = None
    share_mode: str = "共享平台数据交换"
    open_to_public: bool = False
    open_condition: str | None = None
    ownership_basis: str = ""
    control_basis: str = ""
    issued: date = date(2025, 7, 1)
    related: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    header_rows: int = 0
    is_view: bool = False
    row_count: int = 0

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class CityManifest:
    """The demo city as it was written: what it was made from, who is in it, and every table."""

    seed: int
    scale: float
    reference_date: date
    organizations: tuple[Organization, ...]
    tables: tuple[CityTable, ...]

    def table(self, key: str) -> CityTable:
        """The table with this key; KeyError when there is none."""
        return self.by_key[key]

    @property
    def by_key(self) -> Mapping[str, CityTable]:
        return {table.key: table for table in self.tables}
