"""What people do wrong, twice, too late, or with bad intent: told in plain words, and what they typed stays."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.datasets.models import Dataset, RightsAssignment
from catalog.datasets.services import edit_dataset
from tests.browser.conftest import signed_in
from tests.journey.processes import live_web
from tests.stages import Stages

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
]
SCRIPT = "<script>window.broken = true</script>"
TYPED = {
    "script": SCRIPT,
    "formula": "=cmd|' /C calc'!A0",
    "picture": '"><img src=x onerror="window.broken = true">',
    "emoji": "门诊 🙂👩‍⚕️",
    "right to left": "\u202eعيادة\u202c 门诊",
}
SAVE = "main form:has([name=title]) .actions .btn-primary"


def test_bad_input_is_told_in_plain_words_and_kept(stages: Stages, browser: Browser) -> None:
    dataset = stages.draft
    with live_web() as address, signed_in(browser, address, "stella", "en") as page:
        page.set_default_timeout(20_000)
        _write_hostile_titles(page, dataset)
        _write_too_much(page, dataset)
        _write_on_an_old_copy(page, dataset, stages)
        _send_twice(page, dataset)
        _go_back_and_send(page, dataset)


def _title(dataset: Dataset) -> str:
    return str(Dataset.objects.get(pk=dataset.pk).title)


def _write_hostile_titles(page: Page, dataset: Dataset) -> None:
    """Whatever is typed is text, in the heading and in the form."""
    for typed in TYPED.values():
        page.goto(f"/catalogue/{dataset.pk}/edit/")
        page.fill("[name=title_en]", typed)
        page.click(SAVE)
        expect(page.locator("main .alert-success, main .wrong").first).to_be_visible()
        if page.locator("main .wrong").count():  # refused: the very text is still there
            expect(page.locator("[name=title_en]")).to_have_value(typed)
        else:
            expect(page.locator("h1")).to_have_text(Dataset.objects.get(pk=dataset.pk).title_en)
        assert page.evaluate("window.broken") is None


def _write_too_much(page: Page, dataset: Dataset) -> None:
    """Ten thousand characters where two hundred fit: nothing is saved, nothing is lost, no trace is shown."""
    before = _title(dataset)
    page.goto(f"/catalogue/{dataset.pk}/edit/")
    page.evaluate("document.querySelector('[name=title]').removeAttribute('maxlength')")
    page.fill("[name=title]", "门" * 10_000)
    page.fill("[name=abstract]", "写了很久的摘要")
    page.click(SAVE)
    expect(page.locator(".field-wrong .wrong").first).to_contain_text("200")
    expect(page.locator("[name=title]")).to_have_value("门" * 10_000)
    expect(page.locator("[name=abstract]")).to_have_value("写了很久的摘要")
    assert "Traceback" not in page.content()
    assert _title(dataset) == before


def _write_on_an_old_copy(page: Page, dataset: Dataset, stages: Stages) -> None:
    """A colleague was faster: that is said, and what was typed is still in the form."""
    page.goto(f"/catalogue/{dataset.pk}/edit/")
    page.fill("[name=title]", "我的标题")
    current = Dataset.objects.get(pk=dataset.pk)
    edit_dataset(actor=stages.cast.stefan, dataset=current, revision=current.revision, values={"title": "他的标题"})
    page.click(SAVE)
    expect(page.locator("main .alert-danger")).to_be_visible()
    expect(page.locator("[name=title]")).to_have_value("我的标题")
    assert _title(dataset) == "他的标题"


def _fill_right(page: Page, dataset: Dataset, basis: str) -> None:
    page.goto(f"/register/{dataset.pk}/rights/?kind=control")
    holder = page.locator("form:has([name=basis]) .field:has(select[name=holder])")
    holder.locator(".ts-control").click()
    holder.locator(".ts-dropdown .option:has-text('Big Data')").click()
    page.fill("[name=basis]", basis)
    page.fill("[name=valid_from]", "2025-01-01")


def _send_twice(page: Page, dataset: Dataset) -> None:
    """A double click records one right."""
    before = RightsAssignment.objects.count()
    _fill_right(page, dataset, "数据委托管理协议")
    with page.expect_navigation():
        page.dblclick("form:has([name=basis]) .btn-primary")
    page.wait_for_load_state()
    assert RightsAssignment.objects.count() == before + 1


def _go_back_and_send(page: Page, dataset: Dataset) -> None:
    """The form that the back button brings back was sent already: it acts no second time."""
    before = RightsAssignment.objects.count()
    page.go_back()
    expect(page.locator("[name=basis]")).to_be_visible()
    page.click("form:has([name=basis]) .btn-primary")
    expect(page.locator("main .alert").first).to_be_visible()
    assert RightsAssignment.objects.count() == before
