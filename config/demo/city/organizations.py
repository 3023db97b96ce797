"""The organisation tree of the demo city: the municipal government, its departments, the ten districts and cities,
firms, research.

Lives here: the organisations as data. The bureaus bear the names such bureaus have; their codes, and every firm and
institute under them, are made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from config.demo.city.columns import digits, join, strings, text
from config.demo.city.identifiers import credit_codes
from config.demo.city.places import DISTRICTS


class OrganizationKind(StrEnum):
    """What an organisation is."""

    GOVERNMENT = "government"
    DEPARTMENT = "department"
    DISTRICT = "district"
    ENTERPRISE = "enterprise"
    RESEARCH = "research"


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation of the demo city. `uscc` is its unified social credit code, `parent` the key of the one above
    it."""

    key: str
    uscc: str
    name_zh: str
    name_en: str
    kind: OrganizationKind
    parent: str | None


CITY_KEY = "suzhou"

_DEPARTMENTS = (
    ("public_security", "苏州市公安局", "Public Security Bureau"),
    ("market_regulation", "苏州市市场监督管理局", "Administration for Market Regulation"),
    ("statistics", "苏州市统计局", "Bureau of Statistics"),
    ("big_data", "苏州市大数据局", "Big Data Bureau"),
    ("natural_resources", "苏州市自然资源和规划局", "Bureau of Natural Resources and Planning"),
    ("development_reform", "苏州市发展和改革委员会（信用办）", "Development and Reform Commission (Credit Office)"),
    ("transport", "苏州市交通运输局", "Transport Bureau"),
    ("water", "苏州市水务局", "Water Bureau"),
    ("industry", "苏州市工业和信息化局", "Bureau of Industry and Information Technology"),
    ("human_resources", "苏州市人力资源和社会保障局", "Bureau of Human Resources and Social Security"),
    ("tax", "苏州市税务局", "Tax Service"),
    ("housing", "苏州市住房和城乡建设局", "Bureau of Housing and Urban-Rural Development"),
    ("health", "苏州市卫生健康委员会", "Health Commission"),
    ("finance", "苏州市财政局", "Finance Bureau"),
)

# key, Chinese name, English name, kind, parent
_OTHERS = (
    ("power_grid", "苏州沧浪供电有限公司", "Canglang Power Supply Co.", OrganizationKind.ENTERPRISE, CITY_KEY),
    (
        "city_data_group",
        "苏州沧浪城市数据运营有限公司",
        "Canglang City Data Operations Co.",
        OrganizationKind.ENTERPRISE,
        CITY_KEY,
    ),
    (
        "pingtan_ai",
        "苏州评弹人工智能科技有限公司",
        "Pingtan Artificial Intelligence Co.",
        OrganizationKind.ENTERPRISE,
        None,
    ),
    (
        "lakeside_insurance",
        "湖滨健康保险股份有限公司",
        "Lakeside Health Insurance Co.",
        OrganizationKind.ENTERPRISE,
        None,
    ),
    ("shihu_bank", "石湖银行股份有限公司", "Shihu Bank Co.", OrganizationKind.ENTERPRISE, None),
    (
        "lujiang_mobility",
        "鹿江智慧出行科技有限公司",
        "Lujiang Mobility Technology Co.",
        OrganizationKind.ENTERPRISE,
        None,
    ),
    ("canglang_university", "沧浪大学", "Canglang University", OrganizationKind.RESEARCH, None),
    (
        "urban_institute",
        "苏州沧浪城市治理研究院",
        "Canglang Institute of Urban Governance",
        OrganizationKind.RESEARCH,
        None,
    ),
    (
        "health_institute",
        "江南公共卫生研究所",
        "Jiangnan Institute of Public Health",
        OrganizationKind.RESEARCH,
        "canglang_university",
    ),
)

# Registrar and kind of the first two characters of the code (GB 32100): 11 state organ, 91 enterprise, 12 public
# institution.
_CODE_HEADS = {
    OrganizationKind.GOVERNMENT: "11",
    OrganizationKind.DEPARTMENT: "11",
    OrganizationKind.DISTRICT: "11",
    OrganizationKind.ENTERPRISE: "91",
    OrganizationKind.RESEARCH: "12",
}


def organizations() -> tuple[Organization, ...]:
    """Every organisation of the demo city, parents before their children. The same each time."""
    rows: list[tuple[str, str, str, OrganizationKind, str | None, str]] = [
        (
            CITY_KEY,
            "苏州市人民政府",
            "Suzhou Municipal People's Government",
            OrganizationKind.GOVERNMENT,
            None,
            "320500",
        )
    ]
    rows += [(key, zh, f"Suzhou {en}", OrganizationKind.DEPARTMENT, CITY_KEY, "320500") for key, zh, en in _DEPARTMENTS]
    for place in DISTRICTS:
        body = "管理委员会" if place.key == "sip" else "人民政府"
        suffix = "Administrative Committee" if place.key == "sip" else "People's Government"
        row = (f"district_{place.key}", place.name + body, f"{place.name_en} {suffix}")
        rows.append((*row, OrganizationKind.DISTRICT, CITY_KEY, place.code))
    rows += [(*other, "320500") for other in _OTHERS]

    heads = text([_CODE_HEADS[kind] + area for _, _, _, kind, _, area in rows])
    bodies = join("MYG", digits(np.arange(1, len(rows) + 1), 5))
    codes = strings(credit_codes(heads, bodies))
    return tuple(
        Organization(key, code, zh, en, kind, parent)
        for (key, zh, en, kind, parent, _), code in zip(rows, codes, strict=True)
    )
