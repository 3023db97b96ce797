"""The ten places of the city (四市六区), their streets, and the book of standard addresses every table takes its
addresses from.

Lives here: the districts with their codes and the address book. The names of districts, towns and roads are real, so
that addresses look right; house numbers, communities, postcodes and coordinates are drawn, so an address is nobody's.

Sources: GB/T 2260 area codes (320571 for the industrial park is used in practice and stands in no edition); population
weights after the 2020 census, in ten thousands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.demo.city.columns import (
    Floats,
    Indices,
    Text,
    digits,
    distinct_numbers,
    draw,
    join,
    numbers_as_text,
    pick,
    stream,
    text,
)


@dataclass(frozen=True, slots=True)
class District:
    """A district or county-level city. `short` is the way people say it."""

    key: str
    code: str
    name: str
    short: str
    name_en: str
    weight: float
    longitude: float
    latitude: float
    postcode: str
    subdistricts: tuple[str, ...]
    roads: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """What its addresses open with."""
        return f"江苏省{self.name}" if self.name.endswith("市") else f"江苏省苏州市{self.name.removeprefix('苏州')}"

    @property
    def other_name(self) -> str:
        """The other spelling of its name: the city before a district's, the bare name of a county-level city."""
        return self.short if self.name.endswith("市") else f"苏州市{self.name.removeprefix('苏州')}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DISTRICTS: tuple[District, ...] = (
    District(
        key="gusu",
        code="320508",
        name="姑苏区",
        short="姑苏",
        name_en="Gusu District",
        weight=92.4,
        longitude=120.617,
        latitude=31.311,
        postcode="215000",
        subdistricts=_words("平江街道 金阊街道 沧浪街道 双塔街道 虎丘街道 苏锦街道 吴门桥街道 白洋湾街道"),
        roads=_words(
            "人民路 干将东路 干将西路 临顿路 凤凰街 十全街 景德路 观前街 道前街 桐泾北路 三香路 劳动路 南门路 "
            "西环路 平江路 阊胥路 广济路"
        ),
    ),
    District(
        key="huqiu",
        code="320505",
        name="虎丘区",
        short="虎丘",
        name_en="Huqiu District (New District)",
        weight=83.3,
        longitude=120.566,
        latitude=31.295,
        postcode="215011",
        subdistricts=_words("狮山街道 枫桥街道 横塘街道 镇湖街道 东渚街道 通安镇 浒墅关镇"),
        roads=_words(
            "狮山路 滨河路 塔园路 长江路 竹园路 金山路 玉山路 邓尉路 科发路 太湖大道 大同路 华山路 鹿山路 馨泰路"
        ),
    ),
    District(
        key="wuzhong",
        code="320506",
        name="吴中区",
        short="吴中",
        name_en="Wuzhong District",
        weight=138.9,
        longitude=120.631,
        latitude=31.264,
        postcode="215128",
        subdistricts=_words(
            "长桥街道 木渎镇 甪直镇 胥口镇 东山镇 光福镇 临湖镇 郭巷街道 横泾街道 越溪街道 城南街道 香山街道 金庭镇"
        ),
        roads=_words(
            "东吴北路 东吴南路 宝带东路 宝带西路 石湖西路 吴中大道 迎春路 苏蠡路 枫津路 太湖西路 金枫路 孙武路 "
            "文曲路 吴东路"
        ),
    ),
    District(
        key="xiangcheng",
        code="320507",
        name="相城区",
        short="相城",
        name_en="Xiangcheng District",
        weight=89.1,
        longitude=120.642,
        latitude=31.369,
        postcode="215131",
        subdistricts=_words("元和街道 黄桥街道 太平街道 黄埭镇 渭塘镇 望亭镇 阳澄湖镇 北桥街道 北河泾街道 澄阳街道"),
        roads=_words(
            "阳澄湖东路 阳澄湖西路 采莲路 相城大道 御窑路 嘉元路 华元路 春申湖中路 太阳路 澄阳路 富元路 蠡太路"
        ),
    ),
    District(
        key="wujiang",
        code="320509",
        name="吴江区",
        short="吴江",
        name_en="Wujiang District",
        weight=154.5,
        longitude=120.645,
        latitude=31.139,
        postcode="215200",
        subdistricts=_words("松陵街道 江陵街道 横扇街道 八坼街道 盛泽镇 震泽镇 黎里镇 同里镇 平望镇 七都镇 桃源镇"),
        roads=_words(
            "中山南路 中山北路 鲈乡南路 鲈乡北路 笠泽路 永康路 油车路 云梨路 交通路 开平路 舜湖西路 舜新路 "
            "流虹路 联杨路"
        ),
    ),
    District(
        key="sip",
        code="320571",
        name="苏州工业园区",
        short="园区",
        name_en="Suzhou Industrial Park",
        weight=113.4,
        longitude=120.721,
        latitude=31.318,
        postcode="215021",
        subdistricts=_words("娄葑街道 斜塘街道 唯亭街道 胜浦街道 金鸡湖街道"),
        roads=_words(
            "星湖街 苏州大道东 苏州大道西 现代大道 金鸡湖路 苏虹中路 苏虹东路 中新大道东 中新大道西 独墅湖大道 "
            "东方大道 钟园路 星海街 南施街 津梁街"
        ),
    ),
    District(
        key="changshu",
        code="320581",
        name="常熟市",
        short="常熟",
        name_en="Changshu",
        weight=167.7,
        longitude=120.752,
        latitude=31.654,
        postcode="215500",
        subdistricts=_words(
            "虞山街道 琴川街道 莫城街道 常福街道 东南街道 碧溪街道 梅李镇 海虞镇 古里镇 沙家浜镇 支塘镇 董浜镇 "
            "尚湖镇 辛庄镇"
        ),
        roads=_words(
            "海虞北路 海虞南路 方塔街 黄河路 珠江路 长江路 枫林路 李闸路 报慈北路 虞山北路 富春江路 新颜路 香江路"
        ),
    ),
    District(
        key="zhangjiagang",
        code="320582",
        name="张家港市",
        short="张家港",
        name_en="Zhangjiagang",
        weight=143.2,
        longitude=120.555,
        latitude=31.876,
        postcode="215600",
        subdistricts=_words("杨舍镇 金港街道 锦丰镇 塘桥镇 凤凰镇 乐余镇 南丰镇 大新镇"),
        roads=_words(
            "人民中路 人民东路 人民西路 沙洲中路 沙洲西路 长安中路 长安南路 暨阳中路 港城大道 华昌路 国泰北路 东苑路"
        ),
    ),
    District(
        key="kunshan",
        code="320583",
        name="昆山市",
        short="昆山",
        name_en="Kunshan",
        weight=209.2,
        longitude=120.981,
        latitude=31.385,
        postcode="215300",
        subdistricts=_words("玉山镇 巴城镇 周市镇 陆家镇 花桥镇 淀山湖镇 张浦镇 周庄镇 千灯镇 锦溪镇"),
        roads=_words(
            "前进中路 前进东路 人民南路 人民北路 长江中路 长江北路 朝阳中路 马鞍山中路 震川西路 柏庐南路 "
            "萧林中路 黑龙江北路 江浦北路 同丰东路"
        ),
    ),
    District(
        key="taicang",
        code="320585",
        name="太仓市",
        short="太仓",
        name_en="Taicang",
        weight=83.1,
        longitude=121.131,
        latitude=31.458,
        postcode="215400",
        subdistricts=_words("城厢镇 娄东街道 陆渡街道 浏河镇 沙溪镇 浮桥镇 璜泾镇 双凤镇"),
        roads=_words(
            "人民南路 人民北路 太平南路 太平北路 县府街 上海东路 郑和中路 新华西路 东仓北路 洛阳东路 扬州路 常胜北路"
        ),
    ),
)

DISTRICT_WEIGHTS = np.array([district.weight for district in DISTRICTS])
DISTRICT_CODES = tuple(district.code for district in DISTRICTS)
DISTRICT_NAMES = tuple(district.name for district in DISTRICTS)

# Codes that the city's older people still carry: 平江, 沧浪 and 金阊 before they became 姑苏 in 2012, 吴县 and 吴江 as
# cities.
RETIRED_CODES: dict[str, tuple[str, ...]] = {
    "gusu": ("320502", "320503", "320504"),
    "wuzhong": ("320586",),
    "xiangcheng": ("320586",),
    "wujiang": ("320584",),
}

# Where people who moved here were registered at birth.
ELSEWHERE_CODES = _words(
    "320826 320924 320981 320681 321283 320324 341221 341222 340123 341623 411524 411481 410105 412827 "
    "420106 421087 360121 330483 330106 370102 371402 430104 431121 511322 510107 500101 520102 530102 "
    "610113 620102 130102 140105 210102 220102 230102 310115 110108 440106 450102 460106 640104 650102 "
    "362321 341881"
)

_COMMUNITY_HEADS = _words(
    "沧浪 石湖 金鸡湖 独墅湖 平江 虞景 娄江 玉峰 澄湖 阳澄 香山 枫桥 同里 水岸 桂花 梅巷 锦绣 湖滨 书香 里河"
)
_COMMUNITY_TAILS = _words("花园 新村 苑 名邸 雅苑 家园 公寓 华庭")
ADDRESS_KINDS = ("住宅", "商业", "办公", "工业", "公共服务")
_HOME_SHARE = 0.75  # of a district's addresses, the first of its block; firms take theirs from the rest


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Standard addresses down to the house number, sorted by district.

    `start` has one entry more than there are districts: the addresses of district d are start[d] … start[d+1]-1.
    """

    code: Text
    full: Text
    district: Indices
    subdistrict: Text
    road: Text
    house_number: Indices
    community: Text
    kind: Indices
    longitude: Floats
    latitude: Floats
    start: Indices

    def draw_homes(self, districts: Indices, *, rng: np.random.Generator) -> Indices:
        """A residential address in each given district."""
        lengths = np.diff(self.start)[districts] * _HOME_SHARE
        chosen: Indices = self.start[districts] + (rng.random(districts.size) * lengths).astype(np.int64)
        return chosen

    def draw_workplaces(self, districts: Indices, *, rng: np.random.Generator) -> Indices:
        """A commercial, office, industrial or public address in each given district."""
        lengths = np.diff(self.start)[districts]
        leaning = _HOME_SHARE + rng.random(districts.size) * (1 - _HOME_SHARE)
        chosen: Indices = self.start[districts] + np.minimum(np.ceil(leaning * lengths), lengths - 1).astype(np.int64)
        return chosen


def build_address_book(rows: int, *, seed: int) -> AddressBook:
    """Draw `rows` different addresses over the districts in proportion to their people."""
    rng = stream(seed, "address-book")
    shares = np.floor(DISTRICT_WEIGHTS / DISTRICT_WEIGHTS.sum() * rows).astype(np.int64)
    shares[int(np.argmax(shares))] += rows - int(shares.sum())
    start = np.concatenate([[0], np.cumsum(shares)])
    district = np.repeat(np.arange(len(DISTRICTS)), shares)

    subdistricts: list[str] = []
    roads: list[str] = []
    houses: list[Indices] = []
    for place, count in zip(DISTRICTS, shares.tolist(), strict=True):
        last_house = max(999, 4 * count // len(place.roads))
        number = distinct_numbers(rng, count, len(place.roads) * last_house)
        road = number // last_house
        # A road runs through one subdistrict, or two when it is long.
        subdistrict = (road + (number % last_house > last_house * 0.7)) % len(place.subdistricts)
        roads += [place.roads[index] for index in road]
        subdistricts += [place.subdistricts[index] for index in subdistrict]
        houses.append(number % last_house + 1)

    house = np.concatenate(houses)
    subdistrict_text, road_text = text(subdistricts), text(roads)
    place_in_block = (np.arange(rows) - start[district]) / np.diff(start)[district]
    kind = np.where(place_in_block < _HOME_SHARE, 0, draw(rng, (0.0, 0.4, 0.28, 0.2, 0.12), rows))
    community = join(
        pick(_COMMUNITY_HEADS, rng.integers(0, len(_COMMUNITY_HEADS), rows)),
        pick(_COMMUNITY_TAILS, rng.integers(0, len(_COMMUNITY_TAILS), rows)),
    )
    prefix = pick([place.prefix for place in DISTRICTS], district)
    spread = 0.035
    return AddressBook(
        code=join(pick(DISTRICT_CODES, district), "DZ", digits(np.arange(1, rows + 1), 7)),
        full=join(prefix, subdistrict_text, road_text, numbers_as_text(house), "号"),
        district=district,
        subdistrict=subdistrict_text,
        road=road_text,
        house_number=house,
        community=community,
        kind=kind,
        longitude=np.round(np.array([d.longitude for d in DISTRICTS])[district] + rng.normal(0, spread, rows), 6),
        latitude=np.round(np.array([d.latitude for d in DISTRICTS])[district] + rng.normal(0, spread, rows), 6),
        start=start,
    )
