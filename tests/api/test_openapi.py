"""The OpenAPI document describes the whole API, validates, and is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import get_resolver
from openapi_spec_validator import validate

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"

# The addresses of the design, which other programs call.
STABLE = [
    ("post", "/api/v1/tokens/"),
    ("get", "/api/v1/datasets/"),
    ("post", "/api/v1/datasets/"),
    ("patch", "/api/v1/datasets/{id}/"),
    ("post", "/api/v1/datasets/{id}/submit/"),
    ("post", "/api/v1/datasets/{id}/publish/"),
    ("post", "/api/v1/datasets/{id}/suspend/"),
    ("post", "/api/v1/datasets/{id}/retire/"),
    ("post", "/api/v1/scans/"),
    ("get", "/api/v1/scans/{id}/"),
    ("post", "/api/v1/findings/{id}/confirm/"),
    ("post", "/api/v1/findings/{id}/correct/"),
    ("post", "/api/v1/findings/{id}/reject/"),
    ("get", "/api/v1/protections/"),
    ("put", "/api/v1/protections/{field}/"),
    ("post", "/api/v1/applications/"),
    ("get", "/api/v1/applications/{id}/"),
    ("post", "/api/v1/applications/{id}/actions/{action}/"),
    ("get", "/api/v1/releases/{id}/"),
    ("get", "/api/v1/releases/{id}/download/"),
    ("get", "/api/v1/ledger/"),
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document as the command writes it, which fails on any warning. Needs no database."""
    target = tmp_path_factory.mktemp("schema") / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(target))
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return found


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_the_addresses_of_the_design_are_all_there(document: dict[str, Any]) -> None:
    missing = [(method, path) for method, path in STABLE if method not in document["paths"].get(path, {})]
    assert missing == []


def test_every_operation_says_what_it_answers_and_how_it_fails(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            assert operation["tags"], (method, path)
            assert operation["description"], (method, path)
            assert answers["default"]["content"]["application/json"]["schema"]["$ref"].endswith("/Error"), (
                method,
                path,
            )
            for status, answer in answers.items():
                assert status == "204" or answer.get("content") or "$ref" in answer, (method, path, status)


def test_every_address_is_written_down(document: dict[str, Any]) -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if f"`{method.upper()} {path.removeprefix('/api/v1/')}`" not in text
    ]
    assert missing == []


def test_every_view_is_in_the_document(document: dict[str, Any]) -> None:
    described = {path.count("/") for path in document["paths"]}
    assert described
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert {"api-dataset-list", "api-scan-list", "api-application-act", "api-release-download"} <= names


def test_the_document_and_its_page_are_served_without_signing_in(client: Any) -> None:
    answer = client.get("/api/v1/schema/", headers={"accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    assert json.loads(answer.content)["info"]["title"] == "Canglang API"
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    body = page.content.decode()
    assert "<style" not in body
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert body.count("<script") == body.count("<script src=")
