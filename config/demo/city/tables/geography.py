"""空间地理 geography: subdistricts, standard addresses and land parcels in one database, kept by natural resources.

Shows: a source that is a database (SQLite) with several tables and a view; addresses controlled by another
organisation than their owner; parcels that name their holders, in a table where nobody looks for people; a table whose
sharing the law withholds.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import Floats, Indices, Text, digits, draw, either, hide, join, pick, stream, text
from config.demo.city.dirt import dates_as_text, leave_out, soil_ids, trail_blanks
from config.demo.city.manifest import (
    BaseDatabase,
    Category,
    CityColumn,
    CityTable,
    DataType,
    FileFormat,
    ShareType,
    SubjectKind,
    UpdateCycle,
)
from config.demo.city.people import REFERENCE_DATE
from config.demo.city.places import ADDRESS_KINDS, DISTRICT_CODES, DISTRICT_NAMES, DISTRICTS
from config.demo.city.records import CityRecords
from config.demo.city.tables.assembly import assemble

GEOGRAPHY_FILE = "geography.sqlite"
SUBDISTRICT_COUNT = sum(len(place.subdistricts) for place in DISTRICTS)

SUBDISTRICTS = CityTable(
    key="subdistricts",
    file_name=GEOGRAPHY_FILE,
    table_name="subdistricts",
    file_format=FileFormat.SQLITE,
    title_zh="镇与街道名录",
    title_en="Towns and subdistricts",
    abstract_zh="四市六区所辖镇、街道名录。",
    abstract_en="Towns and subdistricts of the ten districts and county-level cities.",
    theme=BaseDatabase.GEOGRAPHY,
    category=Category("103003", ("基础信息资源", "自然资源和空间地理", "行政区划")),
    provider="natural_resources",
    controller="natural_resources",
    share_type=ShareType.UNCONDITIONAL,
    open_to_public=True,
    open_condition="注明来源即可使用",
    update_cycle=UpdateCycle.YEARLY,
    subject_kind=SubjectKind.NONE,
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-005号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-005号",
    related=("addresses",),
    columns=(
        CityColumn("subdistrict_id", "序号", DataType.INTEGER),
        CityColumn("district_code", "行政区划代码"),
        CityColumn("district", "区、县级市"),
        CityColumn("subdistrict", "镇、街道"),
        CityColumn("kind", "类别"),
    ),
)

ADDRESSES = CityTable(
    key="addresses",
    file_name=GEOGRAPHY_FILE,
    table_name="addresses",
    file_format=FileFormat.SQLITE,
    title_zh="标准地址库",
    title_en="Standard addresses",
    abstract_zh="经核实的标准门牌地址及其坐标、所属小区和用途。",
    abstract_en="Verified street addresses with coordinates, community and use.",
    theme=BaseDatabase.GEOGRAPHY,
    category=Category("103001", ("基础信息资源", "自然资源和空间地理", "标准地址")),
    provider="natural_resources",
    controller="public_security",
    share_type=ShareType.UNCONDITIONAL,
    update_cycle=UpdateCycle.WEEKLY,
    share_mode="接口",
    subject_kind=SubjectKind.NONE,
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-006号",
    control_basis="苏州市公共数据授权管理清单（演示）第2025-006号",
    related=("population", "housing", "parcels"),
    columns=(
        CityColumn("address_code", "标准地址编码"),
        CityColumn("full_address", "标准地址全称"),
        CityColumn("district_code", "行政区划代码"),
        CityColumn("district", "区、县级市"),
        CityColumn("subdistrict", "镇、街道"),
        CityColumn("road", "道路"),
        CityColumn("house_no", "门牌号", DataType.INTEGER),
        CityColumn("community", "小区"),
        CityColumn("kind", "用途"),
        CityColumn("postcode", "邮政编码"),
        CityColumn("longitude", "经度，度", DataType.DOUBLE),
        CityColumn("latitude", "纬度，度", DataType.DOUBLE),
        CityColumn("verified_on", "核实日期", DataType.DATE),
    ),
)

PARCELS = CityTable(
    key="parcels",
    file_name=GEOGRAPHY_FILE,
    table_name="parcels",
    file_format=FileFormat.SQLITE,
    title_zh="宗地权属信息",
    title_en="Land parcels",
    abstract_zh="宗地代码、权利人、用途、面积与界址坐标。",
    abstract_en="Parcel code, holder of the right, use, area and boundary.",
    theme=BaseDatabase.GEOGRAPHY,
    category=Category("103002", ("基础信息资源", "自然资源和空间地理", "地籍")),
    provider="natural_resources",
    controller="natural_resources",
    share_type=ShareType.WITHHELD,
    share_citation="《中华人民共和国测绘法》第三十四条",
    update_cycle=UpdateCycle.MONTHLY,
    subject_kind=SubjectKind.PERSON,
    subject_column="holder_code",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-007号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-007号",
    related=("addresses", "legal_entities"),
    columns=(
        CityColumn("parcel_code", "宗地代码"),
        CityColumn("address_code", "标准地址编码"),
        CityColumn("holder_type", "权利人类型"),
        CityColumn("holder_name", "权利人"),
        CityColumn("holder_code", "权利人证件号码"),
        CityColumn("right_type", "权利类型"),
        CityColumn("land_use", "土地用途"),
        CityColumn("area_m2", "面积，平方米", DataType.NUMBER),
        CityColumn("boundary", "界址坐标，WKT", DataType.GENERAL),
        CityColumn("granted_on", "登记日期", DataType.DATE),
    ),
)

PARCEL_ADDRESSES = CityTable(
    key="parcel_addresses",
    file_name=GEOGRAPHY_FILE,
    table_name="parcel_addresses",
    file_format=FileFormat.SQLITE,
    is_view=True,
    title_zh="宗地与标准地址对照（视图）",
    title_en="Parcels by address (view)",
    abstract_zh="宗地与标准地址的对照视图，不含权利人与界址。",
    abstract_en="A view that joins parcels to addresses, without holders and boundaries.",
    theme=BaseDatabase.GEOGRAPHY,
    category=Category("103002", ("基础信息资源", "自然资源和空间地理", "地籍")),
    provider="natural_resources",
    controller="natural_resources",
    share_type=ShareType.CONDITIONAL,
    share_condition="限规划、建设与应急用途",
    update_cycle=UpdateCycle.MONTHLY,
    subject_kind=SubjectKind.NONE,
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-007号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-007号",
    derived_from=("parcels", "addresses"),
    columns=(
        CityColumn("parcel_code", "宗地代码"),
        CityColumn("land_use", "土地用途"),
        CityColumn("area_m2", "面积，平方米", DataType.NUMBER),
        CityColumn("full_address", "标准地址全称"),
        CityColumn("district", "区、县级市"),
        CityColumn("longitude", "经度，度", DataType.DOUBLE),
        CityColumn("latitude", "纬度，度", DataType.DOUBLE),
    ),
)
PARCEL_ADDRESSES_SQL = """
CREATE VIEW parcel_addresses AS
SELECT p.parcel_code, p.land_use, p.area_m2, a.full_address, a.district, a.longitude, a.latitude
FROM parcels AS p JOIN addresses AS a ON a.address_code = p.address_code
"""

_LAND_USES = ("城镇住宅用地", "工业用地", "商服用地", "公共管理与公共服务用地", "仓储用地")


def build_subdistricts(city: CityRecords, rows: int) -> pa.Table:  # noqa: ARG001 - the places are what they are
    """Every town and subdistrict once."""
    pairs = [(place, name) for place in DISTRICTS for name in place.subdistricts]
    return assemble(
        SUBDISTRICTS,
        {
            "subdistrict_id": pa.array(np.arange(1, rows + 1)),
            "district_code": text([place.code for place, _ in pairs]),
            "district": text([place.name for place, _ in pairs]),
            "subdistrict": text([name for _, name in pairs]),
            "kind": text(["街道" if name.endswith("街道") else "镇" for _, name in pairs]),
        },
    )


def build_addresses(city: CityRecords, rows: int) -> pa.Table:
    """The address book."""
    rng = stream(city.seed, "addresses")
    book = city.book
    verified = np.datetime64(REFERENCE_DATE, "D") - rng.integers(1, 2000, rows) * np.timedelta64(1, "D")
    return assemble(
        ADDRESSES,
        {
            "address_code": book.code,
            "full_address": trail_blanks(book.full, rng=rng),
            "district_code": pick(DISTRICT_CODES, book.district),
            "district": pick(DISTRICT_NAMES, book.district),
            "subdistrict": book.subdistrict,
            "road": book.road,
            "house_no": pa.array(book.house_number),
            "community": hide(book.community, book.kind != 0),
            "kind": pick(ADDRESS_KINDS, book.kind),
            "postcode": leave_out(pick([place.postcode for place in DISTRICTS], book.district), 0.05, rng=rng),
            "longitude": pa.array(book.longitude),
            "latitude": pa.array(book.latitude),
            "verified_on": dates_as_text(verified),
        },
    )


def build_parcels(city: CityRecords, rows: int) -> pa.Table:
    """A parcel each for some of the addresses; two in three are held by enterprises."""
    rng = stream(city.seed, "parcels")
    book, firms, people = city.book, city.enterprises, city.people
    address = np.sort(rng.permutation(len(book.code))[:rows])
    firm = rng.integers(0, len(firms), rows)
    adults = people.adults()
    person = adults[rng.integers(0, adults.size, rows)]
    private = rng.random(rows) < 0.35
    use = np.where(private, 0, 1 + draw(rng, (0.5, 0.25, 0.15, 0.1), rows))
    area: Floats = np.round(np.where(private, rng.lognormal(5.2, 0.4, rows), rng.lognormal(9, 0.9, rows)), 2)
    granted = np.datetime64(REFERENCE_DATE, "D") - rng.integers(60, 9000, rows) * np.timedelta64(1, "D")
    return assemble(
        PARCELS,
        {
            "parcel_code": _parcel_codes(book.district[address], rng),
            "address_code": pick(book.code, address),
            "holder_type": pick(("法人", "自然人"), private.astype(np.int64)),
            "holder_name": either(private, pick(people.names.full, person), pick(firms.name, firm)),
            "holder_code": either(private, soil_ids(pick(people.id_number, person), rng=rng), pick(firms.uscc, firm)),
            "right_type": pick(("国有建设用地使用权", "宅基地使用权"), private.astype(np.int64)),
            "land_use": pick(_LAND_USES, use),
            "area_m2": pa.array(area),
            "boundary": _boundaries(book.longitude[address], book.latitude[address], area),
            "granted_on": dates_as_text(granted),
        },
    )


def _parcel_codes(districts: Indices, rng: np.random.Generator) -> Text:
    """Nineteen places after TD/T 1001: area, cadastral zone and block, kind of right, number."""
    rows = districts.size
    return join(
        pick(DISTRICT_CODES, districts),
        digits(rng.integers(1, 30, rows), 3),
        digits(rng.integers(1, 60, rows), 3),
        "GB",
        digits(np.arange(1, rows + 1), 5),
    )


def _boundaries(longitude: Floats, latitude: Floats, area: Floats) -> Text:
    """A square of the parcel's area round its address, as well-known text in degrees."""
    half = np.sqrt(area) / 2 / 111_000
    corners = [
        f"POLYGON(({x - h:.6f} {y - h:.6f},{x + h:.6f} {y - h:.6f},{x + h:.6f} {y + h:.6f},{x - h:.6f} {y + h:.6f},"
        f"{x - h:.6f} {y - h:.6f}))"
        for x, y, h in zip(longitude.tolist(), latitude.tolist(), half.tolist(), strict=True)
    ]
    return text(corners)
