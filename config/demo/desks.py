"""The last part of the story: work in every stage is left on the desks, so that each account's first page has something to do.

Two small tables are uploaded, one of them is scanned; applications stand before a decision, a payment, a correction and as a draft;
a price waits for finance.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from config.demo.catalogue import Catalogue
from config.demo.client import FINISHED, Person
from config.demo.journal import Journal
from config.demo.story import Story

_PERSONS: Final = 320
_SERVICES: Final = ("助餐", "助浴", "助洁", "助医", "陪同就诊", "紧急呼叫")


class Desks:
    """What is under way when the story ends."""

    def __init__(
        self, people: Mapping[str, Person], catalogue: Catalogue, story: Story, journal: Journal, city: Path
    ) -> None:
        self.people, self.catalogue, self.story, self.journal, self.city = people, catalogue, story, journal, city

    def leave(self) -> None:
        """Everything, and a line that says so."""
        self._tables()
        self._price()
        self._applications()
        self.journal.say(
            "left on the desks: a record to review, a draft, findings to decide, a price to set, and applications to"
            " decide, to correct, to pay and to finish"
        )

    def _tables(self) -> None:
        """Home-care visits, submitted and scanned but not reviewed; a second upload whose record has only begun."""
        steward, officer = self.people["steward"], self.people["officer"]
        care = self._upload("居家医养服务记录", "home-care", list(self._care_visits()))
        dataset = steward.post(
            "datasets/",
            {
                "provider": self.catalogue.organizations["health"].pk,
                "category": "306001",
                "title": "居家医养服务记录",
                "title_en": "Home-care visits",
                "abstract": "居家医养服务的逐次记录：服务对象、服务项目、时间与备注。",
                "abstract_en": "Home-care services to the elderly, one row a visit: person, service, day and remark.",
                "share_type": "conditional",
                "share_condition": "用于养老服务规划与监管",
                "update_cycle": "monthly",
            },
        )
        distribution = steward.post(f"datasets/{dataset['id']}/distributions/", {"source": care})
        steward.post(
            f"datasets/{dataset['id']}/rights/",
            {
                "kind": "ownership",
                "holder": self.catalogue.organizations["health"].pk,
                "basis": "公共数据管理办法（演示）第八条",
                "valid_from": "2025-01-01",
            },
        )
        steward.post(f"datasets/{dataset['id']}/submit/")
        scan = officer.post("scans/", {"distribution": distribution["id"], "mode": "full"})
        officer.wait_for(f"scans/{scan['id']}/", lambda found: found["state"] in FINISHED, lambda _: None)

    def _price(self) -> None:
        """The steward proposes what trips cost an enterprise; finance has yet to price it."""
        self.people["steward"].post("offers/", {"dataset": self.catalogue.datasets["trips"], "amount": "8000.00"})

    def _applications(self) -> None:
        requester, buyer, approver = (self.people[name] for name in ("requester", "requester2", "approver"))
        visits = {
            "fields": ["sex", "birth_date", "district", "diagnosis"],
            "purpose": "public_good",
            "duty_citation": "研究院章程第五条：城市公共服务研究",
            "legal_basis": "public_interest",
            "legal_citation": "个人信息保护法第十三条第一款第五项",
            "months": 3,
        }
        detail = "编写各区常见病门诊需求分析，供社区卫生服务中心排班参考"
        waiting = self.story.apply(requester, "medical_visits", "urban_institute", {**visits, "purpose_detail": detail})
        self.story.submitted(requester, waiting)

        detail = "研究季节性疾病"
        unclear = self.story.apply(requester, "medical_visits", "urban_institute", {**visits, "purpose_detail": detail})
        unclear = self.story.submitted(requester, unclear)
        approver.post(
            f"applications/{unclear['id']}/actions/return/",
            {"version": unclear["version"], "reason": "请写明研究的病种、时间范围和成果用途"},
        )

        industry = self.story.industry("所属区", "行业", "用电量(千瓦时)_一季度")
        paying = self.story.apply(buyer, "utilities", "pingtan_ai", industry)
        self.story.signed(self.story.submitted(buyer, paying), ["approver", "approver2", "officer"])

        housing = {
            "fields": ["area_m2"],
            "purpose": "public_governance",
            "purpose_detail": "按街道测算住房面积分布，用于保障性住房选址",
            "duty_citation": "住房发展规划（演示）任务书第四条",
            "legal_basis": "statutory_duty",
            "legal_citation": "个人信息保护法第十三条第一款第三项",
            "months": 6,
        }
        self.story.apply(requester, "housing", "urban_institute", housing)

    def _upload(self, title: str, name: str, rows: list[Mapping[str, object]]) -> int:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        answer = self.people["steward"].upload(
            "sources/",
            {"kind": "upload", "organization": self.catalogue.organizations["health"].pk, "name": name},
            f"{title}.csv",
            text.getvalue().encode("utf-8-sig"),
        )
        return int(answer["id"])

    def _care_visits(self) -> Iterator[Mapping[str, object]]:
        """One visit to each of the city's first old residents, made up as they are."""
        columns = ["id_no", "name", "birth_date", "district", "address", "mobile", "contact_name"]
        batches = pq.ParquetFile(self.city / "population.parquet").iter_batches(20_000, columns=columns)
        old = (row for batch in batches for row in batch.to_pylist() if str(row["birth_date"])[:4] < "1956")
        for number, row in zip(range(_PERSONS), old, strict=False):
            service = _SERVICES[number % len(_SERVICES)]
            yield {
                "身份证号": row["id_no"],
                "姓名": row["name"],
                "出生日期": row["birth_date"],
                "区": row["district"],
                "住址": row["address"],
                "联系电话": row["mobile"],
                "服务项目": service,
                "服务日期": date(2025, 1, 6) + timedelta(days=number % 120),
                "备注": f"{row['contact_name']}陪同，{service}完成" if number % 4 == 0 and row["contact_name"] else "",
            }
