"""The catalogue sheet: its columns in order, what else people call them, and the words the guide has for our codes.

Source: 政务信息资源目录编制指南(试行), core metadata. Columns of ours that the guide does not have are marked. What a cell
says is read in `cells`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.datasets.lineage import LinkKind
from catalog.datasets.models import ShareMode, ShareType, UpdateCycle
from catalog.sources.sheet_header import SEPARATOR


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column: our name for it, its heading, the heading over it, and other spellings that are understood.

    An `item` column says something of an information item (信息项); the others say it of the resource. One that is not
    `exported` is only understood, because the guide's templates differ.
    """

    field: str
    heading: str
    group: str = ""
    aliases: tuple[str, ...] = ()
    item: bool = False
    exported: bool = True


_ITEM, _SHARE, _OPEN, _CATEGORY = "信息项信息", "共享属性", "开放属性", "信息资源分类"

COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("category", _CATEGORY, aliases=("分类代码", "信息资源分类代码", "类目代码")),
    SheetColumn("category_class", "类", _CATEGORY, exported=False),
    SheetColumn("category_item", "项", _CATEGORY, exported=False),
    SheetColumn("category_subject", "目", _CATEGORY, exported=False),
    SheetColumn("category_detail", "细目", _CATEGORY, exported=False),
    SheetColumn("title", "信息资源名称", aliases=("资源名称", "数据资源名称", "目录名称")),
    SheetColumn("title_en", "信息资源英文名称", aliases=("英文名称",)),  # ours
    SheetColumn("code", "信息资源代码", aliases=("资源代码", "数据资源代码")),
    SheetColumn("provider", "信息资源提供方", aliases=("提供方", "数据提供方")),
    SheetColumn("provider_code", "信息资源提供方代码", aliases=("提供方代码", "统一社会信用代码")),
    SheetColumn("abstract", "信息资源摘要", aliases=("摘要", "资源摘要", "description")),
    SheetColumn("abstract_en", "信息资源英文摘要", aliases=("英文摘要",)),  # ours
    SheetColumn("theme", "主题"),  # ours
    SheetColumn("keywords", "关键词", aliases=("关键字",)),  # ours
    SheetColumn("format", "信息资源格式", aliases=("信息资源格式分类", "信息资源格式类型", "资源格式")),
    SheetColumn("item_name", "信息项名称", _ITEM, ("信息项", "数据项名称", "数据项"), item=True),
    SheetColumn("item_field", "字段名", _ITEM, ("英文字段名", "字段英文名"), item=True),  # ours
    SheetColumn("item_type", "数据类型", _ITEM, ("信息项数据类型", "data_type"), item=True),
    SheetColumn("item_length", "数据长度", _ITEM, ("长度", "信息项数据长度"), item=True, exported=False),
    SheetColumn("share_type", "共享类型", _SHARE),
    SheetColumn("share_condition", "共享条件", _SHARE),
    SheetColumn("share_citation", "不予共享依据", _SHARE),  # ours: the guide writes it among the conditions
    SheetColumn("share_mode", "共享方式", _SHARE, ("共享方式类型",)),
    SheetColumn("open_to_public", "是否向社会开放", _OPEN, ("是否开放", "是否社会开放")),
    SheetColumn("open_condition", "开放条件", _OPEN),
    SheetColumn("update_cycle", "更新周期", aliases=("更新频率",)),
    SheetColumn("issued", "发布日期", aliases=("发布时间",)),
    SheetColumn("related", "关联资源代码", aliases=("关联信息资源代码", "关联类目及资源代码", "关联资源")),
    SheetColumn("derived_from", "来源资源代码", aliases=("来源信息资源代码",)),  # ours
)

BY_FIELD: Mapping[str, SheetColumn] = {column.field: column for column in COLUMNS}
EXPORTED: tuple[SheetColumn, ...] = tuple(column for column in COLUMNS if column.exported)
ITEM_FIELDS = frozenset(column.field for column in COLUMNS if column.item)
# Columns of codes of other resources, by the kind of the link that they become.
LINKS: Mapping[LinkKind, str] = {LinkKind.RELATED: "related", LinkKind.DERIVED_FROM: "derived_from"}

# A sheet without one of each group is no catalogue sheet; with a group's first column it can be filled in.
REQUIRED: tuple[tuple[str, ...], ...] = (
    ("title",),
    ("code", "category", "category_class"),
    ("provider_code", "provider"),
    ("abstract",),
    ("share_type",),
    ("update_cycle",),
)

# The guide's word first, which an export writes; then what else is met in filled sheets.
SHARE_TYPES: Mapping[str, tuple[str, ...]] = {
    ShareType.UNCONDITIONAL: ("无条件共享", "无条件", "unconditional sharing"),
    ShareType.CONDITIONAL: ("有条件共享", "有条件", "conditional sharing"),
    ShareType.WITHHELD: ("不予共享", "不共享", "不予共享类"),
}
SHARE_MODES: Mapping[str, tuple[str, ...]] = {
    ShareMode.FILE: ("文件", "文件下载", "邮件", "拷盘", "介质交换"),
    ShareMode.API: ("接口", "服务接口", "api", "interface"),
    ShareMode.DATABASE: ("数据库", "库表", "库表交换", "数据库交换", "database exchange"),
}
UPDATE_CYCLES: Mapping[str, tuple[str, ...]] = {
    UpdateCycle.REALTIME: ("实时", "real time", "real-time"),
    UpdateCycle.DAILY: ("每日", "每天", "按日"),
    UpdateCycle.WEEKLY: ("每周", "按周"),
    UpdateCycle.MONTHLY: ("每月", "按月"),
    UpdateCycle.QUARTERLY: ("每季度", "每季", "按季"),
    UpdateCycle.YEARLY: ("每年", "按年", "annually"),
    UpdateCycle.IRREGULAR: ("不定期", "其他", "其它"),
}
YES_NO: Mapping[str, tuple[str, ...]] = {"yes": ("是", "true", "1", "y"), "no": ("否", "false", "0", "n")}
DATA_TYPES: Mapping[str, tuple[str, ...]] = {
    "C": ("字符型", "character", "string", "text"),
    "N": ("数值型", "numeric", "number"),
    "Y": ("货币型", "currency"),
    "D": ("日期型", "date"),
    "T": ("日期时间型", "datetime"),
    "L": ("逻辑型", "logical", "boolean"),
    "M": ("备注型", "memo"),
    "G": ("通用型", "general"),
    "B": ("双精度型", "double"),
    "I": ("整型", "integer"),
    "F": ("浮点型", "float"),
}

# Notes that template makers hang on a heading: (必填), *, (YYYY-MM-DD).
_NOTES = re.compile(r"\([^)]*\)|[*\s:]|(?<=[a-z])[-_](?=[a-z])")


def plain(text: str) -> str:
    """A heading or a word of a list as it is compared: half width, lower case, without spaces, notes and asterisks."""
    return _NOTES.sub("", unicodedata.normalize("NFKC", text).lower())


def _spellings() -> dict[str, str]:
    known: dict[str, str] = {}
    for column in COLUMNS:
        for name in (column.field, column.heading, *column.aliases):
            known[plain(name)] = column.field
    return known


_KNOWN = _spellings()


def field_of(heading: str) -> str | None:
    """Our name of the column under `heading`, whose levels are joined by `_`; None where it is none of ours."""
    levels = heading.split(SEPARATOR)
    names = (plain(SEPARATOR.join(levels[place:])) for place in range(len(levels)))
    return next((_KNOWN[name] for name in names if name in _KNOWN), None)


def heading_of(field: str) -> str:
    """The guide's heading of one of our columns; the name itself where the sheet has no such column."""
    column = BY_FIELD.get(field)
    return column.heading if column else field
