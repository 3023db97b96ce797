"""What finance and the administrator do, by clicking, in either language."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from access.workflow import State
from catalog.ledger.models import LedgerEntry
from catalog.people.models import Membership, Role, User
from tests.access.acts import Acts, fresh
from tests.browser.conftest import LANGUAGES, signed_in
from tests.cast import Cast
from tests.journey.processes import live_web
from tests.stages import Stages

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
]
PASSWORD = "another long password 7"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_price_is_proposed_put_in_force_and_paid(stages: Stages, browser: Browser, language: str) -> None:
    assert stages.ready
    with live_web() as address:
        with signed_in(browser, address, "stella", language) as page:
            page.click("nav.main-nav a[href='/offers/']")
            _choose(page, "dataset", str(stages.draft.pk))
            page.fill("[name=amount]", "500")
            page.click("section:has(#h-propose) .btn-primary")
            expect(page.locator("main table .state-proposed")).to_have_count(1)
        with signed_in(browser, address, "fiona", language) as page:
            page.click("main a.todo-title[href^='/offers/']")
            for name, amount in (("amount", "500"), ("cap", "900"), ("cost", "600"), ("profit", "200"), ("tax", "100")):
                page.fill(f"[name={name}]", amount)
            page.fill("[name=basis]", "苏发改价〔2026〕7号")
            page.click("section:has(#h-price) .btn-primary")
            expect(page.locator("h1 .state-active")).to_be_visible()
        application = Acts(stages).reach_paid()
        assert application.state == State.AWAITING_PAYMENT
        with signed_in(browser, address, "fiona", language) as page:
            page.click("main a.todo-title[href^='/payments/']")
            page.click(".payment .btn-primary")  # without the reference of the transfer
            expect(page.locator(".field-wrong [name=bank_reference]")).to_be_visible()
            page.fill("[name=bank_reference]", "ICBC-2026-0001")
            page.click(".payment .btn-primary")
            expect(page.locator(".payment")).to_have_count(0)
    assert fresh(application).state == State.GRANTED
    assert LedgerEntry.objects.filter(action="application.confirm_payment").count() == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_organisation_is_added_and_its_first_member_invited(cast: Cast, browser: Browser, language: str) -> None:
    with live_web() as address:
        with signed_in(browser, address, "adam", language) as page:
            page.goto(f"/organizations/{cast.city.pk}/")
            page.click(f"a[href='/organizations/{cast.city.pk}/new/']")
            page.fill("[name=name]", "档案馆")
            page.fill("[name=name_en]", "City Archive")
            page.fill("[name=code]", "11320500014149893L")
            page.select_option("[name=kind]", "bureau")
            page.click("main form .btn-primary")
            page.click("main a[href^='/invitations/new/']")
            page.fill("[name=display_name]", "方文")
            page.fill("[name=username]", "fangwen")
            page.check("[name=roles][value=data_steward]")
            page.click("main form .btn-primary")
            link = page.input_value("#link")
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.goto(link)
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        page.click("main form .btn-primary")
        page.fill("[name=username]", "fangwen")
        page.fill("[name=password]", PASSWORD)
        page.click("main form button")
        expect(page.locator("nav.main-nav a[href='/register/']")).to_be_visible()
        page.goto(link)
        expect(page.locator("[name=again]")).to_have_count(0)  # it worked once
        context.close()
    newcomer = User.objects.get(username="fangwen")
    (membership,) = Membership.objects.filter(user=newcomer)
    assert (membership.role, membership.organization.name_en) == (Role.DATA_STEWARD, "City Archive")
    assert membership.granted_by == cast.adam


def _choose(page: Page, name: str, value: str) -> None:
    """Choose in a list that can be searched."""
    page.evaluate(
        "([name, value]) => document.querySelector(`[name=${name}]`).tomselect.setValue(value)", [name, value]
    )
