"""Every act on an application is a line of the ledger, and no line holds a value of the data, of a filter, or a reason in words."""

from __future__ import annotations

import json

import pytest

from access.models import Application
from access.services.applications import edit_application
from access.services.assessing import raise_answer
from access.services.releases import download_release
from access.workflow import Action, State
from catalog.errors import DomainError, InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.ledger.verification import verify
from tests.access.acts import Acts, fresh
from tests.access.tables import raw_values
from tests.cast import Cast
from tests.stages import Stages, visits_csv
from tests.world import last_line

FILTER = {
    "all": [
        {"field": "区县", "op": "in", "value": ["姑苏区", "吴中区"]},
        {"field": "出生日期", "op": "ge", "value": "1971-01-01"},
    ]
}


def actions(application: Application) -> list[str]:
    return list(LedgerEntry.objects.about(application).values_list("action", flat=True))


def journey(acts: Acts, cast: Cast) -> Application:
    """Everything that can happen to one application, with words and values that must not be found again."""
    stages, act = acts.stages, acts.stages.act
    acts.offer()
    application = stages.application(row_filter=FILTER, recipients=[cast.rita], purpose="industrial")
    application = edit_application(
        actor=cast.rita, application=application, version=1, fields=None, recipients=None, values={"months": 9}
    )
    act(cast.rita, application, Action.SUBMIT)
    stages.run_jobs()
    act(cast.amy, application, Action.RETURN, reason="请说明样本量")
    act(cast.rita, application, Action.SUBMIT)
    stages.run_jobs()
    application = raise_answer(
        actor=cast.olga,
        application=application,
        version=fresh(application).version,
        target="participants",
        level=2,
        reason="有外包人员",
    )
    act(cast.amy, application, Action.APPROVE, conditions="只用于课题一")
    act(cast.oscar, application, Action.APPROVE)
    act(cast.fiona, application, Action.CONFIRM_PAYMENT, bank_reference="ICBC-20261101-0007")
    application = fresh(application)
    _, stream = download_release(actor=cast.rita, release=application.grant.release)
    stream.close()
    return act(cast.amy, application, Action.REVOKE, reason="课题已结束")


def test_every_act_is_a_line(acts: Acts, cast: Cast) -> None:
    application = journey(acts, cast)
    assert actions(application) == [
        "application.drafted",
        "application.edited",
        "application.submit",
        "application.assessed",
        "application.return",
        "application.submit",
        "application.assessed",
        "assessment.raised",
        "application.approve",
        "application.approve",
        "application.confirm_payment",
        "application.revoke",
    ]
    others = set(LedgerEntry.objects.values_list("action", flat=True))
    assert others >= {
        "project.opened",
        "offer.proposed",
        "offer.priced",
        "right.recorded",
        "release.downloaded",
        "right.ended",
    }
    for line in LedgerEntry.objects.about(application):
        assert (line.organization, line.counterpart) == (cast.health, cast.institute)


def test_no_line_holds_a_value_a_filter_a_reason_or_a_bank_reference(acts: Acts, cast: Cast) -> None:
    journey(acts, cast)
    text = json.dumps(list(LedgerEntry.objects.values_list("action", "details")), ensure_ascii=False)
    raw = raw_values(visits_csv(), "身份证号", "姓名", "手机号", "出生日期")
    words = {"姑苏", "吴中", "1971", "样本量", "外包", "课题", "ICBC", "用途", "慢性"}
    assert not [value for value in raw | words if value in text]


def test_what_the_program_did_itself_has_no_actor(acts: Acts, cast: Cast) -> None:
    application = journey(acts, cast)
    own = LedgerEntry.objects.about(application).filter(actor__isnull=True).values_list("action", flat=True)
    assert set(own) == {"application.assessed"}


@pytest.mark.parametrize(
    ("name", "action", "error"),
    [
        ("wendy", Action.APPROVE, NotPermitted),
        ("fiona", Action.CONFIRM_PAYMENT, WrongState),
        ("rita", Action.SUBMIT, WrongState),
        ("amy", Action.REJECT, InvalidInput),
    ],
)
def test_a_refused_act_writes_no_line(
    stages: Stages, cast: Cast, deciding: Application, name: str, action: Action, error: type[DomainError]
) -> None:
    lines = LedgerEntry.objects.count()
    with pytest.raises(error):
        stages.act(getattr(cast, name), deciding, action)
    assert LedgerEntry.objects.count() == lines


def test_the_chain_holds_after_all_of_it(acts: Acts, cast: Cast) -> None:
    journey(acts, cast)
    assert verify().ok


def test_the_line_of_an_approval_names_the_bytes(acts: Acts, cast: Cast, deciding: Application) -> None:
    acts.sign(deciding, cast.amy)
    line = last_line(deciding)
    assert line.details["artefact"] == deciding.artefacts.get().sha256
    assert line.details["state"] == State.DECIDING


def test_an_auditor_reads_the_lines_and_a_stranger_none(acts: Acts, cast: Cast) -> None:
    application = journey(acts, cast)
    lines = LedgerEntry.objects.about(application)
    assert LedgerEntry.objects.visible_to(cast.audrey).about(application).count() == lines.count()
    assert not LedgerEntry.objects.visible_to(cast.wendy).about(application).exists()
