"""The made-up enterprises of the demo city: name, code, trade, size, seat, and the person who represents each.

Lives here: one clean record per enterprise, from which legal entities, utilities and credit take their rows. The first
records are the enterprises of the organisation tree, so that a firm that applies for data is itself in the register.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.demo.city.columns import (
    Days,
    Floats,
    Indices,
    Text,
    distinct_numbers,
    draw,
    either,
    join,
    numbers_as_text,
    pick,
    stream,
)
from config.demo.city.identifiers import credit_code_bodies, credit_codes, landlines
from config.demo.city.organizations import OrganizationKind, organizations
from config.demo.city.people import REFERENCE_DATE, People
from config.demo.city.places import DISTRICT_CODES, DISTRICT_WEIGHTS, DISTRICTS, AddressBook


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade: its letter and name in the classification (GB/T 4754), words for firm names, the scope firms register,
    its weight, and how many people (`staff`, a median) and how much water and power per head its firms use."""

    letter: str
    name: str
    words: tuple[str, ...]
    scope: str
    weight: float
    staff: float
    water: float
    power: float


TRADES: tuple[Trade, ...] = (
    Trade(
        "C",
        "制造业",
        ("精密机械", "电子", "新材料", "自动化设备", "纺织", "光电科技", "汽车零部件", "生物医药", "半导体"),
        "电子元器件、机械零部件的研发、生产、销售;自营和代理各类商品及技术的进出口业务",
        24,
        45,
        14,
        2600,
    ),
    Trade(
        "F",
        "批发和零售业",
        ("商贸", "贸易", "电子商务", "供应链管理", "丝绸", "食品"),
        "日用百货、服装、电子产品、预包装食品的批发与零售;电子商务技术咨询",
        27,
        7,
        2.5,
        260,
    ),
    Trade(
        "I",
        "信息传输、软件和信息技术服务业",
        ("软件", "信息技术", "网络科技", "智能科技", "数据科技"),
        "计算机软硬件的技术开发、技术咨询、技术服务;信息系统集成服务",
        11,
        16,
        2,
        420,
    ),
    Trade(
        "L",
        "租赁和商务服务业",
        ("企业管理", "人力资源", "广告", "会务服务", "财务咨询"),
        "企业管理咨询;人力资源服务;广告设计、制作、代理、发布;会议及展览服务",
        12,
        8,
        2,
        210,
    ),
    Trade(
        "E",
        "建筑业",
        ("建筑工程", "装饰工程", "机电安装", "市政工程"),
        "房屋建筑工程、装饰装修工程、机电设备安装工程的设计与施工",
        7,
        22,
        6,
        180,
    ),
    Trade("H", "住宿和餐饮业", ("餐饮管理", "酒店管理", "饮食文化"), "餐饮服务;住宿服务;酒店管理", 5, 12, 26, 900),
    Trade("G", "交通运输、仓储和邮政业", ("物流", "货运", "仓储"), "道路普通货物运输;仓储服务;装卸搬运", 5, 14, 3, 380),
    Trade(
        "M",
        "科学研究和技术服务业",
        ("检测技术", "工程设计", "环境科技", "技术研究"),
        "技术开发、技术转让、检验检测服务;工程设计",
        5,
        14,
        4,
        520,
    ),
    Trade(
        "R",
        "文化、体育和娱乐业",
        ("文化传媒", "体育发展", "评弹艺术", "园林文化"),
        "文化艺术交流活动策划;体育赛事组织;摄影服务",
        3,
        8,
        4,
        300,
    ),
    # The next two are only for the organisation tree, whose firms are not drawn.
    Trade("D", "电力、热力、燃气及水生产和供应业", ("供电",), "供电服务;电力设施的运行与维护", 0, 300, 6, 900),
    Trade("J", "金融业", ("金融",), "经批准的银行、保险业务", 0, 400, 3, 300),
    Trade(
        "A",
        "农、林、牧、渔业",
        ("农业科技", "水产养殖", "生态农业"),
        "农产品种植、销售;水产养殖;农业技术推广",
        1,
        9,
        40,
        350,
    ),
)

COMPANY_TYPES = ("有限责任公司", "股份有限公司", "个人独资企业", "个体工商户", "外商投资企业")
_TYPE_WEIGHTS = (0.78, 0.03, 0.06, 0.08, 0.05)
_TYPE_TAILS = ("有限公司", "股份有限公司", "商行", "经营部", "(苏州)有限公司")
_SHARES, _FOREIGN = 1, 4
# The trades of the organisation tree's own firms.
_KNOWN_TRADES = {
    "power_grid": "D",
    "city_data_group": "I",
    "pingtan_ai": "I",
    "lakeside_insurance": "J",
    "shihu_bank": "J",
    "lujiang_mobility": "G",
}
_KNOWN_STAFF = 180  # at least
STATUSES = ("存续", "在业", "注销", "吊销", "迁出")
_STATUS_WEIGHTS = (0.72, 0.16, 0.08, 0.02, 0.02)

_FIRST = "沧吴苏虎石金太阳澄盛恒鑫瑞华天宏德信诚永嘉科创智云博远东方新亿万汇润泰和"
_SECOND = "浪越锦丘湖鸡仓羡江达通源丰盈腾祥辉宇隆昌茂捷联创益成康顺讯谷帆桥立洋"
# The brand of every firm is its own: with no third character for the first of a pair, and another one for each that
# follows.
_THIRD = ("", *"隆德宝美佳安泽明凡尔特维森朗睿晟铭奥伦诺雅格纳禾木易青白川岳峰岭野原林泉")


@dataclass(frozen=True, slots=True)
class Enterprises:
    """One clean record per enterprise; all columns have one length.

    `district` indexes the districts, `address` the address book, `trade` TRADES, `representative` the people record.
    `capital` is in ten thousands of yuan.
    """

    uscc: Text
    name: Text
    company_type: Indices
    district: Indices
    address: Indices
    full_address: Text
    trade: Indices
    representative: Indices
    founded: Days
    status: Indices
    capital: Floats
    staff: Indices
    landline: Text

    def __len__(self) -> int:
        return len(self.uscc)


def found_enterprises(rows: int, book: AddressBook, people: People, *, seed: int) -> Enterprises:
    """Draw `rows` enterprises, the ones of the organisation tree first."""
    rng = stream(seed, "enterprises")
    firms = [item for item in organizations() if item.kind is OrganizationKind.ENTERPRISE]
    known = np.arange(rows) < len(firms)
    place = np.minimum(np.arange(rows), len(firms) - 1)
    letters = [trade.letter for trade in TRADES]
    known_trades = np.array([letters.index(_KNOWN_TRADES[firm.key]) for firm in firms])
    known_types = np.array([int(firm.name_zh.endswith(_TYPE_TAILS[_SHARES])) for firm in firms])

    district = draw(rng, DISTRICT_WEIGHTS, rows)
    company_type = np.where(known, known_types[place], draw(rng, _TYPE_WEIGHTS, rows))
    trade = np.where(known, known_trades[place], draw(rng, [trade.weight for trade in TRADES], rows))

    drawn_codes = credit_codes(
        join(pick(("91", "91", "91", "92", "91"), company_type), pick(DISTRICT_CODES, district)),
        credit_code_bodies(distinct_numbers(rng, rows, 10**6)),
    )
    uscc = either(known, pick([firm.uscc for firm in firms], place), drawn_codes)
    name = either(known, pick([firm.name_zh for firm in firms], place), _names(district, company_type, trade, rng))

    median_staff = np.array([trade.staff for trade in TRADES])[trade]
    staff = np.maximum(np.round(median_staff * rng.lognormal(0, 1.0, rows)), 1).astype(np.int64)
    staff = np.where(known, np.maximum(staff, _KNOWN_STAFF), staff)
    capital: Floats = np.round(np.clip(staff * rng.lognormal(1.9, 0.8, rows), 3, 500_000), -1) + 10
    address = book.draw_workplaces(district, rng=rng)
    rooms = join(numbers_as_text(rng.integers(1, 25, rows) * 100 + rng.integers(1, 20, rows)), "室")

    return Enterprises(
        uscc=uscc,
        name=name,
        company_type=company_type,
        district=district,
        address=address,
        full_address=join(pick(book.full, address), rooms),
        trade=trade,
        representative=_representatives(rows, people, rng),
        founded=_founding_days(rows, rng),
        status=np.where(known, 0, draw(rng, _STATUS_WEIGHTS, rows)),
        capital=capital,
        staff=staff,
        landline=landlines(rows, rng=rng),
    )


def _names(district: Indices, company_type: Indices, trade: Indices, rng: np.random.Generator) -> Text:
    """Different names: place, two characters of its own, trade, kind of company."""
    rows = district.size
    brand = distinct_numbers(rng, rows, len(_FIRST) * len(_SECOND) * len(_THIRD))
    first = pick(list(_FIRST), brand % len(_FIRST))
    second = pick(list(_SECOND), brand // len(_FIRST) % len(_SECOND))
    third = pick(_THIRD, brand // (len(_FIRST) * len(_SECOND)))
    word_table = [word for item in TRADES for word in item.words]
    offsets = np.concatenate([[0], np.cumsum([len(item.words) for item in TRADES])])
    word = offsets[trade] + (rng.random(rows) * np.diff(offsets)[trade]).astype(np.int64)
    short = pick([place.short if place.name.endswith("市") else "苏州" for place in DISTRICTS], district)
    long = pick([place.name if place.name.endswith("市") else place.other_name for place in DISTRICTS], district)
    place = either(company_type == _FOREIGN, "", either(rng.random(rows) < 0.7, short, long))
    return join(place, first, second, third, pick(word_table, word), pick(_TYPE_TAILS, company_type))


def _founding_days(rows: int, rng: np.random.Generator) -> Days:
    """Most firms are young."""
    last = np.datetime64(REFERENCE_DATE, "D") - np.timedelta64(30, "D")
    founded: Days = last - (rng.exponential(2600, rows).clip(0, 12_000).astype(np.int64) * np.timedelta64(1, "D"))
    return founded


def _representatives(rows: int, people: People, rng: np.random.Generator) -> Indices:
    """An adult under 75 for each; some represent several firms."""
    able = np.flatnonzero((people.age >= 22) & (people.age < 75))
    return able[rng.integers(0, max(int(rows * 0.85), 1), rows) * 7919 % able.size]
