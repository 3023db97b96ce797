"""The commands on projects, offers, applications, releases."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from access.services.offers import propose_offer
from access.services.projects import open_project
from access.workflow import Action, State
from privacy.risk.codes import Control, MotiveFactor
from privacy.risk.questionnaire import QUESTIONS
from privacy.services.protections import set_protection
from tests.access.acts import fresh
from tests.parity.command import Command, Request, Scene, api, nowhere, page
from tests.stages import ANSWERS, CONTROLS, MOTIVE

DECIDERS = ("amy", "oscar", "olga")
REASON = {"reason": "请补充用途"}
FIELDS = ("身份证号", "性别", "出生日期", "区县", "诊断")
PLAIN = {
    "purpose": "public_good",
    "purpose_detail": "研究慢性病在各区县的分布,形成防治建议",
    "duty_citation": "研究所章程第 4 条",
    "legal_basis": "public_interest",
    "legal_citation": "PIPL Art 13(1)(5)",
    "mode": "controlled",
    "format": "csv",
    "months": 6,
}
# One condition, as the builder sends it and as the tree it is.
CONDITION = {
    "condition-count": "1",
    "condition-join": "all",
    "condition-0-field": "区县",
    "condition-0-operator": "in",
    "condition-0-value": "姑苏区\n吴中区",
}
TREE = {"all": [{"field": "区县", "op": "in", "value": ["姑苏区", "吴中区"]}]}


def _typed(**changes: Any) -> dict[str, Any]:
    """An application as the form sends it."""
    return {
        **PLAIN,
        "fields": list(FIELDS),
        "why": "研究需要",
        "recipient_in_china": "yes",
        "rests_on": "评估材料第 3 节",
        "controls": [control.value for control in Control],
        **{f"level-{code}": "1" for code in QUESTIONS},
        **{f"motive-{factor}": "no" for factor in MotiveFactor},
        "condition-count": "0",
        **changes,
    }


def _asked(**changes: Any) -> dict[str, Any]:
    """The same as the API takes it."""
    return {
        **PLAIN,
        "fields": [{"name": name, "justification": "研究需要"} for name in FIELDS],
        "recipient_in_china": True,
        "questionnaire": ANSWERS,
        "controls": CONTROLS,
        "motive": MOTIVE,
        **changes,
    }


def _distribution(scene: Scene) -> Any:
    return scene.stages.ready


def _open_project(scene: Scene) -> Any:
    scene.more["project"] = open_project(actor=scene.cast.ron, organization=scene.cast.institute, name="慢病防治")
    return scene.stages.ready


def _proposed_offer(scene: Scene) -> Any:
    return propose_offer(actor=scene.cast.stella, dataset=scene.stages.draft, amount=Decimal(500))


def _reach(state: State) -> Any:
    return lambda scene: scene.acts.reach(state)


def _signed_by_the_owner(scene: Scene) -> Any:
    """Assessed; one signature is missing."""
    return scene.acts.sign(scene.stages.deciding(), scene.cast.amy)


def _paid_use_signed_by_the_owner(scene: Scene) -> Any:
    scene.acts.offer()
    return scene.acts.sign(scene.stages.deciding(purpose="industrial"), scene.cast.amy)


def _changed_since_the_assessment(scene: Scene) -> Any:
    application = scene.stages.deciding()
    set_protection(actor=scene.cast.oscar, field=scene.stages.field("诊断"), operator="drop")
    return application


def _release(scene: Scene) -> Any:
    return scene.acts.reach(State.GRANTED).grant.release


def _act(action: Action, said: Mapping[str, Any]) -> tuple[Request, Request]:
    """The page of an action and its address in the API: the version that was read, and what comes with it."""

    def at(scene: Scene) -> tuple[int, str]:
        return scene.it.pk, action.value

    def sent(scene: Scene) -> dict[str, Any]:
        return {"version": fresh(scene.it).version, **said}

    return page("application-act", sent, at=at), api("POST", "api-application-act", sent, at=at)


def _action(
    does: str,
    action: Action,
    start: Any,
    who: str,
    lines: tuple[str, ...],
    *,
    may: tuple[str, ...] = (),
    said: Mapping[str, Any] | None = None,
    refused: bool = False,
) -> Command:
    on_page, on_api = _act(action, said or {})
    return Command(does, who=who, may=may, start=start, page=on_page, api=on_api, lines=lines, refused=refused)


def _payment(scene: Scene) -> dict[str, Any]:
    return {"version": fresh(scene.it).version, "bank_reference": "ICBC-20261101-0007", "paid_on": "2026-01-05"}


def _raised(scene: Scene) -> dict[str, Any]:
    return {"version": fresh(scene.it).version, "target": "participants", "level": 2, "reason": "有外包人员"}


PRICE = {"amount": "450.00", "cap": "900.00", "basis": "苏发改价〔2026〕7号"}
REVENUE = {"cost": "800.00", "profit": "150.00", "tax": "50.00"}

BEFORE = [
    Command(
        "open a project",
        who="rita",
        may=("ron",),
        page=page("projects", lambda scene: {"organization": scene.cast.institute.pk, "name": "慢病防治"}, at=nowhere),
        api=api(
            "POST",
            "api-project-list",
            lambda scene: {"organization": scene.cast.institute.pk, "name": "慢病防治"},
            at=nowhere,
        ),
        lines=("project.opened",),
    ),
    Command(
        "propose a price",
        who="stella",
        may=("stefan",),
        start=lambda scene: scene.stages.draft,
        page=page("offers", lambda scene: {"dataset": scene.it.pk, "amount": "500.00"}, at=nowhere),
        api=api("POST", "api-offer-list", lambda scene: {"dataset": scene.it.pk, "amount": "500.00"}, at=nowhere),
        lines=("offer.proposed",),
    ),
    Command(
        "put a price in force",
        who="fiona",
        start=_proposed_offer,
        page=page("offer", {**PRICE, **REVENUE}),
        api=api("POST", "api-offer-price", {**PRICE, "permitted_revenue": REVENUE}),
        lines=("offer.priced",),
    ),
]

WRITING = [
    Command(
        "write an application",
        who="rita",
        may=("ron",),
        start=_distribution,
        page=page("apply", lambda scene: _typed(organization=scene.cast.institute.pk)),
        api=api(
            "POST",
            "api-application-list",
            lambda scene: _asked(organization=scene.cast.institute.pk, distribution=scene.it.pk),
            at=nowhere,
        ),
        lines=("project.opened", "application.drafted"),
    ),
    Command(
        "write one in a project for others with a filter",
        who="rita",
        may=("ron",),
        start=_open_project,
        page=page(
            "apply",
            lambda scene: _typed(
                organization=scene.cast.institute.pk,
                project=scene.more["project"].pk,
                recipients=[scene.cast.rita.pk, scene.cast.ron.pk],
                **CONDITION,
            ),
        ),
        api=api(
            "POST",
            "api-application-list",
            lambda scene: _asked(
                organization=scene.cast.institute.pk,
                distribution=scene.it.pk,
                project=scene.more["project"].pk,
                recipients=["rita", "ron"],
                row_filter=TREE,
            ),
            at=nowhere,
        ),
        lines=("application.drafted",),
    ),
    *(
        Command(
            f"edit a {state} application",
            who="rita",
            start=_reach(state),
            page=page(
                "application-edit",
                lambda scene: _typed(
                    organization=scene.cast.institute.pk,
                    project=scene.it.project_id,
                    recipients=[scene.cast.rita.pk],
                    version=scene.it.version,
                    months=9,
                ),
            ),
            api=api(
                "PATCH",
                "api-application-detail",
                lambda scene: _asked(version=scene.it.version, recipients=["rita"], months=9),
            ),
            lines=("application.edited",),
        )
        for state in (State.DRAFT, State.RETURNED)
    ),
]

WORKFLOW = [
    _action("submit an application", Action.SUBMIT, _reach(State.DRAFT), "rita", ("application.submit",)),
    _action("withdraw a draft", Action.WITHDRAW, _reach(State.DRAFT), "rita", ("application.withdraw",)),
    _action(
        "withdraw what waits for its assessment",
        Action.WITHDRAW,
        _reach(State.SUBMITTED),
        "rita",
        ("application.withdraw",),
    ),
    _action(
        "withdraw what is being decided", Action.WITHDRAW, _reach(State.DECIDING), "rita", ("application.withdraw",)
    ),
    _action(
        "return an application",
        Action.RETURN,
        _reach(State.DECIDING),
        "amy",
        ("application.return",),
        may=DECIDERS,
        said=REASON,
    ),
    _action(
        "reject an application",
        Action.REJECT,
        _reach(State.DECIDING),
        "amy",
        ("application.reject",),
        may=DECIDERS,
        said=REASON,
    ),
    _action(
        "sign an application",
        Action.APPROVE,
        _reach(State.DECIDING),
        "amy",
        ("application.approve",),
        may=DECIDERS,
        said={"conditions": "只用于本课题"},
    ),
    _action(
        "sign as the last",
        Action.APPROVE,
        _signed_by_the_owner,
        "oscar",
        ("right.recorded", "application.approve"),
        may=("olga",),
    ),
    _action(
        "sign a paid use as the last",
        Action.APPROVE,
        _paid_use_signed_by_the_owner,
        "oscar",
        ("application.approve",),
        may=("olga",),
    ),
    _action(
        "sign what has changed since",
        Action.APPROVE,
        _changed_since_the_assessment,
        "amy",
        ("application.basis_changed",),
        may=DECIDERS,
        refused=True,
    ),
    Command(
        "raise an answer",
        who="amy",
        may=DECIDERS,
        start=_reach(State.DECIDING),
        page=page("application-raise", _raised),
        api=api("POST", "api-application-raise", _raised),
        lines=("assessment.raised",),
    ),
    Command(
        "confirm a payment on the application's page",
        who="fiona",
        start=_reach(State.AWAITING_PAYMENT),
        page=page("application-act", _payment, at=lambda scene: (scene.it.pk, "confirm_payment")),
        api=api("POST", "api-application-act", _payment, at=lambda scene: (scene.it.pk, "confirm_payment")),
        lines=("right.recorded", "application.confirm_payment"),
    ),
    Command(
        "confirm a payment on the list",
        who="fiona",
        start=_reach(State.AWAITING_PAYMENT),
        page=page("payments", lambda scene: {**_payment(scene), "application": scene.it.pk}, at=nowhere),
        api=api("POST", "api-application-act", _payment, at=lambda scene: (scene.it.pk, "confirm_payment")),
        lines=("right.recorded", "application.confirm_payment"),
    ),
    _action(
        "revoke a grant",
        Action.REVOKE,
        _reach(State.GRANTED),
        "amy",
        ("right.ended", "application.revoke"),
        may=DECIDERS,
        said=REASON,
    ),
    Command(
        "download a release",
        who="rita",
        start=_release,
        page=page("release-download", get=True),
        api=api("GET", "api-release-download"),
        lines=("release.downloaded",),
    ),
]

COMMANDS = [*BEFORE, *WRITING, *WORKFLOW]
