"""One shape of error, whatever goes wrong and whoever finds it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import OperationalError
from rest_framework import exceptions

from catalog.api.errors import render_message, tell
from catalog.api.parsers import is_storable
from catalog.errors import InvalidInput, NotPermitted, StaleVersion, WrongState
from catalog.messages import MessageError
from config.api import answer_defect, locked_out
from tests.api.conftest import Api
from tests.cast import Cast


def shape(answer: Any) -> dict[str, Any]:
    """The error of an answer, after checking that it is in the one shape."""
    assert answer["Content-Type"].startswith("application/json"), answer.content[:200]
    body = json.loads(answer.content)
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert {"code", "message", "fields"} <= set(error) <= {"code", "message", "fields", "params"}
    assert error["message"]
    assert isinstance(error["code"], str)
    assert all(isinstance(messages, list) for messages in error["fields"].values())
    return error


# --- how each exception is told, without a database ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotPermitted(), 403, "not_permitted"),
        (WrongState(state="draft"), 409, "wrong_state"),
        (StaleVersion(), 409, "stale_version"),
        (InvalidInput(fields={"title": ["Say why."]}), 400, "invalid"),
        (MessageError("A source said no.", code="source_error"), 400, "source_error"),
        (PermissionDenied(), 403, "not_permitted"),
        (exceptions.PermissionDenied(), 403, "not_permitted"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (exceptions.NotFound(), 404, "not_found"),
        (ModelValidationError({"months": ["Too many."]}), 400, "invalid"),
        (RequestDataTooBig(), 413, "too_large"),
        (SuspiciousOperation(), 400, "parse_error"),
        (OperationalError("database is locked"), 503, "database_unavailable"),
    ],
)
def test_each_exception_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    told = tell(error)
    assert told is not None
    assert (told.status, told.code) == (status, code)
    assert told.message


def test_a_defect_is_told_by_nobody_here() -> None:
    assert tell(ZeroDivisionError()) is None


def test_nested_messages_are_told_by_dotted_name() -> None:
    detail: Any = {"fields": [{}, {"name": ["Required."]}], "revenue": {"non_field_errors": ["Too little."]}}
    told = tell(exceptions.ValidationError(detail))
    assert told is not None
    assert told.fields == {"fields.1.name": ["Required."], "revenue": ["Too little."]}


def test_what_concerns_no_field_is_the_message() -> None:
    told = tell(exceptions.ValidationError({"non_field_errors": ["One of two."]}))
    assert told is not None
    assert (told.message, told.fields) == ("One of two.", {})


def test_a_wait_is_told_in_the_answer_and_its_header() -> None:
    told = tell(exceptions.Throttled(wait=12.2))
    assert told is not None
    assert (told.headers["Retry-After"], told.params["seconds"]) == ("13", 13)


def test_stored_parameters_that_became_text_are_still_shown() -> None:
    assert render_message("%(rows)d rows of “%(name)s”", {"rows": "12", "name": "visits"}) == "12 rows of “visits”"
    assert render_message("%(rows)d rows", {}) == "… rows"
    assert render_message("100 % sure", {}) == "100 % sure"


@pytest.mark.parametrize("document", [{"a": "\x00"}, ["\ud800"], {"\x00": 1}, {"a": [{"b": float("inf")}]}])
def test_what_no_column_can_hold_is_recognised(document: Any) -> None:
    assert not is_storable(document)


def test_ordinary_json_is_storable() -> None:
    assert is_storable({"a": ["苏州", "😀", 1, 2.5, None, True, {"b": []}]})


# --- over HTTP ------------------------------------------------------------------------------------------------------------


def test_nobody_is_told_to_sign_in(api: Callable[..., Api], db: None) -> None:
    answer = api().get("datasets/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"
    assert shape(answer)["code"] == "not_authenticated"


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token \xff\xfe", "Token abc", "Token " + "9" * 9000])
def test_a_hostile_token_is_only_a_wrong_one(api: Callable[..., Api], db: None, header: str) -> None:
    answer = api().get("datasets/", Authorization=header)
    assert answer.status_code == 401
    assert shape(answer)["code"] == "authentication_failed"


@pytest.mark.parametrize(
    "path",
    [
        "nothing/here/",
        "datasets",  # without its slash: no redirect that would drop a body
        "datasets/abc/",
        "datasets/999999/",
        "datasets/99999999999999999999999999999999/",
        "datasets/-1/",
        "jobs/not-a-uuid/",
        "applications/1/actions/",
        "releases/999999999999999999/download/",
    ],
)
def test_an_unknown_address_is_a_404_in_json(api: Callable[..., Api], cast: Cast, path: str) -> None:
    answer = api(cast.stella).get(path)
    assert answer.status_code == 404
    assert shape(answer)["code"] == "not_found"


def test_an_unknown_address_takes_no_method_at_all(api: Callable[..., Api], cast: Cast) -> None:
    answer = api(cast.stella).post("datasets", {"title": "no slash"})
    assert answer.status_code == 404
    assert shape(answer)["code"] == "not_found"


def test_the_rest_of_the_api_path_answers_in_json_too(client: Any, db: None) -> None:
    answer = client.get("/api/v2/datasets/")
    assert answer.status_code == 404
    assert shape(answer)["code"] == "not_found"


@pytest.mark.parametrize(
    "query",
    [
        "provider=99999999999999999999999999",
        "provider=-1",
        "provider=abc",
        "provider=1.5",
        "share_type=none",
        "q=" + "x" * 300,
        "theme=%00",
        "open_to_public=%00",
        "state=\ud7ff",
    ],
)
def test_a_filter_that_cannot_be_one_is_a_400(api: Callable[..., Api], cast: Cast, query: str) -> None:
    answer = api(cast.stella).get(f"datasets/?{query}")
    if query.startswith("open_to_public"):  # a yes-or-no that is neither is taken as not given
        assert answer.status_code == 200
        return
    assert answer.status_code == 400
    assert query.split("=", maxsplit=1)[0] in shape(answer)["fields"]


@pytest.mark.parametrize("query", ["page=0", "page=abc", "page=99999999999999999999", "page=7"])
def test_a_page_that_is_none_is_a_404(api: Callable[..., Api], cast: Cast, query: str) -> None:
    answer = api(cast.stella).get(f"organizations/?{query}")
    assert answer.status_code == 404
    assert shape(answer)["code"] == "not_found"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "parse_error"),
        (b"\xff\xfe", "parse_error"),
        (b'{"username": NaN}', "parse_error"),
        (b'{"username": "a\\u0000b", "password": "x"}', "parse_error"),
        (b'{"username": "\\ud800", "password": "x"}', "parse_error"),
        (b'{"username": 1e999, "password": "x"}', "parse_error"),
        (b"[" * 100_000, "parse_error"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "parse_error"),
        (b"1" * 5_000, "parse_error"),
        (b'["not", "an object"]', "invalid"),
        (b'"text"', "invalid"),
        (b"null", "invalid"),
        (b"{}", "invalid"),
    ],
)
def test_a_broken_body_is_a_400(api: Callable[..., Api], db: None, raw: bytes, code: str) -> None:
    answer = api().client.post("/api/v1/tokens/", raw, content_type="application/json")
    assert answer.status_code == 400
    assert shape(answer)["code"] == code


def test_a_body_over_the_limit_is_a_413(api: Callable[..., Api], db: None, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api().post("tokens/", {"username": "x" * 2000, "password": "y"})
    assert answer.status_code == 413
    assert shape(answer)["code"] == "too_large"


def test_another_kind_of_body_is_a_415(api: Callable[..., Api], db: None) -> None:
    answer = api().client.post("/api/v1/tokens/", "a=b", content_type="text/plain")
    assert answer.status_code == 415
    assert shape(answer)["code"] == "unsupported_media_type"


def test_another_method_is_a_405(api: Callable[..., Api], cast: Cast) -> None:
    answer = api(cast.stella).put("datasets/", {})
    assert answer.status_code == 405
    assert shape(answer)["code"] == "method_not_allowed"


def test_the_messages_are_in_the_language_of_the_request(api: Callable[..., Api], cast: Cast) -> None:
    chinese = shape(api(cast.stella, "zh-hans").post("datasets/", {}))
    english = shape(api(cast.stella, "en").post("datasets/", {}))
    assert english["fields"]["title"] == ["This field is required."]
    assert chinese["fields"]["title"] != english["fields"]["title"]
    assert chinese["code"] == english["code"] == "invalid"


def test_a_defect_says_nothing_about_itself(
    api: Callable[..., Api], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("320508197101010018")

    monkeypatch.setattr("catalog.api.views.people.with_memberships", broken)
    answer = api(cast.stella).get("me/")
    assert answer.status_code == 500
    assert shape(answer)["code"] == "server_error"
    assert b"320508197101010018" not in answer.content
    assert b"Traceback" not in answer.content


def test_outside_the_api_a_defect_is_a_page(rf: Any) -> None:
    assert answer_defect(rf.get("/"))["Content-Type"].startswith("text/html")
    assert shape(answer_defect(rf.get("/api/v1/me/")))["code"] == "server_error"


def test_a_lock_out_is_told_in_the_same_shape(rf: Any) -> None:
    answer = locked_out(rf.post("/api/v1/tokens/"))
    assert answer.status_code == 429
    assert shape(answer)["code"] == "locked_out"
