"""Utilities: water, power, labour and tax of one year, one row per enterprise, gathered by industry, decided on by the
tax service.

Shows: a sheet made for people, with a title over everything and headings merged down and across two rows; figures
typed as text or struck out with a dash among the numbers; a column of telephones and a remark that name people in a
table about firms.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.demo.city.columns import Column, Floats, numbers_as_text, pick, stream, text
from config.demo.city.dirt import leave_out, soil_mobiles, write_districts
from config.demo.city.enterprises import TRADES
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
from config.demo.city.remarks import FIRM_TEMPLATES, write_remarks
from config.demo.city.tables.assembly import assemble

SHEET_TITLE = "苏州市企业用水、用电、用工、纳税情况表(2024年度)"
_QUARTERS = ("一季度", "二季度", "三季度", "四季度")
_WATER, _POWER, _LABOUR, _TAX = ("用水量(吨)", "用电量(千瓦时)", "用工情况(人)", "纳税情况(万元)")


def _figure(group: str, heading: str, label: str, data_type: DataType) -> CityColumn:
    """A column under a merged heading; its name joins the two rows the way readers of such sheets do."""
    return CityColumn(f"{group}_{heading}", label, data_type, group)


UTILITIES = CityTable(
    key="utilities",
    file_name="utilities.xlsx",
    table_name="2024年度",
    file_format=FileFormat.XLSX,
    header_rows=3,
    title_zh="企业用水用电用工纳税情况",
    title_en="Water, power, labour and tax of enterprises",
    abstract_zh="重点企业2024年度分季度用水、用电和年度用工、纳税情况。",
    abstract_en="Water and power by quarter, labour and tax of the year 2024, of the larger enterprises.",
    theme=BaseDatabase.UTILITIES,
    category=Category("303001", ("部门信息资源", "工业和信息化", "企业资源要素")),
    provider="industry",
    controller="tax",
    share_type=ShareType.CONDITIONAL,
    share_condition="限资源集约利用评价，不得披露单个纳税人情况",
    update_cycle=UpdateCycle.YEARLY,
    share_mode="文件",
    subject_kind=SubjectKind.ENTERPRISE,
    subject_column="统一社会信用代码",
    ownership_basis="苏州市公共数据资源登记表（演示）第2025-011号",
    control_basis="苏州市公共数据授权管理清单（演示）第2025-011号",
    related=("legal_entities",),
    columns=(
        CityColumn("统一社会信用代码", "统一社会信用代码"),
        CityColumn("企业名称", "企业名称"),
        CityColumn("所属区", "所属区"),
        CityColumn("行业", "国民经济行业门类"),
        *(_figure(_WATER, quarter, f"{quarter}用水量,吨", DataType.NUMBER) for quarter in _QUARTERS),
        *(_figure(_POWER, quarter, f"{quarter}用电量,千瓦时", DataType.NUMBER) for quarter in _QUARTERS),
        _figure(_LABOUR, "年末从业人数", "年末从业人数", DataType.INTEGER),
        _figure(_LABOUR, "社保参保人数", "社会保险参保人数", DataType.INTEGER),
        _figure(_TAX, "增值税", "增值税,万元", DataType.MONEY),
        _figure(_TAX, "企业所得税", "企业所得税,万元", DataType.MONEY),
        CityColumn("联系人", "联系人姓名"),
        CityColumn("联系电话", "联系人电话"),
        CityColumn("备注", "备注", DataType.MEMO),
    ),
)

_WATER_SEASON = (0.9, 1.0, 1.2, 0.95)
_POWER_SEASON = (0.95, 0.97, 1.2, 0.98)


def build_utilities(city: CityRecords, rows: int) -> pa.Table:
    """The enterprises with the most staff, in the order of their register."""
    rng = stream(city.seed, "utilities")
    firms, people = city.enterprises, city.people
    chosen = np.sort(np.argsort(-firms.staff, kind="stable")[:rows])
    trade, staff, head = firms.trade[chosen], firms.staff[chosen], firms.representative[chosen]
    vigour = rng.lognormal(0, 0.35, rows)

    columns: dict[str, Column] = {
        "统一社会信用代码": pick(firms.uscc, chosen),
        "企业名称": pick(firms.name, chosen),
        "所属区": write_districts(firms.district[chosen], rng=rng),
        "行业": pick([item.name for item in TRADES], trade),
    }
    water = staff * np.array([item.water for item in TRADES])[trade] * 3 * vigour
    power = staff * np.array([item.power for item in TRADES])[trade] * 0.75 * vigour
    for group, yearly, season in ((_WATER, water, _WATER_SEASON), (_POWER, power, _POWER_SEASON)):
        for quarter, share in zip(_QUARTERS, season, strict=True):
            used = np.round(yearly * share * rng.normal(1, 0.08, rows).clip(0.5, 1.5))
            columns[f"{group}_{quarter}"] = _figures(used, rng, odd=0.015)
    columns[f"{_LABOUR}_年末从业人数"] = _figures(staff.astype(np.float64), rng, odd=0.0)
    columns[f"{_LABOUR}_社保参保人数"] = _figures(np.round(staff * rng.uniform(0.75, 1, rows)), rng, odd=0.0)
    columns[f"{_TAX}_增值税"] = _figures(np.round(staff * rng.lognormal(0.6, 0.7, rows) * vigour, 2), rng, odd=0.01)
    columns[f"{_TAX}_企业所得税"] = _figures(np.round(staff * rng.lognormal(0.1, 0.9, rows) * vigour, 2), rng, odd=0.01)
    columns["联系人"] = leave_out(pick(people.names.full, head), 0.05, rng=rng)
    columns["联系电话"] = leave_out(soil_mobiles(pick(people.mobile, head), rng=rng), 0.05, rng=rng)
    columns["备注"] = write_remarks(
        people, head, ("正常", "新投产", "停产检修一月", "合表计量"), FIRM_TEMPLATES, empty=0.8, mentions=0.04, rng=rng
    )
    return assemble(UTILITIES, columns)


def _figures(values: Floats, rng: np.random.Generator, *, odd: float) -> pa.StringArray:
    """Figures as text that the sheet writes as numbers, but for the odd ones: a dash, or thousands with commas."""
    whole = bool((values == np.round(values)).all())
    plain = numbers_as_text(values.astype(np.int64)) if whole else numbers_as_text(values)
    chance = rng.random(values.size)
    written: list[str | None] = [
        "—" if luck < odd / 2 else f"{value:,.0f}" if luck < odd else figure
        for luck, value, figure in zip(chance.tolist(), values.tolist(), plain.to_pylist(), strict=True)
    ]
    return text(written)
