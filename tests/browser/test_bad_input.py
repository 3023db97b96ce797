"""What people do wrong, twice, too late, or with bad intent: told in plain words, and what they typed stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from catalog.datasets.models import Dataset, RightsAssignment, Source
from catalog.datasets.services import edit_dataset
from catalog.jobs.models import Job
from catalog.people.models import User
from privacy.models import Finding
from tests.browser.conftest import signed_in
from tests.cast import PASSWORD
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


def test_what_comes_between_costs_nobody_what_they_typed(stages: Stages, browser: Browser) -> None:
    """The session ends, the connection is lost, a file is too large, no worker runs: each said in plain words."""
    assert stages.scan
    with live_web(UPLOAD_MAX_BYTES=105_000) as address:
        with signed_in(browser, address, "stella", "en") as page:
            page.set_default_timeout(20_000)
            _sign_out_under_a_form(page)
            _send_a_file_that_is_too_large(page)
        with signed_in(browser, address, "oscar", "en") as page:
            page.set_default_timeout(20_000)
            _sign_out_under_a_review_card(page, stages)
            _lose_the_connection(page, stages)
            _wait_without_a_worker(page, stages)


def _end_session(page: Page) -> None:
    """The session's row is gone, as after its time or after a password was changed elsewhere."""
    (key,) = (cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    assert Session.objects.filter(pk=key).delete()[0] == 1


@contextmanager
def _signing_in_beside(page: Page, username: str) -> Iterator[None]:
    """What is clicked opens a tab in which the person signs in; then they come back."""
    with page.context.expect_page() as opened:
        yield
    tab = opened.value
    tab.fill("[name=username]", username)
    tab.fill("[name=password]", PASSWORD)
    tab.click("main form button")
    expect(tab.locator("main")).to_contain_text("go back to the other one")
    tab.close()


def _sign_out_under_a_form(page: Page) -> None:
    page.goto("/account/")
    page.fill("[name=display_name]", "Stella, seen from afar")
    _end_session(page)
    page.locator("form:has([name=display_name]) button").click()
    expect(page.locator("main")).to_contain_text("What you typed is not lost.")
    with _signing_in_beside(page, "stella"):
        page.click("text=Sign in in a new tab")
    page.click("text=Send again")
    expect(page.locator("main .alert-success")).to_be_visible()
    assert User.objects.get(username="stella").display_name == "Stella, seen from afar"


def _send_a_file_that_is_too_large(page: Page) -> None:
    page.goto("/register/?kind=upload")
    page.fill("[name=name]", "a very long table")
    file = {"name": "long.csv", "mimeType": "text/csv", "buffer": b"a,b\n" + b"1,2\n" * 50_000}
    page.set_input_files("[name=file]", file)  # type: ignore[arg-type]  # a payload is a mapping of its own
    page.click("text=Upload and go on")
    expect(page.locator("main")).to_contain_text("The file is larger than this installation accepts: at most 0.1 MB.")
    expect(page.locator("[name=name]")).to_have_value("a very long table")
    assert not Source.objects.filter(name="a very long table").exists()


def _open_rejection(page: Page, finding: Finding, reason: str) -> None:
    page.goto(f"/review/cards/{finding.pk}/")
    page.locator("summary", has_text="Reject").click()
    page.fill("[name=reject-reason]", reason)


def _sign_out_under_a_review_card(page: Page, stages: Stages) -> None:
    finding, reason = Finding.objects.get(field=stages.field("性别")), "代码表，不是个人信息"
    _open_rejection(page, finding, reason)
    card = page.url
    _end_session(page)
    page.click("text=Reject the finding")
    expect(page.locator("#messages")).to_contain_text("You were signed out, so nothing was changed.")
    expect(page.locator("[name=reject-reason]")).to_have_value(reason)
    assert page.url == card
    with _signing_in_beside(page, "oscar"):
        page.click("#messages >> text=Sign in in a new tab")
    page.click("text=Reject the finding")
    expect(page.locator("#messages")).to_contain_text("性别: rejected.")
    finding.refresh_from_db()
    assert (finding.state, finding.reason) == ("rejected", reason)


def _lose_the_connection(page: Page, stages: Stages) -> None:
    finding, reason = Finding.objects.get(field=stages.field("诊断")), "已汇总，不涉及个人"
    _open_rejection(page, finding, reason)
    page.context.set_offline(True)
    page.click("text=Reject the finding")
    expect(page.locator("#messages")).to_contain_text("The connection was lost. What you typed is still here")
    expect(page.locator("[name=reject-reason]")).to_have_value(reason)
    page.context.set_offline(False)
    page.click("text=Reject the finding")
    expect(page.locator("#messages")).to_contain_text("诊断: rejected.")
    finding.refresh_from_db()
    assert (finding.state, finding.reason) == ("rejected", reason)


def _wait_without_a_worker(page: Page, stages: Stages) -> None:
    """Nobody works: the page says so, and since when; after a while also what to do."""
    page.goto(f"/scans/new/?distribution={stages.distribution.pk}")
    page.click("text=Start the scan")
    progress = page.locator("#scan-progress")
    job = Job.objects.waiting().get()
    since = timezone.localtime(job.created_at)
    expect(progress).to_contain_text("in the queue since")
    expect(progress).to_contain_text(f"{since:%M}")
    expect(progress).to_contain_text("no worker has taken it yet")
    Job.objects.filter(pk=job.pk).update(created_at=job.created_at - timedelta(minutes=3))
    expect(progress).to_contain_text("Nobody has taken it for 3 min: the worker seems to have stopped.")
    expect(progress).to_contain_text("tell whoever operates the program")
