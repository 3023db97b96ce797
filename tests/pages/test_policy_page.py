"""A table's whole protection on pages: proposing by how the data leave, versions, restoring one, the policy as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from privacy.masking.policy import policy_from_toml
from privacy.models import ProtectionVersion
from privacy.services.protections import policy_of, set_protection
from tests.api.conftest import Api
from tests.api.conftest import api as api  # noqa: PLC0414  # the fixture
from tests.cast import Cast
from tests.pages.visiting import Visitor, text_of
from tests.stages import PROTECTION, Stages
from tests.world import kept_files, shared_world

LAST = len(PROTECTION)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The table with its protection set field by field, a version each; made once for this module."""
    with shared_world(django_db_blocker, tmp_path_factory.mktemp("data")) as stages:
        assert stages.ready
        yield stages


@pytest.fixture
def stages(world: Stages, db: None) -> Iterator[Stages]:
    """The module's world; what a test does to it is undone."""
    with kept_files():
        yield deepcopy(world)


@pytest.fixture
def cast(stages: Stages) -> Cast:
    return stages.cast


def page(stages: Stages, then: str = "") -> str:
    return f"/protection/{stages.distribution.pk}/{then}"


def operator(stages: Stages, name: str) -> str:
    return policy_of(stages.distribution)[0].fields[name].operator.value


# --- the proposal ------------------------------------------------------------------------------------------------------------------


def test_a_proposal_for_the_public_holds_no_pseudonym(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    kept = oscar.follow(oscar.post(page(stages, "propose/"), mode="public"))
    assert "Every field has its rule already" in text_of(kept), "rules that stand are not written over unasked"
    written = oscar.follow(oscar.post(page(stages, "propose/"), mode="public", replace="on"))
    assert "Rules were written for" in text_of(written)
    assert operator(stages, "身份证号") == operator(stages, "手机号") == "drop"
    again = oscar.follow(oscar.post(page(stages, "propose/"), mode="public", replace="on"))
    assert "Every field has its rule already" in text_of(again)
    assert ProtectionVersion.objects.count() == LAST + 1


def test_a_way_of_leaving_that_is_none_is_refused(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    told = oscar.follow(oscar.post(page(stages, "propose/"), mode="secret", replace="on"))
    assert "Say how the data leave" in text_of(told)
    assert ProtectionVersion.objects.count() == LAST


# --- versions ----------------------------------------------------------------------------------------------------------------------


def test_versions_are_compared_in_words(cast: Cast, stages: Stages) -> None:
    set_protection(actor=cast.oscar, field=stages.field("身份证号"), operator="null", null="fail")
    seen = text_of(Visitor(cast.stella).get(page(stages, f"versions/?before={LAST}")))
    assert "身份证号 Keyed token Empty; a missing value: Stop: nothing is released" in seen
    assert "Restore" not in seen, "who only reads restores nothing"
    same = text_of(Visitor(cast.stella).get(page(stages, f"versions/?before={LAST}&after={LAST}")))
    assert "Both say the same." in same
    gone = Visitor(cast.stella).get(page(stages, "versions/?before=999"))
    assert "There is no version 999" in text_of(gone)
    for odd in ("x", "-1", "9" * 30, "%00", "٣"):
        assert Visitor(cast.stella).get(page(stages, f"versions/?before={odd}&after={odd}")).status_code == 200


def test_a_version_is_restored_from_the_page(cast: Cast, stages: Stages) -> None:
    before = policy_of(stages.distribution)[0]
    set_protection(actor=cast.oscar, field=stages.field("身份证号"), operator="drop")
    oscar = Visitor(cast.oscar)
    restored = oscar.follow(oscar.post(page(stages, f"versions/{LAST}/restore/")))
    assert f"The rule of 1 field was changed. This is version {LAST + 2}." in text_of(restored)
    assert policy_of(stages.distribution)[0] == before
    gone = oscar.follow(oscar.post(page(stages, "versions/999/restore/")))
    assert "There is no version 999" in text_of(gone)
    assert Visitor(cast.rita).client.post(page(stages, "versions/1/restore/")).status_code == 404
    assert oscar.get(page(stages, "versions/1/restore/")).status_code == 302, "reading restores nothing"


# --- the file ----------------------------------------------------------------------------------------------------------------------


def test_a_policy_is_downloaded_and_uploaded(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    file = oscar.get(page(stages, "policy.toml"))
    assert (file["Content-Type"], "attachment" in file["Content-Disposition"]) == (
        "application/toml; charset=utf-8",
        True,
    )
    assert policy_from_toml(file.content.decode()) == policy_of(stages.distribution)[0]
    first = oscar.get(page(stages, "policy.toml?version=1"))
    assert len(policy_from_toml(first.content.decode()).fields) == 1
    taken = oscar.follow(oscar.post(page(stages, "upload/"), file=SimpleUploadedFile("p.toml", first.content)))
    assert "fields were changed." in text_of(taken)
    assert len(policy_of(stages.distribution)[0].fields) == 1


def test_a_wrong_file_is_told_beside_the_form(cast: Cast, stages: Stages) -> None:
    oscar, before = Visitor(cast.oscar), policy_of(stages.distribution)
    for content, told in (
        ('[fields."身份证号"]\noperator = "keep"', "身份证号"),
        ('[fields."年龄"]\noperator = "keep"', "年龄"),
        ("operator token", "The protection policy cannot be read"),
    ):
        upload = SimpleUploadedFile("p.toml", content.encode())
        answer = oscar.post(page(stages, "upload/"), file=upload)
        assert answer.status_code == 200
        assert told in text_of(answer)
    assert "Choose a file." in text_of(oscar.post(page(stages, "upload/")))
    assert policy_of(stages.distribution) == before
    assert Visitor(cast.stella).get(page(stages, "upload/")).status_code == 403
    assert Visitor(cast.rita).get(page(stages, "policy.toml")).status_code == 404


# --- the same over HTTP ------------------------------------------------------------------------------------------------------------


def test_the_api_lists_compares_and_restores(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    table, oscar = stages.distribution.pk, api(cast.oscar)
    set_protection(actor=cast.oscar, field=stages.field("身份证号"), operator="drop")
    listed = oscar.get(f"protections/versions/?distribution={table}").json()
    assert listed["count"] == LAST + 1
    newest = listed["results"][0]
    assert (newest["version"], newest["fields_with_a_rule"]) == (LAST + 1, LAST)
    (change,) = oscar.get(f"protections/changes/?distribution={table}&before={LAST}").json()
    assert (change["field"], change["before"]["operator"], change["after"]["operator"]) == ("身份证号", "token", "drop")
    assert oscar.get(f"protections/changes/?distribution={table}").status_code == 400
    assert (
        oscar.get(f"protections/changes/?distribution={table}&before=99").json()["error"]["code"] == "version_unknown"
    )
    restored = oscar.post("protections/restore/", {"distribution": table, "version": LAST}).json()
    assert restored == {"version": LAST + 2, "changed": ["身份证号"]}
    for path in ("versions/", "toml/"):
        assert oscar.get(f"protections/{path}").status_code == 400
        assert api(cast.rita).get(f"protections/{path}?distribution={table}").status_code in (400, 403, 404)
    assert api(cast.stella).post("protections/restore/", {"distribution": table, "version": 1}).status_code == 403


def test_the_api_gives_and_takes_the_policy_as_a_file(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    table, oscar = stages.distribution.pk, api(cast.oscar)
    text = oscar.get(f"protections/toml/?distribution={table}").content.decode()
    assert policy_from_toml(text) == policy_of(stages.distribution)[0]
    same = oscar.post("protections/toml/", {"distribution": table, "toml": text}).json()
    assert same == {"version": LAST, "changed": []}
    wrong = oscar.post("protections/toml/", {"distribution": table, "toml": 'default = "keep"'})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "direct_identifier_in_clear")
    assert "身份证号" in wrong.content.decode()


def test_the_api_proposes_by_how_the_data_leave(api: Callable[..., Api], cast: Cast, stages: Stages) -> None:
    table, oscar = stages.distribution.pk, api(cast.oscar)
    assert oscar.post("protections/propose/", {"distribution": table, "mode": "enclave"}).json() == []
    written = oscar.post("protections/propose/", {"distribution": table, "mode": "enclave", "replace": True}).json()
    assert {row["field"]["name"]: row["operator"] for row in written}["姓名"] == "token"
    assert oscar.post("protections/propose/", {"distribution": table, "mode": "secret"}).status_code == 400


# --- what a token is -----------------------------------------------------------------------------------------------------------------


def test_alphabet_and_odds_of_a_token_are_told_where_it_is_chosen(cast: Cast, stages: Stages) -> None:
    oscar, field = Visitor(cast.oscar), stages.field("身份证号")
    chosen = text_of(oscar.get(page(stages, f"{field.pk}/?operator=token")))
    assert "A token has 16 characters out of A–Z 2–7: 80 bits." in chosen
    # 240 · 239 / 2 pairs in 2⁸⁰: 2.4 in 10²⁰.
    assert "Among the 240 different values here, two share one by chance less often than once in 10^19." in chosen
    assert "A token has" not in text_of(oscar.get(page(stages, f"{field.pk}/?operator=drop")))
