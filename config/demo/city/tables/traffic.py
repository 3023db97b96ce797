"""Traffic: registered cars (public security) and trips by card, plate and account (transport).

Shows: a plain UTF-8 CSV and a Parquet file with typed times and decimals; whereabouts, which the law calls sensitive;
two ways to the same person, the citizen card of the population register and the plate of the car register.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import (
    Column,
    Indices,
    Text,
    digits,
    distinct_numbers,
    draw,
    hide,
    join,
    numbers_as_text,
    pick,
    stream,
)
from config.demo.city.dirt import (
    dates_as_text,
    leave_out,
    soil_ids,
    soil_mobiles,
    soil_names,
    trail_blanks,
    write_districts,
)
from config.demo.city.identifiers import vehicle_numbers
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
from config.demo.city.places import DISTRICT_NAMES, DISTRICT_WEIGHTS, DISTRICTS
from config.demo.city.records import CityRecords
from config.demo.city.tables.assembly import assemble

VEHICLES = CityTable(
    key="vehicles",
    file_name="vehicles.csv",
    file_format=FileFormat.CSV,
    encoding="utf-8",
    delimiter=",",
    header_rows=1,
    title_zh="机动车登记信息",
    title_en="Registered cars",
    abstract_zh="小型汽车登记：号牌、车辆识别代号、所有人、品牌、能源种类与登记日期。",
    abstract_en="Registered cars: plate, identification number, owner, make, energy and date of registration.",
    theme=BaseDatabase.TRAFFIC,
    category=Category("301001", ("部门信息资源", "公安", "机动车登记")),
    provider="public_security",
    controller="public_security",
    share_type=ShareType.CONDITIONAL,
    share_condition="限交通管理与道路规划用途",
    update_cycle=UpdateCycle.DAILY,
    subject_kind=SubjectKind.PERSON,
    subject_column="owner_id_no",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-009号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-009号",
    related=("trips", "population"),
    columns=(
        CityColumn("plate", "号牌号码"),
        CityColumn("plate_type", "号牌种类"),
        CityColumn("vin", "车辆识别代号"),
        CityColumn("owner_name", "所有人"),
        CityColumn("owner_id_no", "所有人身份证号"),
        CityColumn("owner_mobile", "联系电话"),
        CityColumn("district", "登记区"),
        CityColumn("brand", "品牌"),
        CityColumn("colour", "车身颜色"),
        CityColumn("energy", "能源种类"),
        CityColumn("registered_on", "初次登记日期", DataType.DATE),
        CityColumn("inspected_until", "检验有效期至", DataType.DATE),
    ),
)

TRIPS = CityTable(
    key="trips",
    file_name="trips.parquet",
    file_format=FileFormat.PARQUET,
    title_zh="公共出行与通行记录",
    title_en="Trips",
    abstract_zh="一周内的轨道、公交、出租与自驾出行：账户、卡号或号牌、起讫时间与地点、里程和费用。",
    abstract_en=(
        "One week of trips by metro, bus, taxi and car: account, card or plate, times and places, distance and fare."
    ),
    theme=BaseDatabase.TRAFFIC,
    category=Category("302001", ("部门信息资源", "交通运输", "出行")),
    provider="transport",
    controller="transport",
    share_type=ShareType.CONDITIONAL,
    share_condition="限交通规划与运营优化，行踪轨迹须脱敏",
    update_cycle=UpdateCycle.REALTIME,
    share_mode="接口",
    subject_kind=SubjectKind.PERSON,
    subject_column="account_no",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-010号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-010号",
    related=("vehicles", "population"),
    columns=(
        CityColumn("trip_no", "行程编号"),
        CityColumn("account_no", "出行账户号"),
        CityColumn("mobile", "账户手机"),
        CityColumn("card_no", "市民卡号"),
        CityColumn("plate", "号牌号码"),
        CityColumn("mode", "出行方式"),
        CityColumn("started_at", "开始时间", DataType.DATETIME),
        CityColumn("ended_at", "结束时间", DataType.DATETIME),
        CityColumn("origin", "起点"),
        CityColumn("origin_district", "起点所在区"),
        CityColumn("destination", "终点"),
        CityColumn("destination_district", "终点所在区"),
        CityColumn("distance_km", "里程，千米", DataType.NUMBER),
        CityColumn("fare", "费用，元", DataType.MONEY),
        CityColumn("age_band", "年龄段"),
        CityColumn("sex", "性别"),
        CityColumn("home_district", "居住区"),
    ),
)

_BRANDS = ("比亚迪", "大众", "丰田", "吉利", "本田", "特斯拉", "别克", "奇瑞", "宝马", "长安")
_COLOURS = ("白", "黑", "灰", "银", "蓝", "红")
_MODES = ("地铁", "公交", "出租", "自驾")
_SELF_DRIVEN = 3
_FIRST_DAY = np.datetime64("2025-06-09T00:00:00")
_AGE_BANDS = ("0-17", "18-29", "30-44", "45-59", "60及以上")


def build_vehicles(city: CityRecords, rows: int) -> pa.Table:
    """One row per car."""
    rng = stream(city.seed, "vehicles")
    people, cars = city.people, city.cars
    owner = cars.owner
    aged = np.minimum(rng.integers(30, 4000, rows), (people.age[owner] - 17) * 365)
    registered = np.datetime64(REFERENCE_DATE, "D") - aged * np.timedelta64(1, "D")
    brand = np.where(cars.new_energy, rng.integers(0, 8, rows) % 6, rng.integers(1, 10, rows))
    return assemble(
        VEHICLES,
        {
            "plate": trail_blanks(cars.plate, rng=rng),
            "plate_type": pick(("小型汽车", "小型新能源汽车"), cars.new_energy.astype(np.int64)),
            "vin": vehicle_numbers(rows, rng=rng),
            "owner_name": soil_names(pick(people.names.full, owner), rng=rng),
            "owner_id_no": soil_ids(pick(people.id_number, owner), rng=rng),
            "owner_mobile": leave_out(soil_mobiles(pick(people.mobile, owner), rng=rng), 0.02, rng=rng),
            "district": write_districts(people.district[owner], rng=rng, other_share=0.05),
            "brand": pick(_BRANDS, brand),
            "colour": pick(_COLOURS, draw(rng, (38, 22, 16, 10, 8, 6), rows)),
            "energy": pick(("汽油", "纯电动"), cars.new_energy.astype(np.int64)),
            "registered_on": dates_as_text(registered),
            "inspected_until": leave_out(dates_as_text(registered + np.timedelta64(365 * 6, "D")), 0.03, rng=rng),
        },
    )


def build_trips(city: CityRecords, rows: int) -> pa.Table:
    """A week of trips in the order they began. Drivers go by plate, the others by card, each by one account."""
    rng = stream(city.seed, "trips")
    people, cars = city.people, city.cars
    mode = draw(rng, (0.34, 0.26, 0.08, 0.32), rows)
    driven = mode == _SELF_DRIVEN

    drivers = max(1, min(len(cars), rows // 20))
    riders = rng.permutation(np.flatnonzero(people.age >= 10))[: max(1, rows // 10)]
    car = rng.integers(0, drivers, rows)
    who = np.where(driven, cars.owner[car], riders[rng.integers(0, riders.size, rows)])
    account = distinct_numbers(rng, len(people), 10**9)[who]

    # Two rush hours and a wide day between them, in seconds of the day.
    hour = np.where(
        rng.random(rows) < 0.55, rng.choice([8.0, 17.8], rows) + rng.normal(0, 0.8, rows), rng.uniform(6, 22.5, rows)
    )
    started = np.sort(rng.integers(0, 7, rows) * 86_400 + (hour * 3600).astype(np.int64))
    distance = np.round(np.clip(rng.lognormal(2.0, 0.6, rows), 0.6, 90), 1)
    speed = np.array([34.0, 17.0, 26.0, 30.0])[mode]
    lasted = (distance / speed * 3600 * rng.uniform(0.9, 1.4, rows)).astype(np.int64) + 120
    fare_cents = np.select(
        [mode == 0, mode == 1, mode == 2],
        [200 + 100 * np.minimum(distance // 6, 6), np.full(rows, 100), 1000 + 240 * np.maximum(distance - 3, 0)],
        0,
    ).astype(np.int64)

    home = people.district[who]
    other = draw(rng, DISTRICT_WEIGHTS, rows)
    far = rng.random(rows) < 0.25
    band = np.searchsorted((18, 30, 45, 60), people.age[who], side="right")
    return assemble(
        TRIPS,
        {
            "trip_no": join("T", digits(np.arange(1, rows + 1), 9)),
            "account_no": join("SZX", digits(account, 10)),
            "mobile": soil_mobiles(pick(people.mobile, who), rng=rng),
            "card_no": hide(pick(people.card_number, who), driven),
            "plate": hide(pick(cars.plate, car), ~driven),
            "mode": pick(_MODES, mode),
            "started_at": pa.array(_FIRST_DAY + started.astype("timedelta64[s]")),
            "ended_at": hide(
                pa.array(_FIRST_DAY + (started + lasted).astype("timedelta64[s]")), rng.random(rows) < 0.01
            ),
            "origin": _stops(home, mode, rng),
            "origin_district": pick(DISTRICT_NAMES, home),
            "destination": _stops(np.where(far, other, home), mode, rng),
            "destination_district": pick(DISTRICT_NAMES, np.where(far, other, home)),
            "distance_km": pa.array(distance),
            "fare": _money(fare_cents),
            "age_band": leave_out(pick(_AGE_BANDS, band), 0.01, rng=rng),
            "sex": pick(("男", "女"), people.female[who].astype(np.int64)),
            "home_district": pick(DISTRICT_NAMES, home),
        },
    )


def _stops(districts: Indices, mode: Indices, rng: np.random.Generator) -> Text:
    """A stop, station or checkpoint on a road of the district."""
    lengths = np.array([len(place.roads) for place in DISTRICTS])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    roads = [road for place in DISTRICTS for road in place.roads]
    index = starts[districts] + (rng.random(districts.size) * lengths[districts]).astype(np.int64)
    return join(pick(roads, index), pick(("站", "公交站", "", "卡口"), mode))


def _money(cents: Indices) -> Column:
    """Cents as decimal yuan, exactly."""
    yuan = join(numbers_as_text(cents // 100), ".", digits(cents % 100, 2))
    money: Column = yuan.cast(pa.decimal128(9, 2))
    return money
