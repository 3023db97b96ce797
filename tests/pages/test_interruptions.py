"""What comes between: a session that ended, a form that is too old, a request too large, and pages for what is not there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from catalog.people.models import Organization
from config.pages import interruptions
from tests.cast import PASSWORD, Cast
from tests.pages.visiting import Visitor, text_of

pytestmark = pytest.mark.django_db
TYPED = {"once": "1", "name": "中心血站 <b>", "name_en": "Blood Centre", "code": "12320500000000009A", "kind": "bureau"}


PLAIN = "application/x-www-form-urlencoded"  # how a browser sends a form that has no file; the client's own way is the other


def _kept(html: str) -> dict[str, str]:
    """The hidden fields with which a page offers to send again."""
    return dict(re.findall(r'<input type="hidden" name="((?!csrf|next)[^"]+)" value="([^"]*)"', html))


def test_a_form_sent_after_the_session_ended_is_kept_and_sent_again(cast: Cast) -> None:
    path = f"/organizations/{cast.health.pk}/new/"
    visitor = Visitor()
    answer = visitor.client.post(path, urlencode(TYPED), content_type=PLAIN)
    assert answer.status_code == 403
    html = answer.content.decode()
    text = text_of(answer)
    assert "What you typed is not lost" in text
    assert 'target="_blank"' in html
    assert "<b>" not in html
    kept = _kept(html)
    assert kept["name_en"] == "Blood Centre"
    assert "中心血站 &lt;b&gt;" in kept["name"]
    assert f'action="{path}"' in html
    assert not Organization.objects.filter(code=TYPED["code"]).exists()
    assert visitor.post("/accounts/sign-in/", username="adam", password=PASSWORD, next="/accounts/signed-in/").url == (
        "/accounts/signed-in/"
    )
    assert "send it again" in text_of(visitor.get("/accounts/signed-in/"))
    assert visitor.post(path, **{**kept, "name": TYPED["name"]}).status_code == 302
    assert Organization.objects.filter(code=TYPED["code"]).exists()


def test_passwords_and_files_are_not_written_into_a_page(cast: Cast) -> None:
    answer = Visitor().post("/account/password/", current="secret one", password="secret two", again="secret two")
    assert answer.status_code == 403
    assert "secret" not in answer.content.decode()
    assert "back button" in text_of(answer)
    with_file = Visitor().client.post("/register/", {"name": "x" * 30, "file": SimpleUploadedFile("a.csv", b"a\n1\n")})
    assert with_file.status_code == 403
    assert "A file has to be chosen again" in text_of(with_file)


def test_reading_a_page_signed_out_leads_to_sign_in_as_ever(cast: Cast) -> None:
    answer = Visitor().get("/organizations/")
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/sign-in/")


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_gets_a_message_and_the_page_stays(cast: Cast, method: str) -> None:
    answer = getattr(Client(headers={"accept-language": "en"}), method)(
        "/account/" if method == "get" else "/account/name/", headers={"HX-Request": "true"}
    )
    assert answer.status_code == (interruptions.STOP_POLLING if method == "get" else 200)
    assert answer["HX-Retarget"] == "#messages"
    assert (answer["HX-Reselect"], answer["HX-Push-Url"]) == ("unset", "false")
    assert "You were signed out" in text_of(answer)
    assert "<html" not in answer.content.decode()


def strict(cast: Cast) -> Client:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    client.force_login(cast.adam)
    client.get("/account/")
    return client


def test_a_form_that_is_too_old_is_told_in_plain_words_and_kept(cast: Cast) -> None:
    path = f"/organizations/{cast.health.pk}/new/"
    client = strict(cast)
    stale = {**TYPED, "csrfmiddlewaretoken": "x" * 64}
    answer = client.post(path, urlencode(stale), content_type=PLAIN, headers={"origin": "http://testserver"})
    assert answer.status_code == 403
    assert "opened before you signed in" in text_of(answer)
    html = answer.content.decode()
    assert _kept(html)["name_en"] == "Blood Centre"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert token
    again = {**TYPED, "csrfmiddlewaretoken": token[1]}
    assert client.post(path, again, headers={"origin": "http://testserver"}).status_code == 302


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_what_another_site_sent_is_not_offered_again(cast: Cast, origin: str | None) -> None:
    headers = {"origin": origin} if origin else {}
    path = f"/organizations/{cast.health.pk}/new/"
    answer = strict(cast).post(path, urlencode(TYPED), content_type=PLAIN, headers=headers)
    assert answer.status_code == 403
    assert _kept(answer.content.decode()) == {}
    assert "Blood Centre" not in answer.content.decode()


def test_a_browser_without_cookies_is_told(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = client.post("/accounts/sign-in/", {"username": "adam", "password": PASSWORD})
    assert answer.status_code == 403
    assert "no cookie" in text_of(answer)
    assert PASSWORD not in answer.content.decode()


def test_htmx_is_told_that_the_page_is_too_old(cast: Cast) -> None:
    answer = strict(cast).post("/account/name/", {"display_name": "x"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "too old" in text_of(answer)


def test_a_form_that_is_too_large_is_told_its_limit(cast: Cast, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(cast.adam)
    answer = client.post("/account/name/", "display_name=" + "x" * 1_100_000, content_type=PLAIN)
    assert answer.status_code == 413
    assert "at most 1 MB" in text_of(answer)
    api = client.post("/account/name/", {f"f{n}": "x" for n in range(12_000)})
    assert api.status_code == 413


@pytest.mark.parametrize("path", ["/nothing/", "/organizations/999999/", "/ledger/nothing/"])
def test_what_is_not_there_is_told_in_the_dress_of_the_pages(cast: Cast, path: str) -> None:
    for visitor in (Visitor(cast.stella), Visitor()):
        answer = visitor.get(path)
        if answer.status_code == 302:
            continue
        assert answer.status_code == 404
        assert "There is nothing here" in text_of(answer)
        assert "/static/canglang.css" in answer.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_for_a_defect_needs_no_database(language: str) -> None:
    with CaptureQueriesContext(connection) as queries, translation.override(language):
        html = render_to_string("500.html")
    assert len(queries) == 0
    assert "canglang.css" in html


def test_a_defect_shows_no_trace(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a secret in a message")

    monkeypatch.setattr("config.pages.home.worklists_for", broken)
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(cast.stella)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in text_of(answer)
    assert "secret" not in answer.content.decode()


def test_no_page_of_these_writes_style_or_script_into_itself(cast: Cast) -> None:
    visitor = Visitor(cast.adam)
    pages = ["/", "/account/", "/help/", "/help/steward/", "/organizations/", f"/organizations/{cast.health.pk}/"]
    pages += [
        "/accounts/",
        f"/accounts/{cast.rita.pk}/",
        "/invitations/",
        "/invitations/new/",
        "/keys/",
        "/jobs/",
        "/ledger/",
    ]
    for path in pages:
        html = visitor.get(path).content.decode()
        assert not re.search(
            r'\sstyle="|<style|\son[a-z]+="|<script(?! src)(?! id="[^"]*" type="application/json")', html
        ), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//(?!testserver)', html), path
