"""The commands on a bureau's own rules."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from privacy.detection.own_rules import as_file, checked
from privacy.services.own_rule_trials import try_on_table
from tests.parity.command import Command, Scene, api, nowhere, page
from tests.privacy.own_rules import CARD, STREET, switched_on, tried, written

FORM: dict[str, Any] = {
    "type": CARD["type"],
    "zh": CARD["zh"],
    "en": CARD["en"],
    "role": CARD["role"],
    "pipl": CARD["pipl"],
    "grade": CARD["grade"],
    "names.zh": "市民卡号",
    "names.pinyin": "smkh",
    "names.en": "citizen card",
    "expressions.1.name": "card",
    "expressions.1.regex": "SZ[0-9]{10}",
    "expressions.1.score": "0.6",
    "shortest": "1",
    "longest": "64",
    "strength": "0.9",
}
VALUES = {"values": "SZ0123456789\nnothing"}
FILE = as_file([checked(CARD), checked(STREET)])


def _trial(scene: Scene) -> Any:
    rule = written(scene.cast.adam)
    return try_on_table(actor=scene.cast.oscar, rule=rule, distribution=scene.stages.distribution).job


def _its_table(scene: Scene) -> dict[str, Any]:
    return {"distribution": scene.stages.distribution.pk}


COMMANDS = [
    Command(
        "write a rule",
        who="adam",
        page=page("own-rule-new", FORM, at=nowhere),
        api=api("POST", "api-own-rule-list", {"document": CARD}, at=nowhere),
        lines=("rule.written",),
        stage="draft",
    ),
    Command(
        "change a rule",
        who="adam",
        start=lambda scene: switched_on(scene.cast.adam),
        page=page("own-rule-edit", {**FORM, "strength": "0.8", "version": "1"}),
        api=api("PUT", "api-own-rule-detail", {"document": {**CARD, "strength": 0.8}, "version": 1}),
        lines=("rule.changed",),
        stage="draft",
    ),
    Command(
        "try a rule on values",
        who="adam",
        may=("oscar", "olga", "wendy"),
        start=lambda scene: written(scene.cast.adam),
        page=page("own-rule-try", VALUES),
        api=api("POST", "api-own-rule-try-values", VALUES),
        lines=("rule.tried",),
        stage="draft",
        shown='id="tried"',
    ),
    Command(
        "try a rule on a table",
        who="oscar",
        may=("olga",),
        start=lambda scene: written(scene.cast.adam),
        page=page("own-rule-try-table", _its_table),
        api=api("POST", "api-own-rule-try-table", _its_table),
        lines=(),
        stage="draft",
    ),
    Command(
        "stop trying a rule on a table",
        who="oscar",
        start=_trial,
        page=page("job-cancel"),
        api=api("POST", "api-job-cancel"),
        lines=(),
        stage="draft",
    ),
    Command(
        "switch a rule on",
        who="adam",
        start=lambda scene: tried(scene.cast.adam),
        page=page("own-rule-on", {"version": "1"}),
        api=api("POST", "api-own-rule-on", {"version": 1}),
        lines=("rule.switched_on",),
        stage="draft",
    ),
    Command(
        "switch a rule off",
        who="adam",
        start=lambda scene: switched_on(scene.cast.adam),
        page=page("own-rule-off", {"version": "1"}),
        api=api("POST", "api-own-rule-off", {"version": 1}),
        lines=("rule.switched_off",),
        stage="draft",
    ),
    Command(
        "import rules",
        who="adam",
        page=page("own-rules-import", lambda _: {"file": SimpleUploadedFile("r.toml", FILE.encode())}, at=nowhere),
        api=api("POST", "api-own-rule-file", {"toml": FILE}, at=nowhere),
        lines=("rule.written", "rule.written"),
        stage="draft",
    ),
]
