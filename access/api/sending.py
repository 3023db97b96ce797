"""Sending a release's bytes: one answer for the API and for the page, whole or the part that was asked for.

What a part is stands in `ranges`; who may have the bytes, and that it is recorded, in `access.services.releases`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from django.http import HttpRequest, StreamingHttpResponse

from access.api.ranges import ByteRange, RangeNotSatisfiable, read_range
from access.models import Release, ReleaseFormat
from access.services.releases import download_release
from catalog.errors import DomainError
from catalog.messages import gettext_noop
from catalog.people.models import User

CHUNK = 256 * 1024
CONTENT_TYPES = {ReleaseFormat.CSV: "text/csv; charset=utf-8", ReleaseFormat.PARQUET: "application/vnd.apache.parquet"}


class NoSuchBytes(DomainError):
    """A part was asked for that the file does not have."""

    status = 416
    code = "range_not_satisfiable"
    message = gettext_noop("The file has %(size)s bytes; the part asked for lies past its end.")

    @property
    def headers(self) -> dict[str, str]:
        """What the standard asks the answer to say."""
        return {"Content-Range": f"bytes */{self.params['size']}"}


def send_release(actor: User, release: Release, request: HttpRequest) -> StreamingHttpResponse:
    """The bytes, as the request's `Range` and `If-Range` ask for them. Recorded before the first byte leaves."""
    part = _part(request, release)
    _download, stream = download_release(actor=actor, release=release, first_byte=part.first if part else 0)
    answer = StreamingHttpResponse(
        Chunks(stream, part), content_type=CONTENT_TYPES[ReleaseFormat(release.artefact.format)]
    )
    if part is not None:
        answer.status_code = 206
        answer["Content-Range"] = part.content_range
    answer["Content-Length"] = str(part.length if part else release.artefact.size)
    name = f"{release.grant.application.distribution.dataset.code.replace('/', '-')}-{release.pk}"
    answer["Content-Disposition"] = f'attachment; filename="{_plain(name)}.{release.artefact.format}"'
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = _etag(release)
    answer["X-Content-SHA256"] = release.artefact.sha256
    answer["Cache-Control"] = "no-store"
    return answer


def _part(request: HttpRequest, release: Release) -> ByteRange | None:
    """The part asked for; None for the whole, also where the file is no longer the one whose part was kept."""
    header = request.headers.get("Range", "")
    condition = request.headers.get("If-Range")
    if not header or (condition is not None and condition.strip() != _etag(release)):
        return None
    try:
        return read_range(header, release.artefact.size)
    except RangeNotSatisfiable as error:
        raise NoSuchBytes(size=release.artefact.size) from error


def _etag(release: Release) -> str:
    return f'"{release.artefact.sha256}"'


def _plain(name: str) -> str:
    """A file name without what a header or a file system could stumble over."""
    return "".join(
        character if character.isascii() and (character.isalnum() or character in "-_") else "_" for character in name
    )


class Chunks:
    """The stream from the part's first byte on, in pieces. The answer closes it when it ends, whether it was sent or not."""

    def __init__(self, stream: BinaryIO, part: ByteRange | None) -> None:
        self._stream, self._left = stream, part.length if part else None
        if part is not None:
            stream.seek(part.first)

    def __iter__(self) -> Iterator[bytes]:
        while self._left is None or self._left > 0:
            chunk = self._stream.read(CHUNK if self._left is None else min(CHUNK, self._left))
            if not chunk:
                return
            if self._left is not None:
                self._left -= len(chunk)
            yield chunk

    def close(self) -> None:
        """Called by Django when the answer ends."""
        self._stream.close()
