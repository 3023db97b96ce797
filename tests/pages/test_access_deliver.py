"""Releases, offers, payments, the overview and the panel of a dataset: who sees and does what, as the API does it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from access.models import Application, Download, Grant, Offer, OfferState, Release
from access.services.offers import propose_offer
from access.workflow import Action, State
from catalog.people.models import User
from privacy.models import Finding, FindingState
from privacy.services.protections import set_protection
from tests.access.acts import Acts, artefact_of, fresh, plain_bytes
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages


@pytest.fixture(scope="module")
def ready_world(ready_world: Stages) -> Stages:
    """With one application that is granted."""
    ready_world.case = ready_world.granted()  # type: ignore[attr-defined]
    return ready_world


@pytest.fixture
def release(world: Stages) -> Release:
    """What rita was granted."""
    found: Release = Release.objects.select_related("artefact", "grant__application").get(
        grant__application=world.case  # type: ignore[attr-defined]
    )
    return found


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


# --- releases ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "downloads", "revokes"),
    [
        ("rita", 200, True, False),
        ("ron", 200, False, False),
        ("amy", 200, False, True),
        ("oscar", 200, False, True),
        ("audrey", 200, False, False),
        ("ivan", 404, False, False),
        ("wendy", 404, False, False),
        ("stella", 404, False, False),
    ],
)
def test_a_release_is_seen_by_the_applications_sides_and_downloaded_by_its_recipients(
    world: Stages, release: Release, name: str, status: int, downloads: bool, revokes: bool
) -> None:
    visitor = Visitor(getattr(world.cast, name))
    page = visitor.get(f"/releases/{release.pk}/")
    assert page.status_code == status
    html = page.content.decode()
    assert (f"/releases/{release.pk}/download/" in html) is downloads
    assert (f"/applications/{release.grant.application_id}/revoke/" in html) is revokes
    assert (f'href="/releases/{release.pk}/"' in visitor.get("/releases/").content.decode()) is (status == 200)


def test_the_page_tells_what_was_released_and_until_when(world: Stages, release: Release) -> None:
    text = text_of(Visitor(world.cast.rita).get(f"/releases/{release.pk}/"))
    days = (release.grant.valid_until - timezone.localdate()).days + 1
    for part in (
        release.artefact.sha256,
        f"{days} days left",
        "身份证号",
        "replaced by a token that links only inside your project Pseudonymisation",
        "generalised to the decade Generalisation",
        "Nobody has downloaded it yet.",
        "it remains personal information",
    ):
        assert part in text, part


def test_the_page_says_that_surrogates_are_made_up(world: Stages, release: Release) -> None:
    words = "Made up: a value may by chance be that of a real person or firm."
    rita = Visitor(world.cast.rita)
    assert words not in text_of(rita.get(f"/releases/{release.pk}/"))
    set_protection(actor=world.cast.oscar, field=world.field("身份证号"), operator="surrogate")
    other = Release.objects.get(grant__application=world.granted())
    assert words in text_of(rita.get(f"/releases/{other.pk}/"))


def test_the_last_day_counts_and_the_day_after_does_not(world: Stages, release: Release) -> None:
    rita, today = Visitor(world.cast.rita), timezone.localdate()
    grants = Grant.objects.filter(pk=release.grant_id)
    grants.update(valid_from=today - timedelta(days=9), valid_until=today)
    assert "1 day left" in text_of(rita.get(f"/releases/{release.pk}/"))
    assert "Releases about to end" in text_of(rita.get("/"))
    grants.update(valid_until=today - timedelta(days=1))
    page = rita.get(f"/releases/{release.pk}/")
    assert "The grant is not in force, so nothing can be downloaded." in text_of(page)
    assert "Expired" in text_of(page)
    assert f'href="/releases/{release.pk}/"' not in rita.get("/releases/").content.decode()
    assert f'href="/releases/{release.pk}/"' in rita.get("/releases/?which=all").content.decode()
    assert "Expired" in text_of(rita.get(f"/applications/{release.grant.application_id}/"))


def test_a_download_is_the_apis_download(world: Stages, release: Release) -> None:
    rita, path = Visitor(world.cast.rita), f"/releases/{release.pk}/download/"
    whole = plain_bytes(release.artefact)
    start = last_sequence()
    answer = rita.get(path)
    assert content(answer) == whole
    on_page, start = acts_after(start), last_sequence()
    over_api = api(world.cast.rita).get(f"/api/v1{path}")
    assert content(over_api) == whole
    assert [(line[0], line[1], line[2].keys()) for line in acts_after(start)] == [
        (line[0], line[1], line[2].keys()) for line in on_page
    ]
    for name in ("Content-Length", "Content-Disposition", "ETag", "X-Content-SHA256", "Cache-Control", "Accept-Ranges"):
        assert answer[name] == over_api[name]
    assert "Rita" in text_of(rita.get(f"/releases/{release.pk}/")).split("Downloads")[-1]


def test_a_download_that_broke_off_is_resumed(world: Stages, release: Release) -> None:
    rita, path = Visitor(world.cast.rita), f"/releases/{release.pk}/download/"
    whole = plain_bytes(release.artefact)
    part = rita.get(path, range="bytes=100-", if_range=f'"{release.artefact.sha256}"')
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 100-{len(whole) - 1}/{len(whole)}")
    assert content(part) == whole[100:]
    assert Download.objects.get().first_byte == 100
    assert "resumed at byte 100" in text_of(rita.get(f"/releases/{release.pk}/"))
    past = rita.get(path, range=f"bytes={len(whole)}-")
    assert (past.status_code, past["Content-Range"]) == (416, f"bytes */{len(whole)}")
    assert rita.client.head(path).status_code == 405


@pytest.mark.parametrize("name", ["ron", "amy", "audrey"])
def test_who_is_no_recipient_is_told_so_and_nothing_is_recorded(world: Stages, release: Release, name: str) -> None:
    visitor, start = Visitor(getattr(world.cast, name)), last_sequence()
    page = visitor.follow(visitor.get(f"/releases/{release.pk}/download/"))
    assert "You do not have the role that this needs." in text_of(page)
    assert acts_after(start) == []
    assert Visitor(world.cast.ivan).get(f"/releases/{release.pk}/download/").status_code == 404


def test_revoking_from_the_release_does_what_the_api_does(world: Stages, release: Release) -> None:
    twin = world.granted()
    case, cast = release.grant.application, world.cast
    amy, start = Visitor(cast.amy), last_sequence()
    empty = amy.post(f"/applications/{case.pk}/revoke/", version=case.version, reason="")
    assert "Say why." in text_of(empty)
    page = amy.follow(amy.post(f"/applications/{case.pk}/revoke/", version=case.version, reason="用途已变"))
    on_page, start = acts_after(start), last_sequence()
    body = {"version": twin.version, "reason": "用途已变"}
    over = api(cast.amy).post(f"/api/v1/applications/{twin.pk}/actions/revoke/", body, format="json")
    assert over.status_code == 200
    assert [line[:2] for line in acts_after(start)] == [line[:2] for line in on_page]
    assert "用途已变" in text_of(page)
    rita = Visitor(cast.rita)
    gone = rita.follow(rita.get(f"/releases/{release.pk}/download/"))
    assert "The grant is not in force: it was revoked or has expired." in text_of(gone)
    assert "用途已变" in text_of(gone)


# --- offers --------------------------------------------------------------------------------------------------------------------


PRICE = {"amount": "500", "cap": "900", "cost": "800", "profit": "150", "tax": "50", "basis": "苏发改价〔2026〕7号"}


def test_a_price_is_proposed_and_put_in_force_as_by_the_api(world: Stages) -> None:
    cast, start = world.cast, last_sequence()
    stella, fiona = Visitor(cast.stella), Visitor(cast.fiona)
    sent = {"dataset": world.draft.pk, "amount": "500.00", "once": "o1"}
    assert stella.post("/offers/", **sent).url == "/offers/"
    assert stella.post("/offers/", **sent).url == "/offers/"  # pressed twice
    offer = Offer.objects.get()
    page = fiona.follow(fiona.post(f"/offers/{offer.pk}/", **PRICE))
    assert "¥1,000.00 cost ¥800.00, profit ¥150.00, tax ¥50.00" in text_of(page)
    on_page, start = acts_after(start), last_sequence()
    proposed = api(cast.stella).post("/api/v1/offers/", {"dataset": world.draft.pk, "amount": "500.00"}, format="json")
    revenue = {name: PRICE[name] for name in ("cost", "profit", "tax")}
    body = {"amount": "500", "cap": "900", "permitted_revenue": revenue, "basis": PRICE["basis"]}
    path = f"/api/v1/offers/{proposed.json()['id']}/price/"
    assert api(cast.fiona).post(path, body, format="json").status_code == 200
    assert [(line[0], line[1], line[2].keys()) for line in acts_after(start)] == [
        (line[0], line[1], line[2].keys()) for line in on_page
    ]
    offer.refresh_from_db()
    assert offer.state == OfferState.RETIRED


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"amount": "901"}, "The price ¥901.00 is above the cap ¥900.00."),
        ({"cap": "1000.01"}, "The cap ¥1,000.01 is above the permitted revenue ¥1,000.00."),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"amount": "1.001"}, "no more than 2 decimal places"),
        ({"amount": "NaN"}, "Enter a number."),
        ({"amount": "1" * 400}, "no more than 14 digits"),
        ({"amount": "=1+1"}, "Enter a number."),
        ({"basis": "  "}, "This field is required."),
    ],
)
def test_an_unlawful_price_is_told_where_it_is_wrong(world: Stages, values: dict[str, str], said: str) -> None:
    offer = propose_offer(actor=world.cast.stella, dataset=world.draft, amount=Decimal(500))
    answer = Visitor(world.cast.fiona).post(f"/offers/{offer.pk}/", **{**PRICE, **values})
    assert answer.status_code == 400
    assert said in text_of(answer)
    kept = next(value for name, value in {**PRICE, **values}.items() if name not in values)
    assert f'value="{kept}"' in answer.content.decode()
    offer.refresh_from_db()
    assert offer.state == OfferState.PROPOSED


def test_who_proposes_does_not_price_and_a_stranger_does_neither(world: Stages) -> None:
    cast = world.cast
    offer = propose_offer(actor=cast.stella, dataset=world.draft, amount=Decimal(500))
    path = f"/offers/{offer.pk}/"
    assert Visitor(cast.fiona).get(path).status_code == 200
    assert "Put it in force" in text_of(Visitor(cast.fiona).get(path))
    assert "Put it in force" not in text_of(Visitor(cast.stella).get(path))
    assert Visitor(cast.stella).post(path, **PRICE).status_code == 403
    assert Visitor(cast.rita).get(path).status_code == 404
    assert Visitor(cast.wendy).get(path).status_code == 404
    assert Visitor(cast.fiona).post("/offers/", dataset=world.draft.pk, amount="1", once="x").status_code == 403
    water = Visitor(cast.wendy).post("/offers/", dataset=world.draft.pk, amount="1", once="x")
    assert "not one of the available choices" in text_of(water)
    assert "Prices to put in force" in text_of(Visitor(cast.fiona).get("/"))


# --- payments --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def unpaid(world: Stages, acts: Acts) -> Application:
    """Signed, industrial, not paid."""
    return acts.reach(State.AWAITING_PAYMENT)


def test_a_payment_is_confirmed_as_by_the_api(world: Stages, acts: Acts, unpaid: Application) -> None:
    twin = acts.reach_paid()
    fiona, start = Visitor(world.cast.fiona), last_sequence()
    assert "¥500.00" in text_of(fiona.get("/payments/"))
    assert "Payments to confirm" in text_of(fiona.get("/"))
    sent = {"application": unpaid.pk, "version": fresh(unpaid).version, "bank_reference": "工行-001"}
    page = fiona.follow(fiona.post("/payments/", **sent))
    assert "Payment confirmed" in text_of(page)
    assert "工行-001" in text_of(page)
    on_page, start = acts_after(start), last_sequence()
    body = {"version": twin.version, "bank_reference": "工行-002"}
    path = f"/api/v1/applications/{twin.pk}/actions/confirm_payment/"
    assert api(world.cast.fiona).post(path, body, format="json").status_code == 200
    assert [line[:2] for line in acts_after(start)] == [line[:2] for line in on_page]
    assert fresh(unpaid).state == State.GRANTED


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"bank_reference": ""}, "Give the reference of the bank transfer."),
        ({"bank_reference": "x" * 81}, "at most 80 characters"),
        ({"paid_on": "2999-01-01"}, "The day of payment is in the future."),
        ({"paid_on": "yesterday"}, "Enter a valid date."),
        ({"version": "1"}, "Someone changed this since you read it."),
    ],
)
def test_a_wrong_payment_is_told_and_kept(
    world: Stages, unpaid: Application, values: dict[str, str], said: str
) -> None:
    sent = {"application": unpaid.pk, "version": fresh(unpaid).version, "bank_reference": "工行-001", **values}
    answer = Visitor(world.cast.fiona).post("/payments/", **sent)
    assert answer.status_code == 400
    assert said in text_of(answer)
    if "bank_reference" not in values:
        assert 'value="工行-001"' in answer.content.decode()
    assert fresh(unpaid).state == State.AWAITING_PAYMENT


def test_one_transfer_pays_one_order(world: Stages, acts: Acts, unpaid: Application) -> None:
    twin = acts.reach_paid()
    fiona = Visitor(world.cast.fiona)
    for application in (unpaid, twin):
        sent = {"application": application.pk, "version": fresh(application).version, "bank_reference": "工行-001"}
        answer = fiona.post("/payments/", **sent)
    assert answer.status_code == 400
    assert fresh(twin).state == State.AWAITING_PAYMENT


def test_only_finance_of_the_owner_confirms(world: Stages, unpaid: Application) -> None:
    cast = world.cast
    for user in (cast.rita, cast.amy, cast.stella, cast.audrey):
        assert Visitor(user).get("/payments/").status_code == 403
    wendy = Visitor(cast.wendy)
    assert "¥500.00" not in text_of(wendy.get("/payments/"))
    sent = {"application": unpaid.pk, "version": unpaid.version, "bank_reference": "工行-001"}
    assert wendy.post("/payments/", **sent).status_code == 404
    for number in ("", "x", "²", "9" * 30):
        assert Visitor(cast.fiona).post("/payments/", **{**sent, "application": number}).status_code == 404


# --- overview ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"),
    [("amy", 200), ("oscar", 200), ("audrey", 200), ("rita", 403), ("stella", 403), ("fiona", 403), ("adam", 403)],
)
def test_the_overview_is_for_those_who_decide_and_audit(world: Stages, name: str, status: int) -> None:
    assert Visitor(getattr(world.cast, name)).get("/overview/").status_code == status


def test_every_chart_of_the_overview_has_its_table_and_counts_what_one_may_see(world: Stages, release: Release) -> None:
    world.deciding()
    page = Visitor(world.cast.amy).get("/overview/")
    html, text = page.content.decode(), text_of(page)
    assert html.count("data-chart=") == html.count("As a table") == 6
    assert "Applications 2 Under way 1 Grants in force 1" in text
    assert "Health Commission 1 1" in text
    assert "Being decided 1 0 0" in text
    assert f"Release {release.pk} · 3/05/01" in text
    assert "Resident ID" in text
    stranger = text_of(Visitor(world.cast.wendy).get("/overview/"))
    assert "Applications 0 Under way 0" in stranger
    assert "Release" not in stranger.split("Everything here counts what you may see.")[1]


# --- the panel of a dataset ------------------------------------------------------------------------------------------------------------


def panel(user: User, world: Stages) -> Any:
    return Visitor(user).get(f"/fragments/access/{world.draft.pk}/", **{"HX-Request": "true"})


def test_the_panel_tells_how_to_get_it_and_what_it_takes(world: Stages, acts: Acts, release: Release) -> None:
    acts.offer("500")
    acts.control_goes_to_big_data()
    page = panel(world.cast.rita, world)
    text = text_of(page)
    assert b"<html" not in page.content
    assert f'href="/apply/{world.ready.pk}/"' in page.content.decode()
    assert "Public good free" in text
    assert "¥500.00 the provider’s price, under the government’s cap of ¥900.00" in text
    assert "and of Big Data Bureau, who control it, both sign" in text
    assert f"Your application {release.grant.application_id}" in text
    assert f'href="/releases/{release.pk}/"' in page.content.decode()
    assert "Ready for release?" not in text


def test_without_script_the_panel_is_a_page_of_its_own(world: Stages) -> None:
    page = Visitor(world.cast.rita).get(f"/fragments/access/{world.draft.pk}/")
    assert b"<html" in page.content
    assert "Outpatient visits" in text_of(page)
    assert "How to get it" in text_of(page)
    assert "Back to the dataset" in text_of(page)
    assert Visitor(world.cast.ivan).get("/fragments/access/999999/").status_code == 404


def test_a_release_tells_how_far_each_field_was_protected_in_both_languages(world: Stages, release: Release) -> None:
    manifest = {**release.artefact.manifest}
    columns = [
        {**column, "invalid": 1200, "invalid_policy": "token"} if column["name"] == "身份证号" else column
        for column in manifest["columns"]
    ]
    type(release.artefact).objects.update(manifest={**manifest, "columns": columns})
    address = f"/releases/{release.pk}/"
    english, chinese = (text_of(Visitor(world.cast.rita, tongue).get(address)) for tongue in ("en", "zh-hans"))
    assert "generalised to the decade" in english
    assert "1,200 Replaced by a token" in english
    assert "年代" in chinese
    assert "generalis" not in chinese
    for column in columns:
        del column["parameters"]
    type(release.artefact).objects.update(manifest={**manifest, "columns": columns})
    assert "generalised Generalisation" in text_of(Visitor(world.cast.rita).get(address)), "nobody knows how far"


def test_a_grant_whose_assessment_is_too_old_is_shown_as_due(world: Stages, release: Release) -> None:
    application = release.grant.application
    addresses = (f"/releases/{release.pk}/", f"/applications/{application.pk}/")
    rita, amy = Visitor(world.cast.rita), Visitor(world.cast.amy)
    for address in addresses:
        assert "Due for re-assessment" not in text_of(rita.get(address))
        assert "The assessment holds until" in text_of(rita.get(address))
    shown = api(world.cast.rita).get(f"/api/v1/releases/{release.pk}/").json()
    assert (shown["reassessment"]["due"], shown["reassessment"]["reasons"]) == (False, [])
    assert "Due for re-assessment" not in text_of(amy.get("/"))

    assessment = application.assessments.get()
    old = {**assessment.record, "assessed_on": "2020-02-29"}
    type(assessment).objects.filter(pk=assessment.pk).update(record=old)
    for visitor in (rita, amy):
        for address in addresses:
            assert "Due for re-assessment Assessment too old" in text_of(visitor.get(address))
    work = text_of(amy.get("/"))
    assert "Due for re-assessment 1" in work
    assert "days overdue" in work
    assert "Due for re-assessment" not in text_of(rita.get("/"))
    told = {"due": True, "reasons": ["period_over"], "due_on": "2021-02-28"}
    reader = api(world.cast.amy)
    assert reader.get(f"/api/v1/releases/{release.pk}/").json()["reassessment"] == told
    assert [row["reassessment"] for row in reader.get("/api/v1/releases/").json()["results"]] == [told]
    assert reader.get(f"/api/v1/applications/{application.pk}/").json()["grant"]["reassessment"] == told
    Grant.objects.update(revoked_at=timezone.now())
    assert reader.get(f"/api/v1/releases/{release.pk}/").json()["reassessment"] is None


def test_the_panel_tells_those_who_work_on_it_what_is_missing(world: Stages) -> None:
    assert "applications can be submitted" in text_of(panel(world.cast.stella, world))
    Finding.objects.filter(field=world.field("性别")).update(state=FindingState.PROPOSED)
    for name in ("stella", "oscar", "amy"):
        assert "Some findings have not been decided." in text_of(panel(getattr(world.cast, name), world))
    text = text_of(panel(world.cast.rita, world))
    assert "Its provider is still preparing it" in text
    assert "Some findings" not in text
    assert "Applying needs the role of requester" in text_of(panel(world.cast.wendy, world))


def test_the_panel_of_a_withheld_dataset_offers_no_application(world: Stages) -> None:
    type(world.draft).objects.filter(pk=world.draft.pk).update(share_type="withheld", share_citation="保密规定第 3 条")
    page = panel(world.cast.rita, world)
    assert "Withheld from sharing: 保密规定第 3 条" in text_of(page)
    assert "/apply/" not in page.content.decode()


def test_pages_take_a_constant_number_of_queries(
    world: Stages, release: Release, django_assert_max_num_queries: Any
) -> None:
    rita, amy, fiona = (Visitor(user) for user in (world.cast.rita, world.cast.amy, world.cast.fiona))
    with django_assert_max_num_queries(45):
        rita.get(f"/releases/{release.pk}/")
    with django_assert_max_num_queries(25):
        rita.get("/releases/")
    with django_assert_max_num_queries(34):
        amy.get("/overview/")
    with django_assert_max_num_queries(40):
        panel(world.cast.rita, world)
    with django_assert_max_num_queries(25):
        fiona.get("/payments/")
    with django_assert_max_num_queries(25):
        fiona.get("/offers/")


def test_what_was_released_is_what_was_assessed(world: Stages, release: Release) -> None:
    """The page's digest is the one the decision was signed on."""
    application = release.grant.application
    assert artefact_of(application).sha256 == release.artefact.sha256
    signed = application.decisions.filter(verdict=Action.APPROVE).values_list("artefact_sha256", flat=True)
    assert set(signed) == {release.artefact.sha256}
