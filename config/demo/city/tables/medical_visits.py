"""Medical visits, one row per visit, kept by health.

Shows: the table worth protecting most: names, IDs and telephones beside diagnoses, a CSV in GB18030; visit times in
four spellings; remarks that mention relatives and colleagues. The patient number is clean and one per person, so risk
can be counted by people; birth by decade, sex and district leave no class below three at full scale, while the raw
columns single most people out.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import digits, distinct_numbers, draw, join, numbers_as_text, pick, stream
from config.demo.city.dirt import (
    dates_as_text,
    leave_out,
    soil_ids,
    soil_mobiles,
    soil_names,
    trail_blanks,
    write_dates,
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
from config.demo.city.names import draw_strangers
from config.demo.city.people import OCCUPATIONS
from config.demo.city.places import DISTRICT_NAMES
from config.demo.city.records import CityRecords
from config.demo.city.remarks import MEDICAL_PHRASES, MEDICAL_TEMPLATES, write_remarks
from config.demo.city.tables.assembly import assemble
from config.demo.city.tables.diagnoses import DIAGNOSES, draw_diagnoses

MEDICAL_VISITS = CityTable(
    key="medical_visits",
    file_name="medical_visits.csv",
    file_format=FileFormat.CSV,
    encoding="gb18030",
    delimiter=",",
    header_rows=1,
    title_zh="医疗机构就诊记录",
    title_en="Medical visits",
    abstract_zh="2025年上半年门诊、急诊与住院记录：患者、科室、诊断、费用、支付方式和备注。",
    abstract_en=(
        "Outpatient, emergency and inpatient visits of the first half of 2025: patient, ward, diagnosis, "
        "fee, insurance, remarks."
    ),
    theme=BaseDatabase.HEALTH,
    category=Category("204001", ("主题信息资源", "健康保障", "诊疗")),
    provider="health",
    controller="health",
    share_type=ShareType.CONDITIONAL,
    share_condition="限公共卫生与经伦理审查的研究，须去标识化并达到 k≥3",
    update_cycle=UpdateCycle.DAILY,
    subject_kind=SubjectKind.PERSON,
    subject_column="patient_no",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-013号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-013号",
    related=("population",),
    columns=(
        CityColumn("visit_no", "就诊流水号"),
        CityColumn("patient_no", "患者主索引号"),
        CityColumn("name", "患者姓名"),
        CityColumn("id_no", "身份证号"),
        CityColumn("sex", "性别"),
        CityColumn("birth_date", "出生日期", DataType.DATE),
        CityColumn("district", "居住区"),
        CityColumn("mobile", "联系电话"),
        CityColumn("occupation", "职业"),
        CityColumn("hospital", "医疗机构"),
        CityColumn("ward", "科室"),
        CityColumn("visit_type", "就诊类型"),
        CityColumn("visited_at", "就诊时间", DataType.DATETIME),
        CityColumn("diagnosis_code", "诊断编码"),
        CityColumn("diagnosis", "诊断名称"),
        CityColumn("fee", "总费用，元", DataType.MONEY),
        CityColumn("insurance", "支付方式"),
        CityColumn("doctor", "接诊医师"),
        CityColumn("remark", "备注", DataType.MEMO),
    ),
)

_HOSPITALS = (
    "沧浪人民医院",
    "石湖医院",
    "平江中医医院",
    "澄湖中心医院",
    "虞景人民医院",
    "娄江医院",
    "玉峰第一人民医院",
    "湖滨儿童医院",
)
_CHILDREN_ONLY = 7
_VISITS_A_PATIENT = 2.2
_FIRST_DAY = np.datetime64("2025-01-01")


def build_medical_visits(city: CityRecords, rows: int) -> pa.Table:
    """Visits in the order of time. The old and the very young come oftener."""
    rng = stream(city.seed, "medical-visits")
    people = city.people
    who = _patients(city, rows, rng)
    ages = people.age[who]
    found = draw_diagnoses(ages, people.female[who], rng=rng)
    stay = draw(rng, (0.82, 0.1, 0.08), rows)

    day = _FIRST_DAY + np.sort(rng.integers(0, 181, rows)) * np.timedelta64(1, "D")
    minute = np.where(stay == 1, rng.integers(0, 1440, rows), rng.integers(7 * 60 + 30, 17 * 60, rows))
    clock = join(" ", digits(minute // 60, 2), ":", digits(minute % 60, 2))
    fee = np.round(np.array([260.0, 520.0, 8600.0])[stay] * rng.lognormal(0, 0.6, rows), 2)
    hospital = np.where(ages < 14, _CHILDREN_ONLY, rng.integers(0, _CHILDREN_ONLY, rows))
    staff = draw_strangers(240, rng=rng)
    insurance = np.where(
        ages < 18, 1, np.where(ages >= 60, draw(rng, (0.62, 0.36, 0.02), rows), draw(rng, (0.78, 0.1, 0.12), rows))
    )

    return assemble(
        MEDICAL_VISITS,
        {
            "visit_no": join(pick(("MZ", "JZ", "ZY"), stay), digits(np.arange(1, rows + 1), 9)),
            "patient_no": join("P", digits(distinct_numbers(rng, len(people), 10**9)[who], 10)),
            "name": soil_names(pick(people.names.full, who), rng=rng),
            "id_no": leave_out(soil_ids(pick(people.id_number, who), rng=rng), 0.012, rng=rng),
            "sex": pick(("男", "女"), people.female[who].astype(np.int64)),
            "birth_date": dates_as_text(people.birth[who]),
            "district": pick(DISTRICT_NAMES, people.district[who]),
            "mobile": leave_out(soil_mobiles(pick(people.mobile, who), rng=rng), 0.03, rng=rng),
            "occupation": leave_out(pick(OCCUPATIONS, people.occupation[who]), 0.05, rng=rng),
            "hospital": trail_blanks(pick(_HOSPITALS, hospital), rng=rng),
            "ward": pick([item.ward for item in DIAGNOSES], found),
            "visit_type": pick(("门诊", "急诊", "住院"), stay),
            "visited_at": join(write_dates(day, rng=rng, plain_share=0.85), clock),
            "diagnosis_code": leave_out(pick([item.code for item in DIAGNOSES], found), 0.01, rng=rng),
            "diagnosis": pick([item.name for item in DIAGNOSES], found),
            "fee": numbers_as_text(fee),
            "insurance": pick(("职工医保", "居民医保", "自费"), insurance),
            "doctor": pick(staff, hospital * 30 + rng.integers(0, 30, rows)),
            "remark": write_remarks(people, who, MEDICAL_PHRASES, MEDICAL_TEMPLATES, empty=0.4, mentions=0.16, rng=rng),
        },
    )


def _patients(city: CityRecords, rows: int, rng: np.random.Generator) -> np.ndarray:
    """People who were ill, each at least once, some again and again."""
    ages = city.people.age
    frailty = np.select([ages < 6, ages < 18, ages < 46, ages < 66], [2.0, 1.0, 0.8, 1.2], 2.4)
    # The largest keys of weighted random numbers are a weighted sample without repeats.
    keys = rng.random(ages.size) ** (1 / frailty)
    patients = np.argsort(-keys, kind="stable")[: max(1, min(ages.size, int(rows / _VISITS_A_PATIENT)))]
    again = patients[draw(rng, rng.gamma(0.6, 1.0, patients.size), rows - patients.size)]
    return rng.permutation(np.concatenate([patients, again]))
