"""What is written to the disk: not by strangers, not beyond the cap, not for ever, and no source that cannot be read."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from pytest_django import Settings

from access.models import Artefact
from access.workers import delete_abandoned_artefacts
from access.workflow import Action
from catalog.datasets.models import Source
from catalog.datasets.registration import register_upload
from catalog.ledger.models import LedgerEntry
from catalog.messages import MessageError
from catalog.storage import STAGED, path_of
from tests.access.acts import artefact_of, on_disk
from tests.cast import Cast
from tests.stages import Stages, sealed_upload


def _request(user: object | None, *contents: bytes) -> WSGIRequest:
    files = {f"file{place}": SimpleUploadedFile(f"{place}.csv", content) for place, content in enumerate(contents)}
    request = RequestFactory().post("/", data={"name": "x", **files})
    if user is not None:
        request.user = user  # type: ignore[assignment]
    return request


def _written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_who_is_not_signed_in_writes_no_file(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    request = _request(AnonymousUser(), b"a,b\n1,2\n", b"c\n3\n")
    assert (dict(request.FILES), request.POST["name"]) == ({}, "x")
    assert _written(tmp_path) == []


def test_the_cap_is_the_requests_however_many_files_it_is_cut_into(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR, settings.UPLOAD_MAX_BYTES = tmp_path, 1000
    request = _request(None, b"x" * 600, b"y" * 600)
    first, second = request.FILES["file0"], request.FILES["file1"]
    assert (first.too_large, second.too_large) == (False, True)  # type: ignore[union-attr]


def test_of_a_request_with_too_many_files_nothing_is_left(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR, settings.DATA_UPLOAD_MAX_NUMBER_FILES = tmp_path, 2
    request = _request(None, b"a", b"b", b"c")
    with pytest.raises(TooManyFilesSent):
        _ = request.FILES
    request.close()
    del request
    gc.collect()
    assert _written(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"a,b\n\xff\xfe\xfa,1\n\x81\x20,2\n", "encoding_unknown"), (b"\n\n", "empty_table")],
    ids=["encoding", "blank"],
)
def test_a_text_that_cannot_be_read_is_no_source(cast: Cast, content: bytes, code: str) -> None:
    lines = LedgerEntry.objects.count()
    upload = sealed_upload("dirty.csv", content)
    with pytest.raises(MessageError) as refused:
        register_upload(actor=cast.stella, organization=cast.health, name="dirty", upload=upload)
    assert refused.value.code == code
    assert not upload.adopted
    assert not Source.objects.filter(name="dirty").exists()
    assert LedgerEntry.objects.count() == lines


def test_bytes_that_outlived_their_row_are_deleted_in_the_end(stages: Stages, cast: Cast) -> None:
    kept, given_up = stages.deciding(), stages.deciding()
    with patch("access.services.artefacts.delete_sealed"):  # the process dies between the commit and the deletion
        stages.act(cast.rita, given_up, Action.WITHDRAW)
    old = artefact_of(kept), artefact_of(given_up)
    assert delete_abandoned_artefacts() == 0  # not yet a day old
    for artefact in old:
        os.utime(path_of(STAGED, artefact.sealed_name), (0, 0))
    assert delete_abandoned_artefacts() == 1
    assert [on_disk(artefact) for artefact in old] == [True, False]


def test_a_file_that_this_database_knows_nothing_of_stays(stages: Stages) -> None:
    path = path_of(STAGED, "0123456789abcdef0123456789abcdef0001")
    path.write_bytes(b"another database's")
    os.utime(path, (0, 0))
    assert delete_abandoned_artefacts() == 0
    assert path.exists()
    assert not Artefact.objects.filter(sealed_name=path.stem).exists()


def test_a_column_that_is_gone_is_named(stages: Stages, committed: Callable[[], Any]) -> None:
    application = stages.application()
    stages.field("诊断")
    type(stages.field("诊断")).objects.filter(pk=stages.field("诊断").pk).update(name="诊断结果")
    stages.act(application.applicant, application, Action.SUBMIT)
    stages.run_jobs()
    application.refresh_from_db()
    assert (application.note_code, application.note_params) == ("column_missing", {"columns": "诊断结果"})
