"""The redaction of free text: its form, its sentence, and its preview, which shows nothing of the text around."""

from __future__ import annotations

from catalog.datasets.models import Distribution
from privacy.models import FieldProtection
from privacy.services.protections import set_protection
from privacy.services.readiness import basis_of, current_fingerprint
from tests.cast import Cast
from tests.guards.test_mentions import hotline as hotline  # noqa: PLC0414  # the fixture
from tests.pages.visiting import Visitor, text_of
from tests.stages import Stages


def test_a_remark_that_names_somebody_may_leave_redacted(hotline: Distribution, cast: Cast, stages: Stages) -> None:
    field = hotline.fields.get(name="备注")
    oscar, page = Visitor(cast.oscar), f"/protection/{hotline.pk}/{field.pk}/"
    form = text_of(oscar.get(page + "?operator=redact"))
    assert "What is replaced" in form
    shown = text_of(oscar.post(page + "preview/", operator="redact", style="label", language="zh"))
    assert "…" in shown
    assert "电话回访" not in shown
    saved = oscar.follow(
        oscar.post(page, operator="redact", style="label", language="zh", types=["PERSON", "CN_MOBILE"])
    )
    assert "Replaced in the text:" in text_of(saved)
    rule = FieldProtection.objects.get(field=field)
    assert (rule.operator, rule.parameters) == (
        "redact",
        {"style": "label", "language": "zh", "types": "PERSON CN_MOBILE"},
    )
    assert _problems(hotline) == []
    set_protection(actor=cast.oscar, field=field, operator="redact", parameters={"types": "CN_MOBILE"})
    assert "mentions_undecided" in _problems(hotline), "what leaves persons in names somebody"


def _problems(distribution: Distribution) -> list[str]:
    basis = basis_of(distribution, fingerprint=current_fingerprint(distribution))
    return [problem.code for problem in basis.problems]
