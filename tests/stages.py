"""The visits table of the health commission, brought through the services to whatever stage a test starts from."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from access.models import Application
from access.services.applications import write_application
from access.services.deciding import perform
from access.workflow import Action
from catalog.datasets.models import DataField, Dataset, Distribution, RightKind, Source, SubjectKind
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.rights import record_right
from catalog.datasets.services import declare_subject, publish_dataset, register_dataset, submit_dataset
from catalog.jobs.models import JobState
from catalog.people.models import User
from catalog.storage import UPLOADS, new_name, sealed_output
from catalog.uploads import SealedUpload
from privacy.models import Finding, Scan
from privacy.risk.codes import Control, MotiveFactor
from privacy.risk.questionnaire import QUESTIONS
from privacy.services.findings import confirm_finding, correct_finding, declare_finding
from privacy.services.protections import set_protection
from privacy.services.scans import request_scan
from tests.cast import Cast

RECORD: Mapping[str, Any] = {
    "category": "3/05/01",
    "title": "门诊就诊记录",
    "title_en": "Outpatient visits",
    "abstract": "全市医疗机构门诊就诊的逐条记录。",
    "theme": "health",
    "keywords": ["门诊", "就诊"],
    "share_type": "conditional",
    "share_condition": "用于公共卫生研究",
    "update_cycle": "daily",
}
# What the protection of each field is in the tests: a release with k >= 3 comes of it.
PROTECTION: Mapping[str, tuple[str, dict[str, Any]]] = {
    "身份证号": ("token", {}),
    "姓名": ("drop", {}),
    "手机号": ("drop", {}),
    "性别": ("keep", {}),
    "出生日期": ("generalise", {"to": "decade"}),
    "区县": ("keep", {}),
    "诊断": ("keep", {}),
}
ROLES: Mapping[str, tuple[str, str]] = {
    "身份证号": ("CN_RESIDENT_ID", "direct"),
    "姓名": ("PERSON", "direct"),
    "手机号": ("CN_MOBILE", "direct"),
    "性别": ("SEX", "quasi"),
    "出生日期": ("BIRTH_DATE", "quasi"),
    "区县": ("REGION", "quasi"),
    "诊断": ("DIAGNOSIS", "sensitive"),
}
ANSWERS: Mapping[str, Any] = {code.value: {"level": 1, "evidence": "评估材料第 3 节"} for code in QUESTIONS}
CONTROLS: Mapping[str, bool] = {control.value: True for control in Control}
MOTIVE: Mapping[str, bool] = {factor.value: False for factor in MotiveFactor}

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def resident_id(area: str, born: date, number: int) -> str:
    """A well-formed made-up ID number (GB 11643)."""
    body = f"{area}{born:%Y%m%d}{number:03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def visits_csv(people: int = 240, *, seed: int = 7) -> bytes:
    """A table of made-up visits: adults, in few enough groups that generalised classes hold at least three."""
    draw = random.Random(seed)
    lines = ["身份证号,姓名,手机号,性别,出生日期,区县,诊断"]
    for number in range(people):
        born = date(1971 + 10 * (number % 2) + number % 9, 1 + number % 12, 1 + number % 28)
        sex = "男女"[number % 4 // 2]
        area, district = (("320508", "姑苏区"), ("320506", "吴中区"))[number % 8 // 4]
        name = draw.choice("王李张刘陈杨黄赵吴周") + draw.choice("伟芳娜敏静丽强磊军洋") + draw.choice("华明英玉兰平红")
        visit = [
            resident_id(area, born, number),
            name,
            f"138{draw.randrange(10**8):08d}",
            sex,
            born.isoformat(),
            district,
            draw.choice(["高血压", "糖尿病", "急性上呼吸道感染", "慢性胃炎"]),
        ]
        lines.append(",".join(visit))
    return ("\n".join(lines) + "\n").encode()


def sealed_upload(name: str, content: bytes) -> SealedUpload:
    """What the upload handler hands to a view."""
    sealed_name = new_name()
    with sealed_output(UPLOADS, sealed_name) as sink:
        sink.write(content)
    return SealedUpload(sealed_name=sealed_name, name=name, size=len(content), sha256="", too_large=False)


class Stages:
    """Each property brings the table one stage further and remembers it."""

    def __init__(self, cast: Cast, run_jobs: Callable[[], list[JobState | None]]) -> None:
        self.cast, self.run_jobs = cast, run_jobs

    @cached_property
    def source(self) -> Source:
        return register_upload(
            actor=self.cast.stella,
            organization=self.cast.health,
            name="visits",
            upload=sealed_upload("visits.csv", visits_csv()),
        )

    @cached_property
    def draft(self) -> Dataset:
        """Registered by stella, with its table and the ownership recorded."""
        dataset = register_dataset(actor=self.cast.stella, provider=self.cast.health, values=RECORD)
        attach_table(actor=self.cast.stella, dataset=dataset, source=self.source, table=None)
        record_right(
            actor=self.cast.stella,
            dataset=dataset,
            kind=RightKind.OWNERSHIP,
            holder=self.cast.health,
            basis="苏政发〔2025〕1号",
            valid_from=date(2025, 1, 1),
        )
        return dataset

    @property
    def distribution(self) -> Distribution:
        return Distribution.objects.select_related("dataset__provider", "source").get(dataset=self.draft)

    def field(self, name: str) -> DataField:
        return DataField.objects.select_related("distribution__dataset__provider").get(
            distribution=self.distribution, name=name
        )

    @cached_property
    def published(self) -> Dataset:
        """Submitted by stella, published by stefan."""
        submit_dataset(actor=self.cast.stella, dataset=self.draft)
        return publish_dataset(actor=self.cast.stefan, dataset=self.draft)

    @cached_property
    def scan(self) -> Scan:
        """Requested by oscar and finished."""
        assert self.published
        scan = request_scan(actor=self.cast.oscar, distribution=self.distribution)
        self.run_jobs()
        scan.refresh_from_db()
        return scan

    def review(self) -> None:
        """Oscar decides every finding as `ROLES` says."""
        assert self.scan.state == JobState.COMPLETE, self.scan.job.error_code
        for name, (entity_type, role) in ROLES.items():
            finding = Finding.objects.filter(field=self.field(name)).first()
            if finding is None:
                declare_finding(
                    actor=self.cast.oscar, field=self.field(name), entity_type=entity_type, role=role, reason="已核对"
                )
            elif (finding.entity_type, finding.role) == (entity_type, role):
                confirm_finding(actor=self.cast.oscar, finding=finding)
            else:
                correct_finding(
                    actor=self.cast.oscar, finding=finding, entity_type=entity_type, role=role, reason="已核对"
                )

    @cached_property
    def ready(self) -> Distribution:
        """Reviewed, subject declared, protection set: applications may be submitted."""
        self.review()
        declare_subject(
            actor=self.cast.oscar,
            distribution=self.distribution,
            kind=SubjectKind.PERSON,
            field=self.field("身份证号"),
        )
        for name, (operator, parameters) in PROTECTION.items():
            set_protection(actor=self.cast.oscar, field=self.field(name), operator=operator, parameters=parameters)
        return self.distribution

    def application(self, *, actor: User | None = None, **changes: Any) -> Application:
        """A draft of rita's for a free public purpose; `changes` replace values, fields or recipients."""
        actor = actor or self.cast.rita
        distribution = self.ready
        fields = changes.pop("fields", None) or dict.fromkeys(
            ("身份证号", "性别", "出生日期", "区县", "诊断"), "研究需要"
        )
        organization = changes.pop("organization", None) or (
            self.cast.insurer if actor == self.cast.ivan else self.cast.institute
        )
        return write_application(
            actor=actor,
            organization=organization,
            distribution=distribution,
            project=changes.pop("project", None),
            fields=fields,
            recipients=changes.pop("recipients", []),
            values={
                "purpose": "public_good",
                "purpose_detail": "研究慢性病在各区县的分布,形成防治建议",
                "duty_citation": "研究所章程第 4 条",
                "legal_basis": "public_interest",
                "legal_citation": "PIPL Art 13(1)(5)",
                "recipient_in_china": True,
                "mode": "controlled",
                "format": "csv",
                "months": 6,
                "questionnaire": dict(ANSWERS),
                "controls": dict(CONTROLS),
                "motive": dict(MOTIVE),
                **changes,
            },
        )

    def act(self, actor: User, application: Application, action: Action, **details: Any) -> Application:
        """`actor` does `action` on the application as it now stands."""
        application = Application.objects.get(pk=application.pk)
        return perform(actor=actor, application=application, action=action, version=application.version, **details)

    def deciding(self, **changes: Any) -> Application:
        """Submitted and assessed."""
        application = self.application(**changes)
        self.act(application.applicant, application, Action.SUBMIT)
        self.run_jobs()
        return Application.objects.get(pk=application.pk)

    def granted(self, **changes: Any) -> Application:
        """Approved by whoever has to sign, and free."""
        application = self.deciding(**changes)
        self.act(self.cast.amy, application, Action.APPROVE)
        application.refresh_from_db()
        if application.state == "deciding":
            self.act(self.cast.oscar, application, Action.APPROVE)
        return Application.objects.get(pk=application.pk)
