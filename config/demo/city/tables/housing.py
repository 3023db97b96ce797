"""Housing: registered homes with their owners, kept by housing, decided on by natural resources (which registers the
titles).

Shows: a tab-separated file; a second person in the row (the co-owner) with name and ID; bank cards in two spellings; a
few remarks with quotation marks and a line break inside the field.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import digits, draw, either, hide, join, numbers_as_text, pick, stream, text
from config.demo.city.dirt import (
    leave_out,
    soil_cards,
    soil_ids,
    soil_mobiles,
    soil_names,
    trail_blanks,
    write_dates,
    write_districts,
)
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
from config.demo.city.people import REFERENCE_DATE, contact_of
from config.demo.city.places import DISTRICT_WEIGHTS
from config.demo.city.records import CityRecords
from config.demo.city.remarks import HOUSING_PHRASES, HOUSING_TEMPLATES, write_remarks
from config.demo.city.tables.assembly import assemble

HOUSING = CityTable(
    key="housing",
    file_name="housing.tsv",
    file_format=FileFormat.CSV,
    encoding="utf-8",
    delimiter="\t",
    header_rows=1,
    title_zh="房屋登记信息",
    title_en="Registered homes",
    abstract_zh="住宅登记信息：产权证号、产权人与共有人、坐落、面积、用途、价格和抵押情况。",
    abstract_en="Registered homes: title, owner and co-owner, address, area, use, price and mortgage.",
    theme=BaseDatabase.HOUSING,
    category=Category("203001", ("主题信息资源", "城乡建设", "房屋登记")),
    provider="housing",
    controller="natural_resources",
    share_type=ShareType.CONDITIONAL,
    share_condition="限住房保障、税收征管与城市更新用途",
    update_cycle=UpdateCycle.WEEKLY,
    subject_kind=SubjectKind.PERSON,
    subject_column="owner_id_no",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-012号",
    control_basis="苏州市公共数据授权管理清单（演示）第2025-012号",
    related=("population", "addresses"),
    columns=(
        CityColumn("cert_no", "不动产权证号"),
        CityColumn("owner_name", "产权人姓名"),
        CityColumn("owner_id_no", "产权人身份证号"),
        CityColumn("owner_mobile", "产权人手机"),
        CityColumn("share_kind", "共有情况"),
        CityColumn("co_owner_name", "共有人姓名"),
        CityColumn("co_owner_id_no", "共有人身份证号"),
        CityColumn("address", "坐落"),
        CityColumn("address_code", "标准地址编码"),
        CityColumn("district", "所在区"),
        CityColumn("area_m2", "建筑面积，平方米", DataType.NUMBER),
        CityColumn("rooms", "户型"),
        CityColumn("use", "房屋用途"),
        CityColumn("structure", "房屋结构"),
        CityColumn("built_year", "建成年份", DataType.INTEGER),
        CityColumn("price_wan", "成交价，万元", DataType.MONEY),
        CityColumn("registered_on", "登记日期", DataType.DATE),
        CityColumn("mortgage_bank", "抵押权人"),
        CityColumn("fund_card_no", "维修资金退款卡号"),
        CityColumn("remark", "备注", DataType.MEMO),
    ),
)

_BANKS = ("石湖银行", "澄湖农村商业银行", "平江银行", "金鸡湖银行")
_PRICE_A_METRE = np.array([2.6, 2.4, 2.1, 2.0, 1.5, 3.4, 1.6, 1.5, 1.8, 1.4])  # ten thousand yuan, by district


def build_housing(city: CityRecords, rows: int) -> pa.Table:
    """Homes of adults; three in five are where the owner lives. A household that owns together is two people in one
    row."""
    rng = stream(city.seed, "housing")
    people, book = city.people, city.book
    owners = np.flatnonzero(people.age >= 22)
    owner = owners[rng.permutation(owners.size)[np.arange(rows) % int(owners.size * 0.8)]]
    at_home = rng.random(rows) < 0.6
    elsewhere = book.draw_homes(draw(rng, DISTRICT_WEIGHTS, rows), rng=rng)
    room = join(
        pick(book.full, elsewhere),
        numbers_as_text(rng.integers(1, 31, rows)),
        "幢",
        numbers_as_text(rng.integers(1, 19, rows) * 100 + rng.integers(1, 5, rows)),
        "室",
    )
    address_row = np.where(at_home, people.address[owner], elsewhere)
    district = book.district[address_row]

    co_owner_name = contact_of(people, owner, people.names.full)
    shared = (rng.random(rows) < 0.45) & co_owner_name.is_valid().to_numpy(zero_copy_only=False)
    area = np.round(np.clip(rng.normal(98, 32, rows), 32, 320), 2)
    bedrooms = np.clip(np.round(area / 36), 1, 6).astype(np.int64)
    built = np.clip(2025 - rng.exponential(13, rows), 1978, 2025).astype(np.int64)
    years_held = np.minimum(rng.exponential(7, rows), 2025.4 - built)
    registered = np.datetime64(REFERENCE_DATE, "D") - (
        (years_held.clip(0.1) * 365).astype(np.int64) * np.timedelta64(1, "D")
    )
    price = np.round(area * _PRICE_A_METRE[district] * rng.lognormal(0, 0.18, rows) * 0.965**years_held, 1)
    year = registered.astype("datetime64[Y]").astype(np.int64) + 1970

    return assemble(
        HOUSING,
        {
            "cert_no": join(
                "苏(", numbers_as_text(year), ")苏州市不动产权第", digits(np.arange(rows) + 7_000_001, 7), "号"
            ),
            "owner_name": soil_names(pick(people.names.full, owner), rng=rng),
            "owner_id_no": soil_ids(pick(people.id_number, owner), rng=rng),
            "owner_mobile": leave_out(soil_mobiles(pick(people.mobile, owner), rng=rng), 0.05, rng=rng),
            "share_kind": pick(("单独所有", "共同共有"), shared.astype(np.int64)),
            "co_owner_name": hide(co_owner_name, ~shared),
            "co_owner_id_no": hide(soil_ids(contact_of(people, owner, people.id_number), rng=rng), ~shared),
            "address": trail_blanks(either(at_home, pick(people.full_address, owner), room), rng=rng),
            "address_code": leave_out(pick(book.code, address_row), 0.04, rng=rng),
            "district": write_districts(district, rng=rng, other_share=0.25),
            "area_m2": text([f"{value:.2f}" for value in area.tolist()]),
            "rooms": pick([f"{n}室{min(n, 2)}厅" for n in range(7)], bedrooms),
            "use": pick(("成套住宅", "非成套住宅", "别墅"), draw(rng, (0.93, 0.04, 0.03), rows)),
            "structure": pick(("钢筋混凝土", "混合", "砖木"), np.select([built > 2000, built > 1985], [0, 1], 2)),
            "built_year": leave_out(numbers_as_text(built), 0.02, rng=rng),
            "price_wan": leave_out(numbers_as_text(price), 0.06, rng=rng),
            "registered_on": write_dates(registered, rng=rng, plain_share=0.88),
            "mortgage_bank": leave_out(pick(_BANKS, rng.integers(0, len(_BANKS), rows)), 0.55, rng=rng),
            "fund_card_no": leave_out(soil_cards(pick(city.bank_card, owner), rng=rng), 0.3, rng=rng),
            "remark": write_remarks(
                people, owner, HOUSING_PHRASES, HOUSING_TEMPLATES, empty=0.6, mentions=0.02, rng=rng
            ),
        },
    )
