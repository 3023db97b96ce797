"""Every operation of the document, with a body that nobody means well: an error in the one shape, never a defect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import transaction

from tests.api.conftest import Api
from tests.cast import Cast
from tests.stages import Stages

HOSTILE: tuple[Any, ...] = (
    None,
    "",
    "x" * 6000,
    "../../etc/passwd%s%(name)d{0}",
    "9999-12-31",
    -1,
    10**30,
    1.5,
    True,
    [],
    {},
    [[None]],
    {"": {"a": [0]}},
)
MODELS = {
    "applications": "access.Application",
    "datasets": "catalog.Dataset",
    "distributions": "catalog.Distribution",
    "fields": "catalog.DataField",
    "findings": "privacy.Finding",
    "memberships": "catalog.Membership",
    "offers": "access.Offer",
    "protections": "catalog.DataField",
    "rights": "catalog.RightsAssignment",
    "scans": "privacy.Scan",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    out = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """(method, path, names of the body's members) of every operation that takes a JSON body."""
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                name = content["schema"]["$ref"].rsplit("/", 1)[1]
                yield method, path, sorted(schemas[name]["properties"])


def filled(path: str) -> str:
    """The path with the id of something that is there."""
    model = MODELS.get(path.split("/")[3])
    row = apps.get_model(model).objects.order_by("pk").first() if model else None
    pk = str(row.pk if row else 1)
    return path.replace("{id}", pk).replace("{field}", pk).replace("{action}", "approve")


def test_a_hostile_body_is_refused_and_breaks_nothing(
    api: Callable[..., Api], cast: Cast, stages: Stages, document: dict[str, Any]
) -> None:
    stages.deciding()
    clients = [api(user) for user in (cast.stella, cast.oscar, cast.rita, cast.adam)]
    tried = 0
    for method, path, names in operations(document):
        address = filled(path)
        for value in HOSTILE:
            for client in clients:
                with transaction.atomic():
                    answer = client.client.generic(
                        method.upper(),
                        address,
                        json.dumps(dict.fromkeys(names, value)),
                        content_type="application/json",
                    )
                    transaction.set_rollback(True)
                assert answer.status_code < 500, (method, path, value, answer.content[:300])
                if answer.status_code >= 400:
                    assert set(json.loads(answer.content)) == {"error"}
                tried += 1
    assert tried > 1000


def test_a_hostile_query_is_refused_and_breaks_nothing(
    api: Callable[..., Api], cast: Cast, stages: Stages, document: dict[str, Any]
) -> None:
    assert stages.published
    client = api(cast.audrey)
    for path, methods in document["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["in"] != "query":
                continue
            for value in (
                "",
                "%00",
                "-1",
                "9" * 40,
                "1e9",
                "' OR 1=1 --",
                "a:b",
                "%F0%9F%98%80",
                "x" * 3000,
                "2026-99-99",
            ):
                answer = client.client.get(f"{filled(path)}?{parameter['name']}={value}")
                assert answer.status_code < 500, (path, parameter["name"], value)
