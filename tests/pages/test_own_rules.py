"""Own rules on pages: written, refused by their field, tried on values and tables, switched on; and who sees what of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from privacy.models import OwnRule, OwnRuleState, OwnRuleTrial
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.privacy.own_rules import CARD, PATHOLOGICAL, STREET, switched_on, tried, written
from tests.stages import Stages
from tests.world import run_queued_jobs

FORM: dict[str, Any] = {
    "type": "SZ_CITIZEN_CARD",
    "zh": "苏州市民卡号",
    "en": "Suzhou citizen card number",
    "role": "direct",
    "pipl": "general",
    "grade": "general_3",
    "names.zh": "市民卡号\n市民卡",
    "names.pinyin": "smkh",
    "expressions.1.name": "card",
    "expressions.1.regex": "SZ[0-9]{10}",
    "expressions.1.score": "0.6",
    "shortest": "1",
    "longest": "64",
    "strength": "0.9",
}


def post(who: Any, route: str, *at: int, **values: Any) -> Any:
    return Visitor(who).client.post(reverse(route, args=at), values)


def test_an_administrator_writes_tries_and_switches_a_rule_on(cast: Cast) -> None:
    page = text_of(Visitor(cast.adam).get("/rules/"))
    assert "Write a rule" in page
    visitor = Visitor(cast.adam)
    answer = visitor.follow(visitor.client.post(reverse("own-rule-new"), FORM))
    rule = OwnRule.objects.get()
    assert rule.document["names"]["zh"] == ["市民卡号", "市民卡"]
    assert "This version was not tried yet" in text_of(answer)
    assert "Switch it on" not in text_of(answer)
    answer = visitor.client.post(reverse("own-rule-try", args=[rule.pk]), {"values": "SZ0123456789\n张三丰的备注"})
    text = text_of(answer)
    assert "Found: 1 of 2" in text
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Switch it on" in text
    page = visitor.follow(visitor.client.post(reverse("own-rule-on", args=[rule.pk]), {"version": "1"}))
    assert "Scans look for it from now on" in text_of(page)
    rule.refresh_from_db()
    assert rule.state == OwnRuleState.ON


def test_a_pathological_expression_is_refused_by_its_field_and_what_was_typed_stays(cast: Cast) -> None:
    answer = post(cast.adam, "own-rule-new", **{**FORM, "expressions.1.regex": "", "expressions.3.regex": PATHOLOGICAL})
    html = answer.content.decode()
    assert "repeats without end" in html
    assert html.index("repeats without end") > html.index('name="expressions.3.regex"')
    assert html.index("repeats without end") < html.index('name="expressions.4.regex"')
    assert "苏州市民卡号" in html
    assert not OwnRule.objects.exists()
    chinese = Visitor(cast.adam, language="zh-hans").client.post(
        reverse("own-rule-new"), {**FORM, "expressions.1.regex": PATHOLOGICAL}
    )
    assert "无限次" in text_of(chinese)


def test_a_form_sent_twice_writes_one_rule(cast: Cast) -> None:
    visitor = Visitor(cast.adam)
    once = {**FORM, "once": "a" * 32}
    visitor.client.post(reverse("own-rule-new"), once)
    assert visitor.client.post(reverse("own-rule-new"), once).status_code == 302
    assert OwnRule.objects.count() == 1


def test_changing_a_rule_shows_what_it_says_and_makes_a_version_to_be_tried(cast: Cast) -> None:
    rule = switched_on(cast.adam)
    page = Visitor(cast.adam).get(reverse("own-rule-edit", args=[rule.pk])).content.decode()
    assert "SZ[0-9]{10}" in page
    assert "Scans look for it now" in page
    answer = post(cast.adam, "own-rule-edit", rule.pk, version=1, **{**FORM, "strength": "0.8"})
    assert answer.status_code == 302
    rule.refresh_from_db()
    assert (rule.version, rule.state) == (2, OwnRuleState.DRAFT)
    stale = post(cast.adam, "own-rule-edit", rule.pk, version=1, **{**FORM, "strength": "0.7"})
    assert "Someone changed this since you read it" in text_of(stale)


def test_a_rule_is_switched_off_on_its_page(cast: Cast) -> None:
    rule = switched_on(cast.adam)
    post(cast.adam, "own-rule-off", rule.pk, version=1)
    rule.refresh_from_db()
    assert rule.state == OwnRuleState.OFF


@pytest.mark.parametrize("who", ["stella", "rita", "audrey"])
def test_what_a_rule_says_is_for_administrators_and_privacy_officers(cast: Cast, who: str) -> None:
    rule = written(cast.adam)
    visitor = Visitor(getattr(cast, who))
    assert visitor.get(reverse("own-rule", args=[rule.pk])).status_code == 404
    assert visitor.get(reverse("own-rules-export")).status_code == 403
    assert visitor.get(reverse("own-rule-new")).status_code == 403
    assert "Write a rule" not in text_of(visitor.get("/rules/"))
    assert "Suzhou citizen card number" in text_of(visitor.get("/rules/"))


def test_an_officer_reads_and_tries_but_does_not_write(cast: Cast) -> None:
    rule = tried(cast.adam)
    visitor = Visitor(cast.oscar)
    page = text_of(visitor.get(reverse("own-rule", args=[rule.pk])))
    assert "SZ[0-9]{10}" in page
    assert "Switch it on" not in page
    assert visitor.get(reverse("own-rule-edit", args=[rule.pk])).status_code == 403
    assert "Found: 1 of 1" in text_of(
        visitor.client.post(reverse("own-rule-try", args=[rule.pk]), {"values": "SZ0123456789"})
    )


def test_the_page_of_all_rules_shows_own_rules_with_state_and_version(cast: Cast) -> None:
    rule = switched_on(cast.adam)
    written(cast.adam, STREET)
    page = text_of(Visitor(cast.oscar).get("/rules/?own=1"))
    assert "own rule On version 1" in page
    assert "own rule Draft version 1" in page
    assert "CN_RESIDENT_ID" not in page
    assert reverse("own-rule", args=[rule.pk]) in Visitor(cast.oscar).get("/rules/?q=smkh").content.decode()
    assert "SZ_STREET" not in text_of(Visitor(cast.oscar).get("/rules/?q=smkh"))


def test_a_rule_is_tried_on_a_table_and_its_page_says_what_would_change(stages: Stages) -> None:
    cast = stages.cast
    rule = written(cast.adam, {**CARD, "expressions": [{"name": "m", "regex": "1[3-9][0-9]{9}"}]})
    visitor = Visitor(cast.oscar)
    sent = visitor.client.post(reverse("own-rule-try-table", args=[rule.pk]), {"distribution": stages.distribution.pk})
    assert "hx-get" in visitor.follow(sent).content.decode()
    run_queued_jobs()
    trial = OwnRuleTrial.objects.get()
    page = text_of(visitor.get(reverse("own-rule-trial", args=[trial.pk])))
    assert "Rows judged with the rule and without it" in page
    assert "手机号" in page
    assert visitor.get(reverse("own-rule-trial", args=[trial.pk]), **{"HX-Request": "true"}).headers["HX-Refresh"]
    assert Visitor(cast.adam).get(reverse("own-rule-trial", args=[trial.pk])).status_code == 404
    assert Visitor(cast.wendy).get(reverse("own-rule-trial", args=[trial.pk])).status_code == 404


def test_a_file_is_exported_and_imported_and_a_bad_one_says_why(cast: Cast) -> None:
    written(cast.adam)
    visitor = Visitor(cast.adam)
    exported = visitor.get(reverse("own-rules-export"))
    assert exported.headers["Content-Disposition"] == 'attachment; filename="own-rules.toml"'
    OwnRule.objects.all().delete()
    answer = visitor.client.post(reverse("own-rules-import"), {"file": upload(exported.content)})
    assert answer.status_code == 302, text_of(answer)
    assert OwnRule.objects.get().entity_type == "SZ_CITIZEN_CARD"
    bad = visitor.client.post(reverse("own-rules-import"), {"file": upload(b"[[entity]]\ntype = 'x'\n")})
    assert "Nothing was imported. Rule 1 (?), type" in text_of(bad)


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("rules.toml", content)


def test_a_rule_that_a_shipped_one_displaced_says_so_on_its_page_and_on_the_page_of_all(cast: Cast) -> None:
    rule = switched_on(cast.adam)
    OwnRule.objects.filter(pk=rule.pk).update(entity_type="CN_MOBILE", document={**rule.document, "type": "CN_MOBILE"})
    visitor = Visitor(cast.adam)
    rules = visitor.get("/rules/")
    assert "Own rule CN_MOBILE: the shipped rule pack has a type of this name now" in text_of(rules)
    assert reverse("own-rule", args=[rule.pk]) in rules.content.decode()
    assert "own rule On" not in text_of(rules)
    page = text_of(visitor.get(reverse("own-rule", args=[rule.pk])))
    assert "Displaced" in page
    assert "scans look for it by the shipped rule" in page
    assert "CN_MOBILE: the shipped" not in text_of(Visitor(cast.stella).get("/rules/"))
