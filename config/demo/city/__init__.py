"""The demo city: a made-up Suzhou, its departments and their tables, drawn from a seed.

`generate_city(folder)` writes the files below and returns a manifest; `organizations()` is the organisation tree.
Pure: numpy, Arrow and file formats, no Django, so the story that registers these tables lives elsewhere.

**Nobody here is real.** No value is taken from a real person, enterprise or institution's records: names, dates,
numbers and addresses are drawn from word lists and a random stream. Names of districts, roads and bureaus are real so
that the tables look right. A well-formed number may by chance be somebody's; none is ever to be called, written to or
looked up.

| table | file | what it shows |
|---|---|---|
| population 人口 | population.parquet | 206,000 typed rows, IDs in every spelling, people registered twice |
| legal_entities 法人 | legal_entities.csv, GB18030 | Chinese headings, dates in four spellings, people among firms |
| macro_economy 宏观经济 | macro_economy.tsv, UTF-16 | no people, open to everyone |
| government_cases 政务信息 | government_cases.jsonl | pinyin field names, three certificates in one column, remarks |
| addresses, subdistricts 空间地理 | geography.sqlite | a table in a database, a controller beside the owner |
| parcels, parcel_addresses | geography.sqlite | a table withheld by law, and a view of it |
| credit_records 信用 | credit_records.csv, BOM, semicolons | people and firms mixed in one table |
| vehicles | vehicles.csv, UTF-8 | plates and owners; the way from a plate to an ID |
| trips | trips.parquet | whereabouts by plate, card and account; times and decimals |
| utilities | utilities.xlsx | title row, headings merged over two rows, figures typed as text |
| housing | housing.tsv, UTF-8 | two people in a row, bank cards, a line break inside a field |
| medical_visits | medical_visits.csv, GB18030 | diagnoses beside names, remarks about others, a clean patient number |

**Joins.** An ID number is the same person in population, housing, medical_visits, vehicles, credit_records,
government_cases and legal_entities (representative); a citizen card or a plate leads from trips to population or
vehicles; a credit code is the same enterprise in legal_entities, utilities, credit_records, government_cases and
parcels; an address code leads from population and housing to addresses and parcels. About one ID in seventy is
mistyped and joins nothing; the rest join once their spelling is brought to one form.

**Risk.** Exact birth date, sex and district single most people out. Generalised, population reaches k ≥ 3 on year of
birth, sex and district code, and medical_visits on decade of birth, sex and district, both at scale 1.
"""

from config.demo.city.generation import DEFAULT_SEED, Progress, generate_city
from config.demo.city.manifest import (
    BaseDatabase,
    Category,
    CityColumn,
    CityManifest,
    CityTable,
    DataType,
    FileFormat,
    ShareType,
    SubjectKind,
    UpdateCycle,
)
from config.demo.city.organizations import Organization, OrganizationKind, organizations
from config.demo.city.people import REFERENCE_DATE
from config.demo.city.plan import CityScaleInvalid, row_counts

__all__ = [
    "DEFAULT_SEED",
    "REFERENCE_DATE",
    "BaseDatabase",
    "Category",
    "CityColumn",
    "CityManifest",
    "CityScaleInvalid",
    "CityTable",
    "DataType",
    "FileFormat",
    "Organization",
    "OrganizationKind",
    "Progress",
    "ShareType",
    "SubjectKind",
    "UpdateCycle",
    "generate_city",
    "organizations",
    "row_counts",
]
