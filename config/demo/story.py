"""The second part of the story: three applications, each to its end.

A research institute asks for medical visits for the public good and gets them free. A firm asks for the utilities table for
its industry, pays, gets it, and loses it again. The population table, owned by one department and controlled by another, needs
both signatures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from catalog.commands import advance
from config.demo.catalogue import Catalogue
from config.demo.client import Person, Refused
from config.demo.journal import Journal
from privacy.risk.codes import Control, MotiveFactor
from privacy.risk.questionnaire import QUESTIONS

ADULT = "2007-07-01"


class Story:
    """The journeys, over the API."""

    def __init__(self, people: Mapping[str, Person], catalogue: Catalogue, journal: Journal) -> None:
        self.people, self.catalogue, self.journal = people, catalogue, journal

    def medical_visits(self) -> Any:
        """Free, for the public good: search, apply, assess, decide, download."""
        requester, officer = self.people["requester"], self.people["officer"]
        found = requester.get("datasets/", q="就诊")
        self.journal.say(f"requester searched 就诊: {found['count']} found, first: {found['results'][0]['title']}")
        rules: dict[str, tuple[str, dict[str, Any]]] = {
            "patient_no": ("token", {}),
            "visited_at": ("generalise", {"to": "month"}),
            "fee": ("generalise", {"width": 500}),
        }
        for name, rule in rules.items():
            self._set_rule(officer, "medical_visits", name, rule)
        application = self.apply(
            requester,
            "medical_visits",
            "urban_institute",
            {
                "fields": ["patient_no", "sex", "birth_date", "district", "visited_at", "diagnosis", "fee"],
                # Adults only: data about children would weigh more.
                "row_filter": {"all": [{"field": "birth_date", "op": "lt", "value": ADULT}]},
                "purpose": "public_good",
                "purpose_detail": "研究慢性病门诊在各区的分布，为社区医疗资源布局提供依据",
                "duty_citation": "研究院章程第五条：城市公共服务研究",
                "legal_basis": "public_interest",
                "legal_citation": "个人信息保护法第十三条第一款第五项",
                "months": 6,
            },
        )
        return self._through(requester, application, signers=["approver", "officer"])

    def population(self) -> Any:
        """Owned by public security, controlled by the big-data bureau: both sign."""
        requester, officer = self.people["requester"], self.people["officer"]
        self._set_rule(officer, "population", "birth_date", ("generalise", {"to": "decade"}))
        application = self.apply(
            requester,
            "population",
            "urban_institute",
            {
                "fields": ["id_no", "sex", "birth_date", "district_code"],
                "row_filter": {"all": [{"field": "birth_date", "op": "lt", "value": ADULT}]},
                "purpose": "public_governance",
                "purpose_detail": "按区测算成年人口结构，用于养老服务设施规划",
                "duty_citation": "养老服务设施专项规划（演示）任务书第二条",
                "legal_basis": "statutory_duty",
                "legal_citation": "个人信息保护法第十三条第一款第三项",
                "months": 6,
                "format": "parquet",
            },
        )
        return self._through(requester, application, signers=["approver", "approver2", "officer"])

    def utilities(self) -> Any:
        """Paid, for industry: a price under its cap, a bank transfer, a release; then revoked."""
        buyer, finance = self.people["requester2"], self.people["finance"]
        dataset = self.catalogue.datasets["utilities"]
        offer = self.people["steward"].post("offers/", {"dataset": dataset, "amount": "12000.00"})
        finance.post(
            f"offers/{offer['id']}/price/",
            {
                "amount": "12000.00",
                "cap": "15000.00",
                "permitted_revenue": {"cost": "9000.00", "profit": "4500.00", "tax": "1500.00"},
                "basis": "公共数据授权运营价格批复（演示）〔2025〕3号",
            },
        )
        self.journal.say("steward proposed 12,000 CNY a use; finance set it under the cap of 15,000 CNY")
        for name in ("用电量(千瓦时)_一季度", "用电量(千瓦时)_二季度", "纳税情况(万元)_增值税"):
            self._set_rule(self.people["officer"], "utilities", name, ("generalise", {"width": 50000}))
        application = self.apply(
            buyer,
            "utilities",
            "pingtan_ai",
            self.industry("统一社会信用代码", "所属区", "行业", "用电量(千瓦时)_一季度", "用电量(千瓦时)_二季度"),
        )
        return self._through(buyer, application, signers=["approver", "approver2", "officer"], pay=True)

    @staticmethod
    def industry(*fields: str) -> dict[str, Any]:
        """What a firm writes that asks for the utilities of enterprises, for a price."""
        return {
            "fields": list(fields),
            "purpose": "industrial",
            "purpose_detail": "训练区域用电与产业景气预测模型，向制造业企业提供排产建议",
            "duty_citation": "企业经营范围：软件和信息技术服务",
            "legal_basis": "other_law",
            "legal_citation": "公共数据资源授权运营实施规范（演示）",
            "months": 12,
        }

    def revoke(self, application: Mapping[str, Any]) -> None:
        """The owner takes the grant back: the next request for the bytes is refused."""
        approver = self.people["approver"]
        current = approver.get(f"applications/{application['id']}/")
        approver.post(
            f"applications/{current['id']}/actions/revoke/",
            {"version": current["version"], "reason": "演示：使用方超出约定用途"},
        )
        try:
            self.people["requester2"].download(f"releases/{application['release']}/download/")
        except Refused as refusal:
            self.journal.say(
                f"approver revoked application {current['id']}; the next download was refused ({refusal.code})"
            )
        else:
            raise AssertionError("a revoked grant still delivers")

    # --- the steps every application goes through -----------------------------------------------------------------------

    def _set_rule(self, officer: Person, key: str, field: str, rule: tuple[str, dict[str, Any]]) -> None:
        number = self.catalogue.field(officer, key, field)
        officer.put(f"protections/{number}/", {"operator": rule[0], "parameters": rule[1]})

    def apply(self, person: Person, key: str, organization: str, values: dict[str, Any]) -> Any:
        fields = [{"name": name, "justification": "分析所需"} for name in values.pop("fields")]
        return person.post(
            "applications/",
            {
                "organization": self.catalogue.organizations[organization].pk,
                "distribution": self.catalogue.distributions[key],
                "fields": fields,
                "recipients": [person.username],
                "recipient_in_china": True,
                "mode": "controlled",
                "format": "csv",
                "questionnaire": {code.value: {"level": 1, "evidence": "见申请材料第 3 节"} for code in QUESTIONS},
                "controls": {control.value: True for control in Control},
                "motive": {factor.value: False for factor in MotiveFactor},
                **values,
            },
        )

    def _through(self, person: Person, application: Any, *, signers: list[str], pay: bool = False) -> Any:
        """Submit, wait for the assessment, sign, pay where it costs, download and check the bytes."""
        application = self.signed(self.submitted(person, application), signers)
        if pay:
            application = self._paid(application)
        application = person.get(f"applications/{application['id']}/")
        if application["state"] != "granted":
            raise AssertionError(f"application {application['id']} is {application['state']}: {application['note']}")
        self._delivered(person, application)
        return application

    def submitted(self, person: Person, application: Any) -> Any:
        """Sent in, protected and assessed; now whoever decides has it."""
        path = f"applications/{application['id']}/"
        application = person.post(f"{path}actions/submit/", {"version": application["version"]})
        quote = application["quote"]
        self.journal.say(
            f"{person.username} submitted application {application['id']}, quote {quote['amount']} {quote['currency']}"
        )
        return self._assessed(person, path)

    def signed(self, application: Any, signers: list[str]) -> Any:
        """Approved by each whose signature it still needs."""
        path = f"applications/{application['id']}/"
        for name in signers:
            signer = self.people[name]
            application = signer.get(path)
            if "approve" in application["allowed_actions"] and application["state"] == "deciding":
                conditions = "仅限申请用途，不得再识别"
                body = {"version": application["version"], "conditions": conditions}
                application = signer.post(f"{path}actions/approve/", body)
                self.journal.say(f"{name} approved application {application['id']}")
        return application

    def _paid(self, application: Any) -> Any:
        finance, path = self.people["finance"], f"applications/{application['id']}/"
        current = finance.get(path)
        paid = finance.post(
            f"{path}actions/confirm_payment/",
            {"version": current["version"], "bank_reference": f"DEMO-{application['id']:06d}"},
        )
        quote = current["quote"]
        self.journal.say(f"finance confirmed the bank transfer of {quote['amount']} {quote['currency']}")
        return paid

    def _delivered(self, person: Person, application: Any) -> None:
        release = person.get(f"releases/{application['release']}/")
        content = person.download(f"releases/{release['id']}/download/")
        if hashlib.sha256(content).hexdigest() != release["sha256"]:
            raise AssertionError("the downloaded bytes are not the assessed ones")
        self.journal.say(
            f"{person.username} downloaded release {release['id']}: {release['rows']:,} rows, {len(content):,} bytes,"
            f" SHA-256 {release['sha256'][:16]} is the one that was assessed"
        )

    def _assessed(self, person: Person, path: str) -> Any:
        with self.journal.bar("protect and assess", None) as bar:
            application = person.wait_for(
                path,
                lambda found: found["state"] not in ("submitted", "assessing"),
                lambda found: advance(bar, *_progress(found)),
            )
        if application["state"] != "deciding":
            raise AssertionError(f"application {application['id']} came back: {application['note']}")
        # Where a row filter was set, whoever asks sees no count before somebody has decided; who decides sees them.
        record = self.people["approver"].get(path)["assessment"]["record"]
        result, measured = record["result"], record["inputs"]["measured"]
        verdict = result["verdict"]
        self.journal.say(
            f"assessed: {measured['subjects']:,} subjects, k_min {measured['k_min']}, uniques {measured['uniques']},"
            f" R {result['risk']['risk']}, grade {result['grade']}, {verdict['outcome']}, signs: {', '.join(verdict['sign_offs'])}"
        )
        return application


def _progress(application: Mapping[str, Any]) -> tuple[int, int | None]:
    progress = (application.get("assessment") or {}).get("progress") or {}
    return int(progress.get("done") or 0), progress.get("total")
