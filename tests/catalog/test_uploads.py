"""Uploads from the socket into a sealed file: nothing plain on the disk, nothing left of what nobody keeps."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.http import UnreadablePostError
from django.test import RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django import Settings

from catalog import storage
from catalog.sealed import SealDamaged
from catalog.storage import UPLOADS, open_sealed, path_of, sealed_output, sweep_partials
from catalog.uploads import SealedUpload

CONTENT = b"name,phone\n" + b"made up,13800001234\n" * 40_000  # several chunks of every size involved


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """An empty data folder."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def _request(*files: tuple[str, bytes]) -> WSGIRequest:
    data = {f"file{place}": SimpleUploadedFile(name, content) for place, (name, content) in enumerate(files)}
    return RequestFactory().post("/", data=data)


def _upload(request: WSGIRequest, name: str = "file0") -> SealedUpload:
    upload = request.FILES[name]
    assert isinstance(upload, SealedUpload)
    return upload


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_upload_arrives_whole_and_sealed(folder: Path) -> None:
    upload = _upload(_request(("visits.csv", CONTENT)))
    assert (upload.name, upload.size, upload.too_large) == ("visits.csv", len(CONTENT), False)
    assert upload.sha256 == hashlib.sha256(CONTENT).hexdigest()
    with open_sealed(UPLOADS, upload.sealed_name) as plain:
        assert plain.read() == CONTENT
    (path,) = _files(folder)
    assert b"13800001234" not in path.read_bytes()
    assert "visits" not in path.name
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 262_144, 262_145])
def test_every_size_comes_back_as_it_was(size: int) -> None:
    content = secrets.token_bytes(size)
    upload = _upload(_request(("x.bin", content)))
    with open_sealed(UPLOADS, upload.sealed_name) as plain:
        assert plain.read() == content


def test_an_upload_that_nobody_keeps_is_gone_when_the_request_ends(folder: Path) -> None:
    request = _request(("visits.csv", CONTENT))
    _upload(request)
    request.close()
    assert _files(folder) == []


def test_an_upload_that_was_adopted_stays(folder: Path) -> None:
    request = _request(("visits.csv", CONTENT))
    name = _upload(request).adopt()
    request.close()
    assert path_of(UPLOADS, name).exists()


def test_of_two_files_each_is_sealed_for_itself(folder: Path) -> None:
    request = _request(("first.csv", b"a,b\n1,2\n"), ("second.csv", CONTENT))
    first, second = _upload(request, "file0"), _upload(request, "file1")
    first.adopt()
    request.close()
    assert first.sealed_name != second.sealed_name
    assert _files(folder) == [path_of(UPLOADS, first.sealed_name)]
    with open_sealed(UPLOADS, first.sealed_name) as plain:
        assert plain.read() == b"a,b\n1,2\n"


def test_what_goes_over_the_cap_is_marked_and_not_kept(folder: Path, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 300_000
    request = _request(("visits.csv", CONTENT))
    upload = _upload(request)
    assert (upload.too_large, upload.size) == (True, len(CONTENT))
    assert path_of(UPLOADS, upload.sealed_name).stat().st_size < 310_000
    request.close()
    assert _files(folder) == []


def test_a_file_of_exactly_the_cap_is_taken(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = len(CONTENT)
    assert not _upload(_request(("visits.csv", CONTENT))).too_large


def test_a_path_in_the_name_is_only_a_name() -> None:
    assert _upload(_request(("../../etc/passwd.csv", b"a\n1\n"))).name == "passwd.csv"


class _CutOff(io.RawIOBase):
    """A client that goes away in the middle."""

    def __init__(self, body: bytes) -> None:
        self._body = io.BytesIO(body)

    def read(self, size: int = -1) -> bytes:
        piece = self._body.read(size)
        if not piece:
            raise OSError("the client went away")
        return piece


def _cut(stream: Callable[[bytes], Any]) -> WSGIRequest:
    """A request that promises a whole file and delivers half of it."""
    body = encode_multipart(BOUNDARY, {"file0": SimpleUploadedFile("visits.csv", CONTENT)})
    whole = RequestFactory().generic("POST", "/", body, content_type=MULTIPART_CONTENT)
    return WSGIRequest({**whole.environ, "wsgi.input": stream(body[: len(body) // 2])})


def test_of_an_upload_whose_connection_broke_nothing_is_left(folder: Path) -> None:
    with pytest.raises(UnreadablePostError):
        _ = _cut(_CutOff).FILES
    gc.collect()
    assert _files(folder) == []


def test_of_an_upload_that_ends_too_early_nothing_is_left(folder: Path) -> None:
    request = _cut(io.BytesIO)
    _ = request.FILES
    request.close()
    assert _files(folder) == []


def test_an_upload_whose_disk_is_full_is_an_error_and_leaves_nothing(folder: Path) -> None:
    """The folder cannot be written: the request fails, and no later one finds half a file."""
    place = storage.folder(UPLOADS)
    place.rmdir()
    place.write_bytes(b"")  # a file where the folder should be
    with pytest.raises(OSError):  # noqa: PT011  the system's own words differ
        _ = _request(("visits.csv", CONTENT)).FILES
    place.unlink()
    gc.collect()
    assert _files(folder) == []


# --- the sealed files themselves ------------------------------------------------------------------------------------------


def _write(name: str, content: bytes, *, fail: bool = False) -> None:
    with sealed_output(UPLOADS, name) as sink:
        sink.write(content)
        if fail:
            raise ZeroDivisionError


def test_a_file_has_its_name_only_when_it_is_whole(folder: Path) -> None:
    with sealed_output(UPLOADS, "abc") as sink:
        sink.write(CONTENT)
        assert not path_of(UPLOADS, "abc").exists()
    assert path_of(UPLOADS, "abc").exists()
    with pytest.raises(ZeroDivisionError):
        _write("def", CONTENT, fail=True)
    assert _files(folder) == [path_of(UPLOADS, "abc")]


def test_a_name_is_written_once() -> None:
    with sealed_output(UPLOADS, "abc"), pytest.raises(FileExistsError):
        _write("abc", CONTENT)


@pytest.mark.parametrize("name", ["", "../abc", "a/b", "a.b", "a b", "\x00"])
def test_a_name_that_is_no_name_of_ours_reaches_no_file(name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        path_of(UPLOADS, name)


def test_a_file_that_is_gone_is_told_so_and_deleting_it_again_is_no_error() -> None:
    _write("abc", CONTENT)
    storage.delete_sealed(UPLOADS, "abc")
    storage.delete_sealed(UPLOADS, "abc")
    with pytest.raises(FileNotFoundError):
        open_sealed(UPLOADS, "abc")


def test_a_shortened_file_is_refused_and_its_handle_closed() -> None:
    _write("abc", CONTENT)
    path = path_of(UPLOADS, "abc")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SealDamaged):
        open_sealed(UPLOADS, "abc")
    open_now = [os.readlink(f"/proc/self/fd/{name}") for name in _descriptors()]
    assert str(path) not in open_now


def _descriptors() -> Iterator[str]:
    for name in os.listdir("/proc/self/fd"):
        if os.path.lexists(f"/proc/self/fd/{name}"):
            yield name


def test_a_file_belongs_to_its_area() -> None:
    """An upload copied among the staged artefacts does not open there."""
    _write("abc", CONTENT)
    target = storage.folder(storage.STAGED) / "abc.sealed"
    target.write_bytes(path_of(UPLOADS, "abc").read_bytes())
    with pytest.raises(SealDamaged):
        open_sealed(storage.STAGED, "abc")


def test_what_a_killed_process_left_is_swept_after_a_day(folder: Path) -> None:
    old, young = storage.folder(UPLOADS) / "old.part", storage.folder(UPLOADS) / "young.part"
    old.write_bytes(b"x")
    young.write_bytes(b"x")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    assert sweep_partials(UPLOADS) == 1
    assert _files(folder) == [young]


def test_the_cap_of_the_installation_is_what_the_operator_set() -> None:
    assert project.FILE_UPLOAD_HANDLERS == ["catalog.uploads.SealedUploadHandler"]
    assert cast(Any, project).UPLOAD_MAX_BYTES > 0
