"""人口 population: the register of residents, one row per registration, kept by public security and shared by the data
bureau.

Shows: a large Parquet file with typed dates; ID numbers in every spelling; some people registered twice, the second
time in another spelling; quasi-identifiers (birth date, sex, district, education, occupation) that make most rows
unique until they are generalised.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import digits, draw, hide, join, pick, stream
from config.demo.city.dirt import leave_out, soil_ids, soil_mobiles, soil_names, trail_blanks, write_districts
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
from config.demo.city.people import (
    EDUCATION,
    ETHNICITIES,
    MARRIAGE,
    OCCUPATIONS,
    REFERENCE_DATE,
    RELATIONS,
    contact_of,
)
from config.demo.city.places import DISTRICT_CODES
from config.demo.city.records import CityRecords
from config.demo.city.tables.assembly import assemble

POPULATION = CityTable(
    key="population",
    file_name="population.parquet",
    file_format=FileFormat.PARQUET,
    title_zh="人口基础信息",
    title_en="Population register",
    abstract_zh="全市户籍与居住人口的基本情况，每次登记一行：身份、出生、户籍、住址、文化程度、职业与联系方式。",
    abstract_en=(
        "Residents of the city, one row per registration: identity, birth, household, address, education, "
        "occupation and contact."
    ),
    theme=BaseDatabase.POPULATION,
    category=Category("101001", ("基础信息资源", "人口", "户籍与居住人口")),
    provider="public_security",
    controller="big_data",
    share_type=ShareType.CONDITIONAL,
    share_condition="用于履行法定职责或经批准的公共服务，限脱敏后使用，不得用于识别特定自然人",
    update_cycle=UpdateCycle.DAILY,
    subject_kind=SubjectKind.PERSON,
    subject_column="id_no",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-001号",
    control_basis="苏州市公共数据授权管理清单（演示）第2025-001号",
    related=("housing", "medical_visits", "vehicles", "trips", "credit_records"),
    columns=(
        CityColumn("id_no", "公民身份号码"),
        CityColumn("name", "姓名"),
        CityColumn("sex", "性别"),
        CityColumn("ethnicity", "民族"),
        CityColumn("birth_date", "出生日期", DataType.DATE),
        CityColumn("district_code", "居住区划代码"),
        CityColumn("district", "居住区"),
        CityColumn("address", "现住址"),
        CityColumn("address_code", "标准地址编码"),
        CityColumn("household_no", "户号"),
        CityColumn("relation", "与户主关系"),
        CityColumn("mobile", "联系手机"),
        CityColumn("education", "文化程度"),
        CityColumn("occupation", "职业"),
        CityColumn("marital_status", "婚姻状况"),
        CityColumn("employer", "工作单位"),
        CityColumn("citizen_card_no", "市民卡号"),
        CityColumn("contact_name", "紧急联系人"),
        CityColumn("contact_mobile", "紧急联系人电话"),
        CityColumn("registered_on", "登记日期", DataType.DATE),
    ),
)


def build_population(city: CityRecords, rows: int) -> pa.Table:
    """Everyone once, and the rest of `rows` a second time, in no order."""
    rng = stream(city.seed, "population")
    people, firms = city.people, city.enterprises
    again = rng.permutation(len(people))[: rows - len(people)]
    who = rng.permutation(np.concatenate([np.arange(len(people)), again]))

    occupation = people.occupation[who]
    employed = np.isin(occupation, (3, 4, 5, 6, 7)) & (rng.random(rows) < 0.7)
    employer = hide(pick(firms.name, draw(rng, np.sqrt(firms.staff), rows)), ~employed)
    lived = (np.datetime64(REFERENCE_DATE, "D") - people.birth[who]).astype(np.int64)
    registered = people.birth[who] + (lived * rng.random(rows) ** 0.5).astype(np.int64) * np.timedelta64(1, "D")
    ids = pick(people.id_number, who)

    return assemble(
        POPULATION,
        {
            "id_no": soil_ids(ids, rng=rng),
            "name": soil_names(pick(people.names.full, who), rng=rng),
            "sex": pick(("男", "女"), people.female[who].astype(np.int64)),
            "ethnicity": leave_out(pick(ETHNICITIES, people.ethnicity[who]), 0.01, rng=rng),
            "birth_date": pa.array(people.birth[who]),
            "district_code": pick(DISTRICT_CODES, people.district[who]),
            "district": write_districts(people.district[who], rng=rng),
            "address": trail_blanks(leave_out(pick(people.full_address, who), 0.008, rng=rng), rng=rng),
            "address_code": leave_out(pick(city.book.code, people.address[who]), 0.03, rng=rng),
            "household_no": join("H", digits(people.household[who] + 1, 8)),
            "relation": pick(RELATIONS, people.relation[who]),
            "mobile": soil_mobiles(leave_out(pick(people.mobile, who), 0.04, rng=rng), rng=rng),
            "education": leave_out(pick(EDUCATION, people.education[who]), 0.02, rng=rng),
            "occupation": leave_out(pick(OCCUPATIONS, occupation), 0.02, rng=rng),
            "marital_status": pick(MARRIAGE, people.marriage[who]),
            "employer": employer,
            "citizen_card_no": leave_out(pick(people.card_number, who), 0.05, rng=rng),
            "contact_name": leave_out(contact_of(people, who, people.names.full), 0.1, rng=rng),
            "contact_mobile": soil_mobiles(leave_out(contact_of(people, who, people.mobile), 0.15, rng=rng), rng=rng),
            "registered_on": pa.array(registered),
        },
    )
