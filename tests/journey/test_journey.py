"""The main job over HTTP, against the real web server and the real worker, on a CSV that nobody prepared.

A steward uploads it in GB18030 with full-width digits, spaced numbers and blanks; the officer scans, reviews and protects; a requester
applies; the job measures; the approver decides with that in front of them; the release is downloaded, and revoked; the ledger tells it all.
"""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Any

import pytest
import requests

from catalog.ledger.models import LedgerEntry
from catalog.ledger.verification import verify
from config.demo.client import FINISHED, Person, Refused
from tests.cast import PASSWORD, Cast
from tests.journey.processes import live_web, live_worker
from tests.stages import ANSWERS, CONTROLS, MOTIVE, ROLES, visits_csv

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
]
ASKED = ("身份证号", "性别", "出生日期", "区县", "诊断")


def _as_found() -> bytes:
    """The visits as a department would hand them over: every tenth ID in full-width digits, every seventh spaced, in GB18030."""
    header, *rows = visits_csv().decode().splitlines()
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    lines = [header]
    for number, row in enumerate(rows):
        identifier, rest = row.split(",", 1)
        if number % 10 == 0:
            identifier = identifier.translate(wide)
        elif number % 7 == 0:
            identifier = f"{identifier[:6]} {identifier[6:14]} {identifier[14:]}"
        lines.append(f"{identifier},{rest}")
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def _upload(address: str, person: Person, organization: int, content: bytes) -> Any:
    answer = requests.post(
        f"{address}/api/v1/sources/",
        headers={"Authorization": person.token},
        data={"kind": "upload", "organization": organization, "name": "found"},
        files={"file": ("found.csv", content)},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def _register(address: str, steward: Person, reviewer: Person, cast: Cast) -> tuple[int, dict[str, int]]:
    """Upload, record, rights, publication. Returns the distribution and its fields by name."""
    source = _upload(address, steward, cast.health.pk, _as_found())
    dataset = steward.post(
        "datasets/",
        {
            "provider": cast.health.pk,
            "category": "3/05/01",
            "title": "门诊就诊记录",
            "abstract": "门诊就诊的逐条记录",
            "share_type": "conditional",
            "share_condition": "用于公共卫生研究",
            "update_cycle": "daily",
        },
    )
    distribution = steward.post(f"datasets/{dataset['id']}/distributions/", {"source": source["id"]})
    right = {"kind": "ownership", "holder": cast.health.pk, "basis": "苏政发〔2025〕1号", "valid_from": "2025-01-01"}
    steward.post(f"datasets/{dataset['id']}/rights/", right)
    steward.post(f"datasets/{dataset['id']}/submit/")
    with pytest.raises(Refused, match="403"):
        steward.post(f"datasets/{dataset['id']}/publish/")
    reviewer.post(f"datasets/{dataset['id']}/publish/")
    return distribution["id"], {field["name"]: field["id"] for field in distribution["fields"]}


def _protect(officer: Person, distribution: int, fields: dict[str, int]) -> None:
    """Scan every row, decide every finding, say whom rows are about, set the rules."""
    scan = officer.post("scans/", {"distribution": distribution, "mode": "full"})
    found = officer.wait_for(f"scans/{scan['id']}/", lambda answer: answer["state"] in FINISHED, lambda _: None, 120)
    assert (found["state"], found["rows"]) == ("complete", 240)
    proposed = {finding["field"]["name"]: finding for finding in officer.rows("findings/", distribution=distribution)}
    for name, (entity_type, role) in ROLES.items():
        finding = proposed[name]
        assert (finding["entity_type"], finding["role"]) == (entity_type, role)
        officer.post(f"findings/{finding['id']}/confirm/")
    officer.post(f"distributions/{distribution}/subject/", {"kind": "person", "field": fields["身份证号"]})
    officer.post("protections/propose/", {"distribution": distribution})
    with pytest.raises(Refused, match="direct_identifier_in_clear"):
        officer.put(f"protections/{fields['身份证号']}/", {"operator": "keep", "parameters": {}})


def _apply(requester: Person, cast: Cast, distribution: int) -> Any:
    application = requester.post(
        "applications/",
        {
            "organization": cast.institute.pk,
            "distribution": distribution,
            "fields": [{"name": name, "justification": "研究需要"} for name in ASKED],
            "recipients": ["rita"],
            "purpose": "public_good",
            "purpose_detail": "研究慢性病在各区县的分布,形成防治建议",
            "duty_citation": "研究所章程第 4 条",
            "legal_basis": "public_interest",
            "legal_citation": "PIPL Art 13(1)(5)",
            "recipient_in_china": True,
            "mode": "controlled",
            "format": "csv",
            "months": 6,
            "questionnaire": dict(ANSWERS),
            "controls": dict(CONTROLS),
            "motive": dict(MOTIVE),
        },
    )
    path = f"applications/{application['id']}/"
    requester.post(f"{path}actions/submit/", {"version": application["version"]})
    return requester.wait_for(
        path, lambda answer: answer["state"] not in ("submitted", "assessing"), lambda _: None, 120
    )


def test_a_table_nobody_prepared_goes_from_upload_to_a_protected_release_and_back(cast: Cast) -> None:
    with live_worker(), live_web() as address:
        people = {name: Person(address, name, PASSWORD) for name in ("stella", "stefan", "oscar", "rita", "ron", "amy")}
        distribution, fields = _register(address, people["stella"], people["stefan"], cast)
        _protect(people["oscar"], distribution, fields)
        application = _apply(people["rita"], cast, distribution)
        path = f"applications/{application['id']}/"
        assert application["state"] == "deciding", application["note"]
        assert application["allowed_actions"] == ["withdraw"]
        measured = application["assessment"]["measured"]
        assert (measured["subjects"], measured["uniques"]) == (240, 0)
        assert measured["k_min"] >= 3

        for name in ("amy", "oscar"):
            current = people[name].get(path)
            if current["state"] == "deciding":
                people[name].post(f"{path}actions/approve/", {"version": current["version"]})
        with pytest.raises(Refused, match="409"):
            people["amy"].post(f"{path}actions/approve/", {"version": 1})
        granted = people["rita"].get(path)
        assert granted["state"] == "granted"

        release = people["rita"].get(f"releases/{granted['release']}/")
        content = people["rita"].download(f"releases/{release['id']}/download/")
        assert hashlib.sha256(content).hexdigest() == release["sha256"] == granted["assessment"]["artefact_sha256"]
        _check_content(content)
        with pytest.raises(Refused, match="403"):
            people["ron"].download(f"releases/{release['id']}/download/")

        current = people["amy"].get(path)
        people["amy"].post(f"{path}actions/revoke/", {"version": current["version"], "reason": "用途变更"})
        with pytest.raises(Refused, match="grant_not_in_force"):
            people["rita"].download(f"releases/{release['id']}/download/")
    assert verify().ok
    told = list(LedgerEntry.objects.order_by("sequence").values_list("action", flat=True))
    story = [
        "source.registered",
        "dataset.registered",
        "dataset.published",
        "scan.finished",
        "application.submit",
        "application.assessed",
        "application.approve",
        "release.downloaded",
        "application.revoke",
    ]
    assert [action for action in told if action in story] == sorted(
        [action for action in told if action in story], key=story.index
    )
    assert set(story) <= set(told)


def _check_content(content: bytes) -> None:
    """What left: tokens, decades and districts; one token a person, whatever the spelling; nothing raw."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    raw = visits_csv().decode()
    assert len(rows) == 240
    assert set(rows[0]) == set(ASKED)
    assert len({row["身份证号"] for row in rows}) == 240
    assert all(len(row["身份证号"]) == 16 and row["出生日期"].endswith("0s") for row in rows)
    assert not [row for row in rows if row["身份证号"] in raw]
