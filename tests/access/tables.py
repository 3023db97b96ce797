"""Other tables of visits than the module's, each with what a test needs to be different about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from catalog.datasets.models import Distribution, Source
from catalog.datasets.registration import register_upload
from privacy.models import Finding, FindingState
from privacy.services.findings import correct_finding, declare_finding, reject_finding
from privacy.services.protections import set_protection
from tests.stages import Stages, resident_id, sealed_upload, visits_csv

HEADER = "身份证号,姓名,手机号,性别,出生日期,区县,诊断"


def lines_of(content: bytes) -> list[str]:
    return content.decode().splitlines()


def table(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def with_column(content: bytes, name: str, value: Callable[[int], str]) -> bytes:
    """The table with one more column; `value` is given the row's number."""
    header, *rows = lines_of(content)
    return table([f"{header},{name}", *(f"{row},{value(number)}" for number, row in enumerate(rows))])


def repeated(content: bytes, times: int) -> bytes:
    """Every person has so many rows."""
    header, *rows = lines_of(content)
    return table([header, *(row for row in rows for _ in range(times))])


def raw_values(content: bytes, *names: str) -> set[str]:
    """Every value of these columns."""
    header, *rows = lines_of(content)
    places = [header.split(",").index(name) for name in names]
    return {row.split(",")[place] for row in rows for place in places}


def visit(number: int, born: date, *, sex: str = "女", district: str = "姑苏区", diagnosis: str = "高血压") -> str:
    """One row about the made-up person of that number."""
    person = resident_id("320508", born, number)
    return f"{person},王敏华,138{number:08d},{sex},{born.isoformat()},{district},{diagnosis}"


class OtherVisits(Stages):
    """Another table beside the module's. `verdicts` and `protection` are for columns that the module's has not."""

    def __init__(
        self,
        stages: Stages,
        content: bytes,
        *,
        verdicts: Mapping[str, tuple[str, str]] | None = None,
        protection: Mapping[str, tuple[str, Mapping[str, Any]]] | None = None,
    ) -> None:
        super().__init__(stages.cast, stages.run_jobs)
        self.content, self.verdicts, self.protection = content, verdicts or {}, protection or {}

    @cached_property
    def source(self) -> Source:
        return register_upload(
            actor=self.cast.stella,
            organization=self.cast.health,
            name="other visits",
            upload=sealed_upload("other.csv", self.content),
        )

    def review(self) -> None:
        super().review()
        for name, (entity_type, role) in self.verdicts.items():
            self._decide(name, entity_type, role)

    def _decide(self, name: str, entity_type: str, role: str) -> None:
        """What the officers say of a column, a second one where the first one's word is not enough."""
        finding = Finding.objects.filter(field=self.field(name)).first()
        if finding is None:
            if role != "none":
                declare_finding(
                    actor=self.cast.oscar, field=self.field(name), entity_type=entity_type, role=role, reason="已核对"
                )
            return
        for officer in (self.cast.oscar, self.cast.olga):
            if role == "none":
                finding = reject_finding(actor=officer, finding=finding, reason="已核对")
            else:
                finding = correct_finding(
                    actor=officer, finding=finding, entity_type=entity_type, role=role, reason="已核对"
                )
            if finding.state != FindingState.PROPOSED and not finding.pending_state:
                return

    @cached_property
    def ready(self) -> Distribution:
        distribution = super().ready
        for name, (operator, parameters) in self.protection.items():
            set_protection(actor=self.cast.oscar, field=self.field(name), operator=operator, parameters=parameters)
        return distribution


__all__ = ["HEADER", "OtherVisits", "lines_of", "raw_values", "repeated", "table", "visit", "visits_csv", "with_column"]
