"""The main job by clicking: everybody finds their part on the first page and does it there, in either language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.ledger.verification import verify
from privacy.models import Finding, FindingState
from tests.browser.conftest import LANGUAGES, signed_in
from tests.cast import Cast
from tests.stages import visits_csv

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
]
ASKED = ("身份证号", "性别", "出生日期", "区县", "诊断")
WORKER_MS = 60_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_goes_from_upload_to_a_protected_release_and_back(
    cast: Cast, browser: Browser, address: str, language: str, tmp_path: Path
) -> None:
    people = People(browser, address, language)
    with people.reading("stella") as page:
        record = _bring_in(page)
    with people.reading("stefan") as page:
        _publish(page)
    with people.reading("oscar") as page:
        _scan_and_review(page)
        _protect(page)
    with people.reading("rita") as rita:
        _apply(rita)
        for name in ("amy", "oscar"):
            with people.reading(name) as page:
                _sign(page)
        content = _download(rita, tmp_path)
        with people.reading("amy") as page:
            _revoke(page)
        _be_refused(rita)
    with people.reading("audrey") as page:
        _audit(page)
    assert record.startswith("305001")
    assert not [row for row in visits_csv().decode().splitlines()[1:] if row.split(",")[0] in content]
    assert verify().ok


class People:
    """The cast in front of their browsers."""

    def __init__(self, browser: Browser, address: str, language: str) -> None:
        self.browser, self.address, self.language = browser, address, language

    @contextmanager
    def reading(self, name: str) -> Iterator[Page]:
        """One of them, signed in and on the first page; they say yes to what they are asked."""
        with ExitStack() as stack:
            page = stack.enter_context(signed_in(self.browser, self.address, name, self.language))
            page.set_default_timeout(20_000)
            page.on("dialog", lambda dialog: dialog.accept())
            yield page


def _bring_in(page: Page) -> str:
    """Stella registers a file; returns the code of the record."""
    page.click("nav.shortcuts a[href='/register/']")
    page.set_input_files("[name=file]", {"name": "visits.csv", "mimeType": "text/csv", "buffer": visits_csv()})
    page.click("main form:has([name=file]) .btn-primary")
    page.click("#columns form .btn-primary")
    page.fill("[name=title]", "门诊就诊记录")
    page.fill("[name=title_en]", "Outpatient visits")
    page.fill("[name=abstract]", "全市医疗机构门诊就诊的逐条记录。")
    page.fill("[name=category]", "305001")
    page.fill("[name=keywords]", "门诊、就诊")
    page.check("[name=share_type][value=conditional]")
    page.fill("[name=share_condition]", "用于公共卫生研究")
    page.select_option("[name=share_mode]", "file")
    page.select_option("[name=update_cycle]", "daily")
    page.click("main form:has([name=title]) .actions .btn-primary")
    page.fill("[name=basis]", "苏政发〔2025〕1号")
    page.fill("[name=valid_from]", "2025-01-01")
    page.click("form:has([name=basis]) .btn-primary")
    page.click("main > .actions .btn-primary")
    page.click("form[action$='/submit/'] .btn-primary")
    expect(page.locator(".state-submitted").first).to_be_visible()
    return page.locator(".lead-quiet .code").inner_text()


def _publish(page: Page) -> None:
    """Stefan finds the record waiting and publishes it."""
    page.click("main a.todo-title[href^='/catalogue/']")
    page.click("form[action$='/publish/'] button")
    expect(page.locator(".state-published").first).to_be_visible()


def _scan_and_review(page: Page) -> None:
    """Oscar scans the table that nobody has scanned, and decides each finding by keyboard."""
    page.click("main a.todo-title[href^='/scans/new/']")
    page.click("main form .btn-primary")
    expect(page.locator("main .state-complete").first).to_be_visible(timeout=WORKER_MS)
    page.keyboard.press("r")
    page.wait_for_url("**/review/cards/**")
    number, ways = Finding.objects.awaiting_review().count(), iter("ex")
    assert number >= 3
    for left in range(number, 0, -1):
        # Nobody presses a key within the moment in which the next card takes its place.
        page.wait_for_load_state("networkidle")
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
        column = page.locator("main h1").inner_text().split("\n")[0].strip()
        proven = column in ("身份证号",)
        way = "c" if proven or column in ASKED else next(ways, "c")
        page.keyboard.press(way)
        if way != "c":
            box = page.locator("details[open] textarea")
            box.fill("已核对")
            expect(box).to_have_value("已核对")
            page.locator("details[open] form .btn-primary, details[open] form .btn-danger").last.click()
        expect(page.locator("main h1")).not_to_contain_text(column)
        assert Finding.objects.awaiting_review().count() == left - 1
    states = set(Finding.objects.values_list("state", flat=True))
    assert states >= {FindingState.CONFIRMED, FindingState.REJECTED}


def _protect(page: Page) -> None:
    """Oscar says whom a row is about, has rules proposed, and generalises the day of birth."""
    page.goto("/")
    page.click("main a.todo-title[href^='/protection/']")
    page.click("#subject summary")
    page.check("#subject [name=subject-kind][value=person]")
    page.click("#subject .ts-control")
    page.click("#subject .ts-dropdown .option:has-text('身份证号')")
    page.press("#subject form .btn-primary", "Enter")
    expect(page.locator("#subject strong")).to_have_text("身份证号")
    page.click("#rules form[action$='/propose/'] button")
    expect(page.locator("#rules form[action$='/propose/'] .btn-primary")).to_have_count(0)
    expect(page.locator(".checklist .open")).to_have_count(0)


def _apply(page: Page) -> None:
    """Rita finds the table by a word of its title, asks for some columns and rows, and sends it in."""
    page.fill("#find", "门诊")
    page.press("#find", "Enter")
    page.click("article.result h2 a")
    page.click("#access-panel a[href^='/apply/']")
    for name in ASKED:
        page.check(f"[name=fields][value='{name}']")
    page.fill("[name=why]", "研究需要")
    with page.expect_response("**/filter/"):
        page.click("#row-filter [value=add]")
    expect(page.locator("#row-filter fieldset")).to_have_count(1)
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
    with page.expect_response("**/filter/"):
        page.select_option("#row-filter fieldset select >> nth=0", "区县")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
    page.fill("#row-filter fieldset [name$='-value']", "姑苏区")
    page.check("[name=purpose][value=public_good]")
    page.fill("[name=purpose_detail]", "研究慢性病在各区县的分布,形成防治建议")
    page.fill("[name=duty_citation]", "研究所章程第 4 条")
    page.select_option("[name=legal_basis]", "public_interest")
    page.fill("[name=legal_citation]", "PIPL Art 13(1)(5)")
    page.check("[name=recipient_in_china][value=yes]")
    page.fill("[name=rests_on]", "评估材料第 3 节")
    for question in page.locator("#s-risk fieldset.question").all():
        question.locator("label.segment:has(input[value='1'])").click()
    page.click("[data-tick=all][data-group=controls]")
    for motive in page.locator("#s-recipient fieldset.one-line").all():
        motive.locator("input[value=no]").check()
    page.click(".bar-bottom .btn-primary")
    page.click("form[action$='/submit/'] button")
    expect(page.locator("h1 .state-deciding")).to_be_visible(timeout=WORKER_MS)


def _sign(page: Page) -> None:
    """Amy and Oscar each find it on their first page, see what was measured, and sign."""
    page.click("main a.todo-title[href^='/applications/']")
    expect(page.locator("#assessment table.matrix td.here")).to_have_count(1)
    assert page.locator("#assessment .state-met").count() >= 3
    page.click("#decide [data-key=a]")
    expect(page.locator(".alert-success")).to_be_visible()


def _download(page: Page, folder: Path) -> str:
    """Rita takes the file; its digest is the one on the page."""
    page.goto("/")
    page.click("nav.main-nav a[href='/releases/']")
    page.click("main table a[href^='/releases/']")
    with page.expect_download() as taken:
        page.click("a[download]")
    content = Path(taken.value.path()).read_bytes()
    digest = page.locator("dl.facts dd.code").first.inner_text()
    assert hashlib.sha256(content).hexdigest() == digest
    (folder / "release.csv").write_bytes(content)
    return content.decode("utf-8-sig")


def _revoke(page: Page) -> None:
    """Amy finds the release and takes the grant back."""
    page.click("nav.main-nav a[href='/releases/']")
    page.click("main table a[href^='/releases/']")
    page.fill("[name=reason]", "用途变更")
    page.click("form[action$='/revoke/'] .btn-danger")
    expect(page.locator("h1 .state-revoked")).to_be_visible()


def _be_refused(page: Page) -> None:
    """Rita's page is older than the revocation: the next download is refused in words, on the page."""
    page.evaluate("document.querySelector('a[download]').removeAttribute('download')")
    page.click("a[href$='/download/']")
    expect(page.locator(".alert-danger[role=alert]")).to_be_visible()
    expect(page.locator("a[href$='/download/']")).to_have_count(0)


def _audit(page: Page) -> None:
    """Audrey looks for the downloads, then has the chain verified."""
    page.click("nav.main-nav a[href='/ledger/']")
    page.select_option("[name=action]", "release.downloaded")
    expect(page.locator("table.ledger tbody tr")).to_have_count(1)
    page.click("a[href='/ledger/verification/']")
    expect(page.locator(".verdict-good")).to_be_visible()
