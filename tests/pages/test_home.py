"""The first page of each role, signing in, one's own account, and the help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from access.models import Grant
from access.services.offers import propose_offer
from access.workflow import Action, State
from catalog.datasets.grading import set_grade
from catalog.datasets.models import Grade, RightsAssignment
from catalog.datasets.services import return_dataset, submit_dataset, suspend_dataset
from catalog.jobs.models import Job
from catalog.ledger.models import LedgerEntry
from catalog.pages.navigation import Waiting, Worklist
from catalog.people.models import Role, User
from catalog.people.services import create_user, grant_role
from config.pages import help as help_pages
from config.pages.home import STARTS, Row, acts_of, dues_of, sections_of
from privacy.models import Scan
from privacy.services.findings import reject_finding
from privacy.services.scans import request_scan
from tests.access.acts import Acts
from tests.cast import PASSWORD, Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def cast(world: Stages) -> Cast:
    """The people of the module's world."""
    return world.cast


def home_of(user: User, language: str = "en") -> Any:
    answer = Visitor(user, language).get("/")
    assert answer.status_code == 200
    return answer


# --- home -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("stella", "Register a dataset"),
        ("oscar", "Scan a table"),
        ("rita", "Find data"),
        ("amy", "Applications"),
        ("fiona", "Offers and prices"),
        ("audrey", "Read the ledger"),
        ("adam", "Invite somebody"),
    ],
)
def test_each_role_finds_where_its_work_begins(cast: Cast, name: str, task: str) -> None:
    assert task in text_of(home_of(getattr(cast, name)))


def test_every_shortcut_and_page_of_the_help_exists() -> None:
    for start in STARTS:
        for shortcut in (start.first, *start.more):
            assert shortcut.url
        assert reverse("help-page", args=[start.help])
    assert {start.role for start in STARTS} == set(Role)


def test_nobody_is_led_to_sign_in_first(cast: Cast) -> None:
    answer = Visitor().get("/")
    assert answer.status_code == 302
    assert answer.url == "/accounts/sign-in/?next=/"


def test_somebody_without_a_role_is_told_whom_to_ask(cast: Cast) -> None:
    nora = create_user(
        actor=cast.adam, username="nora", password=PASSWORD, display_name="Nora", organization=cast.health
    )
    text = text_of(home_of(nora))
    assert "Your account holds no role yet" in text
    assert "nora" in text
    assert "Accounts without a role" in text_of(home_of(cast.adam))


def test_the_home_page_shows_what_waits_and_where_an_application_stands(world: Stages) -> None:
    application = world.deciding()
    amy = home_of(world.cast.amy)
    assert reverse("application", args=[application.pk]) in amy.content.decode()
    assert "1 thing waits for you" in text_of(amy)
    rita = text_of(home_of(world.cast.rita))
    assert "My applications and where they stand" in rita
    assert "To decide" not in rita


def test_each_application_under_way_says_where_it_stands(world: Stages, acts: Acts) -> None:
    for state, word in (
        (State.SUBMITTED, "Submitted"),
        (State.ASSESSING, "Being assessed"),
        (State.DECIDING, "Being decided"),
    ):
        application = acts.reach(state)
        page = home_of(world.cast.rita)
        assert f'state-{state}">{word}<' in page.content.decode()
        world.act(world.cast.rita, application, Action.WITHDRAW)


def test_what_is_to_pay_waits_for_who_asked_and_what_was_proposed_stands_with_who_proposed_it(
    world: Stages, acts: Acts
) -> None:
    proposed = propose_offer(actor=world.cast.stella, dataset=world.draft, amount=Decimal(300))
    assert "Prices I proposed 1" in text_of(home_of(world.cast.stella))
    assert "Prices to put in force 1" in text_of(home_of(world.cast.fiona))
    proposed.delete()
    application = acts.reach(State.AWAITING_PAYMENT)
    text = text_of(home_of(world.cast.rita))
    assert "To pay 1 ¥500.00 · Outpatient visits" in text
    assert "finance of Health Commission confirms it" in text
    assert "My applications and where they stand" not in text, "it stands above, where something is to be done"
    assert f"/applications/{application.pk}/" in home_of(world.cast.rita).content.decode()
    assert "To pay" not in text_of(home_of(world.cast.ron))


def test_a_release_about_to_end_is_due_for_who_receives_it_and_who_asked_for_it(world: Stages) -> None:
    world.granted(recipients=[world.cast.ron])
    until = timezone.localdate() + timedelta(days=2)
    Grant.objects.update(valid_until=until)
    for user in (world.cast.rita, world.cast.ron):
        text = text_of(home_of(user))
        assert "Releases about to end 1" in text
        assert "2 days left" in text
    assert "Releases about to end" not in text_of(home_of(world.cast.amy))


def test_a_scan_that_is_old_or_made_under_older_rules_is_to_be_renewed(world: Stages) -> None:
    assert "Scans to renew" not in text_of(home_of(world.cast.oscar))
    job = Job.objects.get(scan=world.scan)
    Job.objects.filter(pk=job.pk).update(ended_at=timezone.now() - timedelta(days=360))
    for user in (world.cast.oscar, world.cast.stella):
        text = text_of(home_of(user))
        assert "Scans to renew 1" in text
        assert "days left" in text or "until" in text
    assert "Scans to renew" not in text_of(home_of(world.cast.amy))
    Job.objects.filter(pk=job.pk).update(ended_at=job.ended_at)
    Scan.objects.update(rules_version="2020.1")
    assert "made under older rules" in text_of(home_of(world.cast.oscar))


def test_what_one_asked_a_second_person_stands_with_who_asked(world: Stages) -> None:
    reject_finding(actor=world.cast.oscar, finding=world.field("身份证号").finding, reason="测试号码")
    assert "Findings a second person has to decide 1 身份证号" in text_of(home_of(world.cast.oscar))
    olga = text_of(home_of(world.cast.olga))
    assert "A second person is needed 1" in olga
    assert "Findings a second person has to decide" not in olga


def test_a_steward_sees_what_became_of_their_records_and_which_rights_end_soon(world: Stages) -> None:
    cast = world.cast
    suspend_dataset(actor=cast.stella, dataset=world.draft, reason="更正名称")
    assert "My records under review" not in text_of(home_of(cast.stella))
    submit_dataset(actor=cast.stella, dataset=world.draft)
    assert "My records under review 1 Outpatient visits" in text_of(home_of(cast.stella))
    assert "My records under review" not in text_of(home_of(cast.stefan))
    return_dataset(actor=cast.stefan, dataset=world.draft, reason="摘要过短")
    assert "摘要过短" in text_of(home_of(cast.stella))

    assert "Rights about to end" not in text_of(home_of(cast.stella))
    RightsAssignment.objects.update(valid_to=timezone.localdate() + timedelta(days=3))
    text = text_of(home_of(cast.stella))
    assert "Rights about to end 1 Outpatient visits Ownership · Health Commission 3 days left" in text
    assert "Rights about to end" not in text_of(home_of(cast.wendy))


def test_a_lower_grade_that_waits_stands_with_who_asked(world: Stages) -> None:
    field = world.field("诊断")
    assert field.grade
    set_grade(
        actor=world.cast.stella,
        field=field,
        grade=Grade.GENERAL_1,
        affected_object="individual",
        impact="ordinary",
        reason="已聚合",
    )
    assert "Lower grades I asked for 1" in text_of(home_of(world.cast.stella))
    assert "Lower grades for a second person 1" in text_of(home_of(world.cast.stefan))


def test_what_was_granted_stands_on_the_home_page_with_its_last_day(world: Stages) -> None:
    world.granted()
    text = text_of(home_of(world.cast.rita))
    assert "Granted: ready to download" in text
    assert "until" in text
    assert "Granted: ready to download" not in text_of(home_of(world.cast.ron))


def test_a_refusal_is_news_for_a_while_with_its_reason(world: Stages) -> None:
    application = world.deciding()
    world.act(world.cast.amy, application, Action.REJECT, reason="目的不明确")
    text = text_of(home_of(world.cast.rita))
    assert "Refused or revoked lately" in text
    assert "目的不明确" in text


def test_a_scan_that_runs_is_shown_to_who_asked_for_it(world: Stages) -> None:
    request_scan(actor=world.cast.stella, distribution=world.distribution)
    assert Job.objects.underway().exists()
    assert "Running for me" in text_of(home_of(world.cast.stella))
    assert "Running for me" not in text_of(home_of(world.cast.oscar))


def test_an_auditor_sees_what_happened_lately_and_others_only_what_they_did(world: Stages) -> None:
    assert "Lately in my branch" in text_of(home_of(world.cast.audrey))
    stella = text_of(home_of(world.cast.stella))
    assert "Lately in my branch" not in stella
    assert "What I did last" in stella


def test_a_branch_with_one_administrator_is_pointed_out(cast: Cast) -> None:
    assert "Branches with no second administrator" in text_of(home_of(cast.adam))
    for place in (cast.city, cast.insurer):
        grant_role(actor=cast.adam, user=cast.stefan, organization=place, role=Role.ADMINISTRATOR)
    assert "Branches with no second administrator" not in text_of(home_of(cast.adam))


def test_the_home_page_is_quick(world: Stages, django_assert_max_num_queries: Callable[..., Any]) -> None:
    world.deciding()
    for name in ("stella", "oscar", "rita", "amy", "fiona", "audrey", "adam", "wendy"):
        visitor = Visitor(getattr(world.cast, name))
        with django_assert_max_num_queries(66):
            assert visitor.get("/").status_code == 200


def _waiting(due: date | None, title: str = "a") -> Waiting:
    return Waiting(title=title, url="/", kind="deciding", due=due)


@pytest.mark.parametrize(
    ("days", "nearness"), [(-2, "overdue"), (0, "today"), (1, "soon"), (3, "soon"), (4, "later"), (None, "none")]
)
def test_how_near_a_last_day_is_has_a_word(days: int | None, nearness: str) -> None:
    due = None if days is None else TODAY + timedelta(days=days)
    assert Row(_waiting(due), TODAY).nearness == nearness


def test_what_is_due_is_ordered_and_what_is_far_off_is_left_out() -> None:
    items = [_waiting(TODAY + timedelta(days=days), str(days)) for days in (30, -1, 200, 2)] + [_waiting(None)]
    sections = sections_of([Worklist("w", items, 9)], TODAY)
    assert [row.item.title for row in dues_of(sections)] == ["-1", "2", "30"]
    assert sections[0].more == 4


def test_the_same_act_in_a_row_is_one_line() -> None:
    def line(action: str, number: str) -> Any:
        entry = LedgerEntry(action=action, object_type="dataset", object_id=number, actor_id=1)
        return type("Line", (), {"entry": entry})()

    lines = [line("field.described", "1")] * 3 + [line("field.described", "2"), line("dataset.edited", "2")]
    assert [act.times for act in acts_of(lines, 5)] == [3, 1, 1]


# --- signing in ---------------------------------------------------------------------------------------------------------------


def test_signing_in_leads_to_where_one_wanted_to_go(cast: Cast) -> None:
    visitor = Visitor()
    answer = visitor.post("/accounts/sign-in/?next=/account/", username="rita", password=PASSWORD, next="/account/")
    assert answer.url == "/account/"
    assert visitor.get("/account/").status_code == 200


def test_nobody_is_led_to_another_site(cast: Cast) -> None:
    answer = Visitor().post("/accounts/sign-in/", username="rita", password=PASSWORD, next="https://evil.example/")
    assert answer.url == "/"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("rita", "wrong"),
        ("nobody", PASSWORD),
        ("", ""),
        ("r" * 10_000, "x" * 10_000),
        ("<script>alert(1)</script>", "\u202e"),
    ],
)
def test_a_wrong_sign_in_is_told_in_plain_words_and_keeps_the_name(cast: Cast, username: str, password: str) -> None:
    answer = Visitor().post("/accounts/sign-in/", username=username, password=password)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    text = text_of(answer)
    assert "Please correct" in text or "not right" in text or "required" in text or "at most" in text
    if username == "rita":
        assert 'value="rita"' in answer.content.decode()
        assert "locked for 15 minutes" in text


def test_a_closed_account_cannot_sign_in_and_is_told_nothing_of_it(cast: Cast) -> None:
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)
    assert "not right" in text_of(Visitor().post("/accounts/sign-in/", username="rita", password=PASSWORD))


def test_too_many_failures_lock_the_name_and_the_page_says_what_to_do(cast: Cast, settings: Any) -> None:
    settings.AXES_ENABLED, settings.AXES_FAILURE_LIMIT = True, 3
    cache.clear()
    answers = [Visitor().post("/accounts/sign-in/", username="rita", password="no") for _ in range(3)]
    assert answers[-1].status_code == 429
    locked = Visitor().post("/accounts/sign-in/", username="rita", password=PASSWORD)
    assert locked.status_code == 429
    assert "one-time link" in text_of(locked)


def test_signing_out_takes_a_post_and_ends_the_session(cast: Cast) -> None:
    visitor = Visitor(cast.rita)
    assert visitor.get("/accounts/sign-out/").status_code == 405
    assert visitor.post("/accounts/sign-out/").status_code == 302
    assert visitor.get("/").status_code == 302


# --- the account ----------------------------------------------------------------------------------------------------------------


def test_the_account_page_shows_name_roles_and_the_rules_of_passwords(cast: Cast) -> None:
    text = text_of(Visitor(cast.rita).get("/account/"))
    assert "Institute of Public Health" in text
    assert "Requester" in text
    assert "at least 12 characters" in text


def test_a_name_is_changed_with_a_line_in_the_ledger(cast: Cast) -> None:
    before = last_sequence()
    visitor = Visitor(cast.rita)
    visitor.follow(visitor.post("/account/name/", display_name="  Rita R.  "))
    cast.rita.refresh_from_db()
    assert cast.rita.display_name == "Rita R."
    assert acts_after(before) == [("user.renamed", "user", {})]


@pytest.mark.parametrize("name", ["r" * 10_000, "\0"])
def test_a_name_that_cannot_be_is_refused_and_kept(cast: Cast, name: str) -> None:
    before = last_sequence()
    answer = Visitor(cast.rita).post("/account/name/", display_name=name)
    assert answer.status_code == 400
    assert "correct what is marked" in text_of(answer)
    assert acts_after(before) == []


def test_a_hostile_name_is_shown_as_text(cast: Cast) -> None:
    visitor = Visitor(cast.rita)
    visitor.post("/account/name/", display_name="<script>alert(1)</script>")
    html = visitor.get("/").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


NEW = "a new and longer password"


def test_a_password_is_changed_and_everything_else_that_was_signed_in_ends(cast: Cast) -> None:
    visitor, elsewhere = Visitor(cast.rita), Visitor(cast.rita)
    AuthToken.objects.create(cast.rita)
    before = last_sequence()
    page = visitor.follow(visitor.post("/account/password/", current=PASSWORD, password=NEW, again=NEW))
    assert "Your password was changed" in text_of(page)
    assert elsewhere.get("/account/").status_code == 302
    assert not AuthToken.objects.filter(user=cast.rita).exists()
    assert acts_after(before) == [("user.password_changed", "user", {})]
    cast.rita.refresh_from_db()
    assert cast.rita.check_password(NEW)


@pytest.mark.parametrize(
    ("current", "password", "again", "told"),
    [
        ("wrong", NEW, NEW, "not your present password"),
        (PASSWORD, NEW, NEW + "x", "two passwords differ"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, "password1234", "password1234", "too common"),
        ("", "", "", "required"),
        (PASSWORD, "x" * 10_000, "x" * 10_000, "at most 200"),
    ],
)
def test_a_password_that_cannot_be_is_told_why(cast: Cast, current: str, password: str, again: str, told: str) -> None:
    before = last_sequence()
    answer = Visitor(cast.rita).post("/account/password/", current=current, password=password, again=again)
    assert answer.status_code == 400
    assert told in text_of(answer)
    assert NEW not in answer.content.decode()
    assert acts_after(before) == []


def test_guessing_the_present_password_is_locked_out_too(cast: Cast, settings: Any) -> None:
    settings.AXES_ENABLED, settings.AXES_FAILURE_LIMIT = True, 3
    visitor = Visitor(cast.rita)
    answers = [visitor.post("/account/password/", current="guess", password=NEW, again=NEW) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]


# --- the help -------------------------------------------------------------------------------------------------------------------


def test_the_help_begins_with_ones_own_roles(cast: Cast) -> None:
    html = Visitor(cast.fiona).get("/help/").content.decode()
    assert html.index("/help/finance/") < html.index("/help/steward/")
    assert Visitor().get("/help/").status_code == 200


@pytest.mark.parametrize("chapter", help_pages.CHAPTERS, ids=lambda chapter: str(chapter.slug))
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_of_the_help_is_there_in_both_languages(chapter: help_pages.Chapter, language: str) -> None:
    answer = Visitor(language=language).get(f"/help/{chapter.slug}/")
    assert answer.status_code == 200
    assert "<h1 id=" in answer.content.decode()


def test_a_role_page_is_in_the_readers_language() -> None:
    assert "数据管理员" in text_of(Visitor(language="zh-hans").get("/help/steward/"))
    assert "Data steward" in text_of(Visitor(language="en").get("/help/steward/"))


def test_links_of_a_document_lead_to_pages_of_the_help_or_are_text() -> None:
    html = Visitor(language="en").get("/help/start/").content.decode()
    assert 'href="/help/steward/"' in html
    assert '.md"' not in html
    assert 'href=""' not in html


def test_a_document_cannot_bring_markup_or_script_along(tmp_path: Any) -> None:
    page = tmp_path / "page.md"
    page.write_text("# a\n\n<script>x</script> [b](javascript:alert(1)) [c](other.md) <img src=x onerror=y>\n")
    html = str(help_pages.render_page(page).body)
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


def test_an_unknown_page_of_the_help_is_not_found() -> None:
    assert Visitor().get("/help/nothing/").status_code == 404
    assert Visitor().get("/help/../settings/").status_code == 404


def test_a_chinese_reader_is_told_what_exists_in_english_only() -> None:
    answer = Visitor(language="zh-hans").get("/help/operations/")
    assert 'lang="en"' in answer.content.decode()


def test_invitations_that_ran_out_wait_for_the_administrator(cast: Cast) -> None:
    ivy = create_user(actor=cast.adam, username="ivy", password=None, display_name="Ivy", organization=cast.health)
    grant_role(actor=cast.adam, user=ivy, organization=cast.health, role=Role.FINANCE)
    assert "Invitations that ran out" in text_of(home_of(cast.adam))
    assert ivy.date_joined <= timezone.now()
