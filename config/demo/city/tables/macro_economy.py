"""宏观经济 macro-economy: quarterly indicators of the city and its districts, kept by the statistics bureau.

Shows: a table without people, open to everyone; tab-separated UTF-16, which is what a spreadsheet calls "Unicode text".
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import Floats, pick, stream, text
from config.demo.city.dirt import leave_out
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
from config.demo.city.places import DISTRICT_WEIGHTS, DISTRICTS
from config.demo.city.records import CityRecords
from config.demo.city.tables.assembly import assemble

MACRO_ECONOMY = CityTable(
    key="macro_economy",
    file_name="macro_economy.tsv",
    file_format=FileFormat.CSV,
    encoding="utf-16",
    delimiter="\t",
    header_rows=1,
    title_zh="宏观经济主要指标",
    title_en="Macro-economic indicators",
    abstract_zh="全市及四市六区主要经济指标季度数据：生产总值、工业、投资、消费、外贸、财政、就业与价格。",
    abstract_en=(
        "Quarterly indicators of the city and its ten districts: output, industry, investment, retail, "
        "trade, finance, prices."
    ),
    theme=BaseDatabase.MACRO_ECONOMY,
    category=Category("201001", ("主题信息资源", "宏观经济", "主要指标")),
    provider="statistics",
    controller="statistics",
    share_type=ShareType.UNCONDITIONAL,
    update_cycle=UpdateCycle.QUARTERLY,
    open_to_public=True,
    open_condition="注明来源即可使用",
    share_mode="接口",
    subject_kind=SubjectKind.NONE,
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-003号",
    control_basis="苏州市公共数据资源登记表（演示）第2025-003号",
    columns=(
        CityColumn("指标代码", "指标代码"),
        CityColumn("指标名称", "指标名称"),
        CityColumn("报告期", "报告期，年与季度"),
        CityColumn("区划代码", "行政区划代码"),
        CityColumn("地区", "地区名称"),
        CityColumn("数值", "指标值，按计量单位", DataType.NUMBER),
        CityColumn("计量单位", "计量单位"),
        CityColumn("同比增长(%)", "比上年同期增长，百分数", DataType.NUMBER),
    ),
)

# code, name, unit, the city's value in one quarter, growth a year in per cent, whether districts add up to the city
_INDICATORS = (
    ("GDP", "地区生产总值", "亿元", 6300.0, 6.0, True),
    ("IAV", "规模以上工业增加值", "亿元", 2400.0, 7.2, True),
    ("IOV", "规模以上工业总产值", "亿元", 11200.0, 6.8, True),
    ("FAI", "固定资产投资", "亿元", 1500.0, 3.1, True),
    ("RSC", "社会消费品零售总额", "亿元", 2350.0, 4.6, True),
    ("IMP", "进口总额", "亿元", 2500.0, 2.4, True),
    ("EXP", "出口总额", "亿元", 4100.0, 5.3, True),
    ("FDI", "实际使用外资", "亿美元", 14.0, -4.0, True),
    ("GPB", "一般公共预算收入", "亿元", 640.0, 2.0, True),
    ("TAX", "税收收入", "亿元", 520.0, 1.6, True),
    ("DEP", "金融机构本外币存款余额", "亿元", 52000.0, 8.4, True),
    ("ELC", "全社会用电量", "亿千瓦时", 430.0, 6.3, True),
    ("EMP", "城镇新增就业", "万人", 4.6, 0.8, True),
    ("INC", "居民人均可支配收入", "元", 19800.0, 4.9, False),
    ("CPI", "居民消费价格指数(上年同期=100)", "%", 100.3, 0.1, False),
)
AREAS = len(DISTRICTS) + 1
CELLS_A_QUARTER = len(_INDICATORS) * AREAS
_SEASON = np.array([0.92, 1.0, 1.01, 1.07])
_LAST_QUARTER = 2025 * 4 + 1  # the second quarter of 2025, counted from the year 0


def build_macro_economy(city: CityRecords, rows: int) -> pa.Table:
    """`rows` is a whole number of quarters: every indicator of every area for the last of them."""
    rng = stream(city.seed, "macro-economy")
    quarters = rows // CELLS_A_QUARTER
    row = np.arange(rows)
    indicator = row % len(_INDICATORS)
    area = row // len(_INDICATORS) % AREAS
    quarter = _LAST_QUARTER - (quarters - 1) + row // CELLS_A_QUARTER

    base = np.array([item[3] for item in _INDICATORS])[indicator]
    growth = np.array([item[4] for item in _INDICATORS])[indicator]
    additive = np.array([item[5] for item in _INDICATORS])[indicator]
    # The richer districts earn more per head than the plain share of people says.
    lift = np.array([1.0, 1.2, 0.9, 0.9, 0.95, 1.9, 1.1, 1.5, 1.3, 1.2])
    share = np.concatenate([[1.0], DISTRICT_WEIGHTS * lift / (DISTRICT_WEIGHTS * lift).sum()])[area]
    level = np.where(additive, share, 1 + (share - 0.1) * 0.4 * (area > 0))
    level = np.where(indicator == len(_INDICATORS) - 1, 1.0, level)
    years = (quarter - _LAST_QUARTER) / 4
    season = np.where(additive, _SEASON[quarter % 4], 1.0)
    value: Floats = base * level * season * (1 + growth / 100) ** years * rng.normal(1, 0.006, rows)

    return assemble(
        MACRO_ECONOMY,
        {
            "指标代码": pick([item[0] for item in _INDICATORS], indicator),
            "指标名称": pick([item[1] for item in _INDICATORS], indicator),
            "报告期": text([f"{number // 4}年第{number % 4 + 1}季度" for number in quarter.tolist()]),
            "区划代码": pick(["320500", *(place.code for place in DISTRICTS)], area),
            "地区": pick(["苏州市", *(place.name for place in DISTRICTS)], area),
            "数值": text([f"{number:.2f}" for number in value.tolist()]),
            "计量单位": pick([item[2] for item in _INDICATORS], indicator),
            "同比增长(%)": leave_out(
                text([f"{number:.1f}" for number in (growth + rng.normal(0, 1.4, rows)).tolist()]), 0.02, rng=rng
            ),
        },
    )
