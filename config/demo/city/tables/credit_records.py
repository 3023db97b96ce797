"""信用 credit: rewards and penalties of enterprises and people, kept by the credit office.

Shows: a CSV with a byte order mark and semicolons; records of both kinds in one table, so that the ID column is a
person's own in one row and the representative's in the next; a name column that holds people and firms.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import digits, draw, either, hide, join, numbers_as_text, pick, stream
from config.demo.city.dirt import (
    dates_as_text,
    leave_out,
    soil_codes,
    soil_ids,
    soil_mobiles,
    soil_names,
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
from config.demo.city.people import REFERENCE_DATE
from config.demo.city.records import CityRecords
from config.demo.city.tables.assembly import assemble

CREDIT_RECORDS = CityTable(
    key="credit_records",
    file_name="credit_records.csv",
    file_format=FileFormat.CSV,
    encoding="utf-8-sig",
    delimiter=";",
    header_rows=1,
    title_zh="社会信用记录",
    title_en="Credit records",
    abstract_zh="企业与个人的守信激励、行政处罚、欠税和失信被执行记录及信用评分。",
    abstract_en=(
        "Rewards, penalties, tax arrears and enforcement records of enterprises and people, with credit scores."
    ),
    theme=BaseDatabase.CREDIT,
    category=Category("104001", ("基础信息资源", "社会信用", "信用记录")),
    provider="development_reform",
    controller="development_reform",
    share_type=ShareType.CONDITIONAL,
    share_condition="限信用监管和经主体授权的信用服务",
    update_cycle=UpdateCycle.WEEKLY,
    subject_kind=SubjectKind.PERSON,
    subject_column="id_no",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-008号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-008号",
    related=("legal_entities", "population"),
    columns=(
        CityColumn("record_no", "记录编号"),
        CityColumn("subject_type", "主体类型"),
        CityColumn("subject_name", "主体名称"),
        CityColumn("uscc", "统一社会信用代码"),
        CityColumn("id_no", "个人或法定代表人身份证号"),
        CityColumn("phone", "联系电话"),
        CityColumn("district", "所在区"),
        CityColumn("record_type", "记录类型"),
        CityColumn("fact", "事由"),
        CityColumn("document_no", "决定文书号"),
        CityColumn("amount", "金额，元", DataType.MONEY),
        CityColumn("score", "信用评分，0 至 1000", DataType.INTEGER),
        CityColumn("grade", "信用等级"),
        CityColumn("decided_on", "决定日期", DataType.DATE),
        CityColumn("valid_until", "有效期至", DataType.DATE),
        CityColumn("published", "是否公示", DataType.LOGICAL),
    ),
)

# kind of record, how far it moves the score, its weight and its facts for people and for enterprises
_KINDS = (
    ("守信激励", 90, (40, 34), (("获评文明家庭", "无偿献血奉献奖"), ("连续三年纳税信用A级", "获评守合同重信用企业"))),
    ("行政处罚", -60, (22, 33), (("违法停车拒不改正", "占道经营"), ("未按规定公示年度报告", "安全生产隐患未整改"))),
    ("欠税公告", -110, (5, 12), (("逾期未缴个人所得税", "逾期未缴车船税"), ("逾期未缴增值税", "逾期未缴企业所得税"))),
    (
        "失信被执行",
        -220,
        (12, 9),
        (("有履行能力而拒不履行", "违反限制消费令"), ("有履行能力而拒不履行", "违反财产报告制度")),
    ),
    ("合同履约", -20, (21, 12), (("逾期缴纳物业费", "逾期偿还贷款"), ("逾期支付货款", "按期履约"))),
)


def build_credit_records(city: CityRecords, rows: int) -> pa.Table:
    """Records of the last five years, a little more than half of them about enterprises."""
    rng = stream(city.seed, "credit-records")
    people, firms = city.people, city.enterprises
    about_firm = rng.random(rows) < 0.55
    firm = rng.integers(0, len(firms), rows)
    adults = people.adults()
    who = np.where(about_firm, firms.representative[firm], adults[rng.integers(0, adults.size, rows)])
    of_people, of_firms = (draw(rng, [weights[side] for _, _, weights, _ in _KINDS], rows) for side in (0, 1))
    kind = np.where(about_firm, of_firms, of_people)
    facts = [fact for _, _, _, sides in _KINDS for side in sides for fact in side]
    fact = (kind * 2 + about_firm) * 2 + rng.integers(0, 2, rows)  # two facts for each kind and side

    shift = np.array([moved for _, moved, _, _ in _KINDS])[kind]
    score = np.clip(np.round(rng.normal(720, 70, rows) + shift), 0, 1000).astype(np.int64)
    grade = np.searchsorted((500, 600, 700, 800), score, side="right")
    decided = np.datetime64(REFERENCE_DATE, "D") - rng.integers(1, 1800, rows) * np.timedelta64(1, "D")
    amount = np.round(rng.lognormal(8.5, 1.4, rows), 2)
    year = decided.astype("datetime64[Y]").astype(np.int64) + 1970
    district = np.where(about_firm, firms.district[firm], people.district[who])

    return assemble(
        CREDIT_RECORDS,
        {
            "record_no": join("XY", digits(np.arange(1, rows + 1), 8)),
            "subject_type": pick(("自然人", "法人"), about_firm.astype(np.int64)),
            "subject_name": either(
                about_firm, pick(firms.name, firm), soil_names(pick(people.names.full, who), rng=rng)
            ),
            "uscc": hide(soil_codes(pick(firms.uscc, firm), rng=rng), ~about_firm),
            "id_no": soil_ids(pick(people.id_number, who), rng=rng),
            "phone": leave_out(soil_mobiles(pick(people.mobile, who), rng=rng), 0.12, rng=rng),
            "district": write_districts(district, rng=rng, other_share=0.2),
            "record_type": pick([item[0] for item in _KINDS], kind),
            "fact": pick(facts, fact),
            "document_no": join("苏信决〔", numbers_as_text(year), "〕", digits(np.arange(1, rows + 1), 6), "号"),
            "amount": hide(numbers_as_text(amount), kind == 0),
            "score": numbers_as_text(score),
            "grade": pick(("D", "C", "B", "A", "AA"), grade),
            "decided_on": write_dates(decided, rng=rng, plain_share=0.85),
            "valid_until": leave_out(dates_as_text(decided + np.timedelta64(1095, "D")), 0.05, rng=rng),
            "published": pick(("否", "是"), (rng.random(rows) < 0.7).astype(np.int64)),
        },
    )
