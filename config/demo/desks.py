"""The last part of the story: work in every stage is left on the desks, so that each account's first page has something to do.

Two small tables are uploaded, one of them is scanned, the other is sent back; applications stand before a decision, a payment, a
correction and as a draft; a price waits for finance.
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
            "left on the desks: a record to review, one to correct, findings to decide, a price to set, and applications to"
            " decide, to correct, to pay and to finish"
        )

    def _tables(self) -> None:
        """Home-care visits, submitted and scanned but not reviewed; a list of pharmacies that the reviewer sent back."""
        officer = self.people["officer"]
        care = {
            "category": "306001",
            "title": "居家医养服务记录",
            "title_en": "Home-care visits",
            "abstract": "居家医养服务的逐次记录：服务对象、服务项目、时间与备注。",
            "abstract_en": "Home-care services to the elderly, one row a visit: person, service, day and remark.",
            "share_type": "conditional",
            "share_condition": "用于养老服务规划与监管",
            "update_cycle": "monthly",
        }
        _, table = self._submit(care, "home-care", list(self._care_visits()))
        scan = officer.post("scans/", {"distribution": table, "mode": "full"})
        officer.wait_for(f"scans/{scan['id']}/", lambda found: found["state"] in FINISHED, lambda _: None)

        pharmacies = {
            "category": "204002",
            "title": "定点药店",
            "title_en": "Designated pharmacies",
            "abstract": "医保定点药店名录。",
            "share_type": "unconditional",
            "update_cycle": "irregular",
        }
        dataset, _ = self._submit(pharmacies, "pharmacies", list(_pharmacies()))
        reason = "请写明更新周期：医保定点药店每季度公布一次"
        self.people["approver"].post(f"datasets/{dataset}/return/", {"reason": reason})

    def _submit(self, record: Mapping[str, str], name: str, rows: list[Mapping[str, object]]) -> tuple[int, int]:
        """Upload, record, ownership, submission. Returns the dataset and its distribution."""
        steward, health = self.people["steward"], self.catalogue.organizations["health"].pk
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        source = steward.upload(
            "sources/",
            {"kind": "upload", "organization": health, "name": name},
            f"{record['title']}.csv",
            text.getvalue().encode("utf-8-sig"),
        )
        dataset = steward.post("datasets/", {"provider": health, **record})
        path = f"datasets/{dataset['id']}"
        distribution = steward.post(f"{path}/distributions/", {"source": source["id"]})
        basis = "公共数据管理办法（演示）第八条"
        right = {"kind": "ownership", "holder": health, "basis": basis, "valid_from": "2025-01-01"}
        steward.post(f"{path}/rights/", right)
        steward.post(f"{path}/submit/")
        return dataset["id"], distribution["id"]

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


def _pharmacies() -> Iterator[Mapping[str, object]]:
    for number, street in enumerate(("平江路", "十全街", "山塘街", "道前街", "凤凰街", "盘门路"), start=1):
        yield {
            "编码": f"P{number:04d}",
            "名称": f"沧浪大药房{street}店",
            "地址": f"苏州市姑苏区{street}{number * 17}号",
        }
