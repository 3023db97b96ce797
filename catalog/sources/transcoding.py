"""The text of a surveyed file as one UTF-8 byte stream, and the digest of any file.

Lives here: reading the bytes again once their encoding is known. Nothing is guessed and nothing replaced: a byte that
no longer decodes, or bytes that come to another digest, mean that the file was changed after the survey.
"""

from __future__ import annotations

import codecs
import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO

from catalog.sources.encoding import CHUNK_BYTES, TextSurvey
from catalog.sources.errors import SourceChanged, SourceLost
from catalog.sources.location import FileLocation, open_stream

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_CHARACTERS = 1 << 17
"""What is looked at to find the header. Also the longest field the csv module reads, so it never refuses one of the
head."""


class Utf8Stream(io.RawIOBase):
    """A readable stream of UTF-8, without BOM, of a file in any surveyed encoding. Wrap it in io.BufferedReader to read
    it."""

    def __init__(self, location: FileLocation, survey: TextSurvey) -> None:
        super().__init__()
        self._name = location.name
        self._survey = survey
        self._taken = 0
        self._digest = hashlib.sha256()
        # Surveyed UTF-8 needs no decoding, it is handed on as it is.
        plain = survey.encoding in {"utf-8", "ascii"}
        self._decoder = None if plain else codecs.getincrementaldecoder(survey.encoding)("strict")
        self._ready = memoryview(b"")
        self._source = open_stream(location)
        self._read(survey.bom)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill `buffer`; 0 at the end. Raises: SourceLost, SourceChanged."""
        while not self._ready:
            if not self._advance():
                return 0
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _advance(self) -> bool:
        sound = self._survey.sound
        chunk = self._read(CHUNK_BYTES if sound is None else min(CHUNK_BYTES, max(0, sound - self._taken)))
        if not chunk and sound is not None:
            while self._read(CHUNK_BYTES):  # what is not delivered tells whether the file is still the same
                pass
        if not chunk and (self._taken, self._digest.hexdigest()) != (self._survey.size, self._survey.sha256):
            raise SourceChanged(name=self._name)
        if self._decoder is None:
            self._ready = memoryview(chunk)
        else:
            try:
                self._ready = memoryview(self._decoder.decode(chunk, not chunk).encode("utf-8"))
            except UnicodeError:
                raise SourceChanged(name=self._name) from None
        return bool(chunk)

    def _read(self, size: int) -> bytes:
        try:
            chunk = self._source.read(size)
        except OSError:
            raise SourceLost(name=self._name, rows=0) from None
        self._taken += len(chunk)
        self._digest.update(chunk)
        return chunk

    def close(self) -> None:
        """Close the file below as well."""
        if not self.closed:
            self._source.close()
        super().close()


def read_head(location: FileLocation, survey: TextSurvey) -> str:
    """The first HEAD_CHARACTERS of the text, or all of it."""
    with Utf8Stream(location, survey) as stream:
        # A UTF-8 character has at most four bytes; the one cut at the end is left out.
        data = io.BufferedReader(stream).read(4 * HEAD_CHARACTERS)
    return codecs.getincrementaldecoder("utf-8")().decode(data)[:HEAD_CHARACTERS]


def file_digest(location: FileLocation) -> str:
    """SHA-256 of the file's bytes, hexadecimal.

    Raises: SourceMissing, SourceForbidden, SourceLost.
    """
    with open_stream(location) as stream:
        return stream_digest(stream, name=location.name)


def stream_digest(stream: BinaryIO, *, name: str) -> str:
    """SHA-256 of what is left of the stream. Raises: SourceLost."""
    digest = hashlib.sha256()
    try:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    except OSError:
        raise SourceLost(name=name, rows=0) from None
    return digest.hexdigest()


def content_fingerprint(file_sha256: str, part: str | None = None) -> str:
    """`sha256:…` of a file, or of one named sheet or table in it."""
    if part is None:
        return f"sha256:{file_sha256}"
    return "sha256:" + hashlib.sha256(f"{file_sha256}\x00{part}".encode()).hexdigest()
