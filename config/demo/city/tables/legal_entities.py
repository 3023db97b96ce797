"""法人 legal entities: the register of enterprises, kept by market regulation.

Shows: a CSV in GB18030 with Chinese headings, as an old system exports it; founding dates in four spellings; a table
about enterprises that is full of people (the representative's name and ID, a private mobile where an office number
belongs).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import either, join, numbers_as_text, pick, stream
from config.demo.city.dirt import (
    leave_out,
    soil_codes,
    soil_ids,
    soil_mobiles,
    soil_names,
    trail_blanks,
    write_dates,
    write_districts,
)
from config.demo.city.enterprises import COMPANY_TYPES, STATUSES, TRADES
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
from config.demo.city.records import CityRecords
from config.demo.city.tables.assembly import assemble

LEGAL_ENTITIES = CityTable(
    key="legal_entities",
    file_name="legal_entities.csv",
    file_format=FileFormat.CSV,
    encoding="gb18030",
    delimiter=",",
    header_rows=1,
    title_zh="法人单位基础信息",
    title_en="Legal entities",
    abstract_zh="全市市场主体登记信息：统一社会信用代码、名称、类型、法定代表人、注册资本、住所与经营范围。",
    abstract_en=(
        "Registered enterprises: unified social credit code, name, type, legal representative, capital, seat and scope."
    ),
    theme=BaseDatabase.LEGAL_ENTITIES,
    category=Category("102001", ("基础信息资源", "法人单位", "市场主体登记")),
    provider="market_regulation",
    controller="market_regulation",
    share_type=ShareType.UNCONDITIONAL,
    update_cycle=UpdateCycle.DAILY,
    open_to_public=True,
    open_condition="仅开放企业公示信息，不含法定代表人证件号码与联系电话",
    subject_kind=SubjectKind.ENTERPRISE,
    subject_column="统一社会信用代码",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-002号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-002号",
    related=("utilities", "credit_records", "parcels"),
    columns=(
        CityColumn("统一社会信用代码", "统一社会信用代码"),
        CityColumn("企业名称", "企业名称"),
        CityColumn("企业类型", "企业类型"),
        CityColumn("法定代表人", "法定代表人姓名"),
        CityColumn("法定代表人证件号码", "法定代表人公民身份号码"),
        CityColumn("注册资本(万元)", "注册资本，万元人民币", DataType.MONEY),
        CityColumn("成立日期", "成立日期", DataType.DATE),
        CityColumn("登记状态", "登记状态"),
        CityColumn("行业门类", "国民经济行业门类"),
        CityColumn("行政区划", "住所所在区"),
        CityColumn("住所", "住所"),
        CityColumn("联系电话", "企业联系电话"),
        CityColumn("电子邮箱", "企业电子邮箱"),
        CityColumn("从业人数", "从业人数", DataType.INTEGER),
        CityColumn("经营范围", "经营范围", DataType.MEMO),
    ),
)

_MAIL_HOSTS = ("example.com", "example.cn", "example.org")


def build_legal_entities(city: CityRecords, rows: int) -> pa.Table:
    """One row per enterprise, in the order of the enterprises record."""
    rng = stream(city.seed, "legal-entities")
    firms, people = city.enterprises, city.people
    head = firms.representative
    mail = join(
        pick(people.names.mail_locals(numbers_as_text(people.birth_years % 100)), head),
        "@",
        pick(_MAIL_HOSTS, rng.integers(0, 3, rows)),
    )
    private = rng.random(rows) < 0.55
    phone = either(private, soil_mobiles(pick(people.mobile, head), rng=rng), firms.landline)
    return assemble(
        LEGAL_ENTITIES,
        {
            "统一社会信用代码": soil_codes(firms.uscc, rng=rng),
            "企业名称": trail_blanks(firms.name, rng=rng),
            "企业类型": pick(COMPANY_TYPES, firms.company_type),
            "法定代表人": soil_names(pick(people.names.full, head), rng=rng),
            "法定代表人证件号码": leave_out(soil_ids(pick(people.id_number, head), rng=rng), 0.01, rng=rng),
            "注册资本(万元)": numbers_as_text(firms.capital.astype(np.int64)),
            "成立日期": write_dates(firms.founded, rng=rng),
            "登记状态": pick(STATUSES, firms.status),
            "行业门类": pick([trade.name for trade in TRADES], firms.trade),
            "行政区划": write_districts(firms.district, rng=rng),
            "住所": firms.full_address,
            "联系电话": leave_out(phone, 0.04, rng=rng),
            "电子邮箱": leave_out(mail, 0.35, rng=rng),
            "从业人数": leave_out(numbers_as_text(firms.staff), 0.05, rng=rng),
            "经营范围": pick([trade.scope for trade in TRADES], firms.trade),
        },
    )
