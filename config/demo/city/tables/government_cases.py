"""政务信息 government information: cases of the service hall (办件), one row per case, kept by the data bureau.

Shows: JSON Lines with pinyin initials for field names (sqr_xm, zjhm, lxdh); one number column that holds IDs,
passports and credit codes; birth and acceptance dates in four spellings; bank cards; remarks that mention agents and
relatives with their telephones.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import digits, draw, either, hide, join, numbers_as_text, pick, stream
from config.demo.city.dirt import (
    leave_out,
    soil_cards,
    soil_codes,
    soil_ids,
    soil_mobiles,
    soil_names,
    trail_blanks,
    write_dates,
    write_districts,
)
from config.demo.city.identifiers import passports
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
from config.demo.city.names import draw_strangers
from config.demo.city.people import REFERENCE_DATE
from config.demo.city.records import CityRecords
from config.demo.city.remarks import CASE_PHRASES, CASE_TEMPLATES, write_remarks
from config.demo.city.tables.assembly import assemble

GOVERNMENT_CASES = CityTable(
    key="government_cases",
    file_name="government_cases.jsonl",
    file_format=FileFormat.JSON_LINES,
    encoding="utf-8",
    title_zh="政务服务办件信息",
    title_en="Service hall cases",
    abstract_zh="市、区两级政务服务大厅办件：事项、申请人、证件、联系方式、受理与办结时间、满意度和备注。",
    abstract_en=(
        "Cases of the service halls: matter, applicant, certificate, contact, acceptance and completion, "
        "satisfaction, remarks."
    ),
    theme=BaseDatabase.GOVERNMENT,
    category=Category("202001", ("主题信息资源", "公共服务", "政务服务办件")),
    provider="big_data",
    controller="big_data",
    share_type=ShareType.CONDITIONAL,
    share_condition="限政务部门用于服务优化与统计分析",
    update_cycle=UpdateCycle.REALTIME,
    subject_kind=SubjectKind.PERSON,
    subject_column="zjhm",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-004号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-004号",
    related=("population", "legal_entities"),
    columns=(
        CityColumn("bjbh", "办件编号"),
        CityColumn("sxmc", "事项名称"),
        CityColumn("slbm", "受理部门"),
        CityColumn("sqr_lx", "申请人类型"),
        CityColumn("sqr_xm", "申请人姓名或名称"),
        CityColumn("zjlx", "证件类型"),
        CityColumn("zjhm", "证件号码"),
        CityColumn("xb", "性别"),
        CityColumn("csrq", "出生日期", DataType.DATE),
        CityColumn("lxdh", "联系电话"),
        CityColumn("dzyx", "电子邮箱"),
        CityColumn("szq", "所在区"),
        CityColumn("txdz", "通讯地址"),
        CityColumn("jbr_xm", "经办人姓名"),
        CityColumn("yhkh", "补贴发放银行卡号"),
        CityColumn("slsj", "受理时间", DataType.DATETIME),
        CityColumn("bjzt", "办结状态"),
        CityColumn("blsc", "办理时长，工作日", DataType.INTEGER),
        CityColumn("myd", "满意度，1 至 5", DataType.INTEGER),
        CityColumn("bz", "备注", DataType.MEMO),
    ),
)

# matter, department, weight; the first eight are for people, the rest for enterprises
_MATTERS = (
    ("居住证申领", "公安局", 14.0),
    ("灵活就业社保补贴申领", "人力资源和社会保障局", 10.0),
    ("城乡居民医保参保登记", "医疗保障局", 13.0),
    ("住房公积金提取", "住房公积金管理中心", 15.0),
    ("高龄津贴申领", "民政局", 8.0),
    ("育儿补贴申领", "卫生健康委员会", 7.0),
    ("不动产登记资料查询", "自然资源和规划局", 12.0),
    ("人才购房补贴申领", "人力资源和社会保障局", 5.0),
    ("企业设立登记", "市场监督管理局", 7.0),
    ("食品经营许可", "市场监督管理局", 5.0),
    ("道路运输经营许可", "交通运输局", 2.0),
    ("建筑工程施工许可", "住房和城乡建设局", 2.0),
)
_PERSONAL = 8
_SUBSIDIES = (1, 4, 5, 7)  # matters that pay money to a card
_STATES = ("已办结", "办理中", "补正中", "不予受理")
_MAIL_HOSTS = ("example.com", "example.cn", "example.org")


def build_government_cases(city: CityRecords, rows: int) -> pa.Table:
    """Cases of the last 18 months, oldest first."""
    rng = stream(city.seed, "government-cases")
    people, firms = city.people, city.enterprises
    matter = draw(rng, [weight for _, _, weight in _MATTERS], rows)
    by_person = matter < _PERSONAL
    adults = people.adults()
    firm = rng.integers(0, len(firms), rows)
    who = np.where(by_person, adults[rng.integers(0, adults.size, rows)], firms.representative[firm])
    with_passport = by_person & (rng.random(rows) < 0.012)

    ids = soil_ids(pick(people.id_number, who), rng=rng)
    certificate = either(by_person, ids, soil_codes(pick(firms.uscc, firm), rng=rng))
    certificate = either(with_passport, passports(rows, rng=rng), certificate)
    kind = np.where(with_passport, 1, np.where(by_person, 0, 2))
    district = np.where(by_person, people.district[who], firms.district[firm])
    address = either(by_person, pick(people.full_address, who), pick(firms.full_address, firm))

    accepted = np.sort(rng.integers(0, 545, rows))[::-1]
    day = np.datetime64(REFERENCE_DATE, "D") - accepted * np.timedelta64(1, "D")
    minute = rng.integers(9 * 60, 17 * 60, rows)
    clock = join(" ", digits(minute // 60, 2), ":", digits(minute % 60, 2))
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970

    mail = join(
        pick(people.names.mail_locals(numbers_as_text(people.birth_years)), who),
        "@",
        pick(_MAIL_HOSTS, rng.integers(0, 3, rows)),
    )
    paid = np.isin(matter, _SUBSIDIES)
    agent = either(by_person & (rng.random(rows) < 0.8), pick(people.names.full, who), draw_strangers(rows, rng=rng))
    state = draw(rng, (0.86, 0.07, 0.05, 0.02), rows)
    score = np.minimum(5, 3 + draw(rng, (0.05, 0.15, 0.8), rows))

    return assemble(
        GOVERNMENT_CASES,
        {
            "bjbh": join("SZ", numbers_as_text(year), digits(np.arange(1, rows + 1), 7)),
            "sxmc": pick([name for name, _, _ in _MATTERS], matter),
            "slbm": pick([department for _, department, _ in _MATTERS], matter),
            "sqr_lx": pick(("法人", "自然人"), by_person.astype(np.int64)),
            "sqr_xm": either(
                by_person,
                soil_names(pick(people.names.full, who), rng=rng),
                trail_blanks(pick(firms.name, firm), rng=rng),
            ),
            "zjlx": pick(("居民身份证", "普通护照", "统一社会信用代码"), kind),
            "zjhm": certificate,
            "xb": hide(pick(("男", "女"), people.female[who].astype(np.int64)), ~by_person),
            "csrq": hide(write_dates(people.birth[who], rng=rng, plain_share=0.7), ~by_person),
            "lxdh": leave_out(soil_mobiles(pick(people.mobile, who), rng=rng), 0.03, rng=rng),
            "dzyx": leave_out(mail, 0.7, rng=rng),
            "szq": write_districts(district, rng=rng, other_share=0.35),
            "txdz": leave_out(address, 0.1, rng=rng),
            "jbr_xm": agent,
            "yhkh": hide(soil_cards(pick(city.bank_card, who), rng=rng), ~paid),
            "slsj": join(write_dates(day, rng=rng), clock),
            "bjzt": pick(_STATES, state),
            "blsc": hide(pa.array(rng.integers(0, 12, rows)), state != 0),
            "myd": hide(pa.array(score), (state != 0) | (rng.random(rows) < 0.4)),
            "bz": write_remarks(people, who, CASE_PHRASES, CASE_TEMPLATES, empty=0.55, mentions=0.07, rng=rng),
        },
    )
