"""Which encoding a text file is in, told from all of its bytes.

Lives here: the survey a text file gets before a row of it is read (encoding, size, lines, SHA-256) and the rules that
decide between UTF-8, UTF-16 and GB18030. A head of the file is not enough: exports are ASCII for megabytes until the
first Chinese name. The rule throughout: read it right or refuse it, never deliver mojibake. Delivering the text is in
`catalog.sources.transcoding`.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np

from catalog.sources.errors import BytesInvalid, EncodingMixed, EncodingUnknown, SourceLost, SourceUnreadable
from catalog.sources.location import FileLocation, open_stream

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 16

UTF8_SHARE = 0.5
"""A file with an invalid byte is still UTF-8 (a damaged one) when at least this share of its non-ASCII runs is valid
UTF-8."""

LUCK_SHARE = 0.005
"""GB18030 text of usual Chinese makes a run that happens to be valid UTF-8 about once in ten thousand; above this it is
no luck."""

COMMON_SHARE = 0.6
"""Share of non-ASCII characters that are GB 2312 hanzi or punctuation. Chinese text: above .95; Big5, Shift-JIS and
Latin-1 bytes read as GB18030: below .4."""

_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_BINARY_MARKS = (
    b"PK\x03\x04",
    b"PAR1",
    b"SQLite format 3\x00",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x1f\x8b\x08",
    b"%PDF-",
)

_WIDE = re.compile("[\u0800-\U0010ffff]")
_NON_ASCII_RUN = re.compile("[\u0080-\U0010ffff]+")
_NOT_CHINESE = re.compile(
    "[\u0370-\u052f\u3040-\u312f]"
)  # the Greek, Cyrillic, kana and bopomofo that GB 2312 also holds

_NARROW_RUNS_KEPT = 10_000
_JUDGED_CHARACTERS = 4_000_000
_CANDIDATES_TRIED = 5_000


@dataclass(frozen=True, slots=True)
class TextSurvey:
    """What one reading of a whole text file found.

    `damage` is the first byte that the encoding forbids and `sound` how many bytes stand before its line, in a file
    that is read up to there (`FileLocation.up_to_damage`). `encoding` is a Python codec name without BOM handling;
    `bom` the bytes to skip; `size` in bytes; `lines` the line ends counted (quoted ones too, so an upper bound of the
    rows); `sha256` hexadecimal, of all the bytes.
    """

    encoding: str
    bom: int
    size: int
    lines: int
    sha256: str
    sound: int | None = None
    damage: BytesInvalid | None = None


@dataclass(frozen=True, slots=True)
class _BadByte:
    offset: int
    line: int


@dataclass(slots=True)
class _Pass:
    """The running state of one strict decoding of the file."""

    decoder: codecs.IncrementalDecoder
    utf16: bool
    size: int = 0
    lines: int = 0
    returns: int = 0
    bad: _BadByte | None = None
    wide: bool = False

    def feed(self, chunk: bytes, *, final: bool = False) -> str:
        """The text of `chunk`; nothing any more from the first bad byte on."""
        text = "" if self.bad else self._decode(chunk, final=final)
        self.size += len(chunk)
        self.lines += text.count("\n") if self.utf16 else chunk.count(b"\n")
        self.returns += text.count("\r") if self.utf16 else chunk.count(b"\r")
        return text

    def _decode(self, chunk: bytes, *, final: bool) -> str:
        pending = self.decoder.getstate()[0]
        try:
            return self.decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            before = (pending + chunk)[: error.start].decode(error.encoding, errors="replace")
            pending_lines = 0 if self.utf16 else pending.count(b"\n")
            self.bad = _BadByte(
                self.size - len(pending) + error.start, self.lines - pending_lines + before.count("\n") + 1
            )
            return before


def survey_text(location: FileLocation, *, kind: str) -> TextSurvey:
    """Read the whole file once (twice when it is not UTF-8) and tell its encoding. `kind` is the format's name for
    messages.

    Raises: SourceMissing, SourceForbidden, SourceLost, SourceUnreadable (a binary file under a text name),
    EncodingUnknown, EncodingMixed, BytesInvalid (the encoding is plain, some bytes are not of it).
    """
    with open_stream(location) as stream:
        head = _read(stream, HEAD_BYTES, location.name)
    if head.startswith(_BINARY_MARKS):
        raise SourceUnreadable(name=location.name, format=kind)
    encoding, bom = _declared(head, location)
    if encoding is None:
        return _survey_undeclared(location)
    survey, bad, _ = _survey_as(encoding, bom, location)
    if bad is not None:
        return _damaged(survey, bad, location)
    return survey


def _damaged(survey: TextSurvey, bad: _BadByte, location: FileLocation) -> TextSurvey:
    """The survey of a file whose encoding is plain and which has a byte that is not of it.

    Raises: BytesInvalid, unless the file may be read up to there and has a line before it.
    """
    damage = BytesInvalid(name=location.name, encoding=survey.encoding.upper(), byte=bad.offset, line=bad.line)
    # In UTF-16 a line ends with two bytes, and which two depends on the mark: that is refused as a whole.
    sound = (
        0 if survey.encoding.startswith("utf-16") or not location.up_to_damage else _line_before(bad.offset, location)
    )
    if sound <= survey.bom:
        raise damage
    return replace(survey, lines=bad.line - 1, sound=sound, damage=damage)


def _line_before(offset: int, location: FileLocation) -> int:
    """How many bytes stand before the line that the byte at `offset` is in."""
    end = position = 0
    with open_stream(location) as stream:
        for chunk in _chunks(stream, location.name):
            if (found := chunk.rfind(b"\n", 0, offset - position)) >= 0:
                end = position + found + 1
            position += len(chunk)
            if position >= offset:
                break
    return end


def _declared(head: bytes, location: FileLocation) -> tuple[str | None, int]:
    """The encoding that the caller, a byte order mark or UTF-16's zero bytes declare, and the bytes of the mark."""
    # UTF-32's little-endian mark begins with UTF-16's: look for it first.
    if head.startswith(_UTF32_MARKS) and location.encoding is None:
        raise EncodingUnknown(name=location.name)
    marked = next(((encoding, len(mark)) for mark, encoding in _MARKS if head.startswith(mark)), None)
    if location.encoding is not None:
        try:
            named = codecs.lookup(location.encoding).name
            # A codec that is no text encoding (base64, zlib) is a LookupError here.
            b"\n".decode(named, errors="ignore")
        except LookupError:
            raise EncodingUnknown(name=location.name) from None
        if marked is not None and named in {marked[0], "utf-16", "utf-8-sig"}:
            return marked
        return ("utf-8" if named == "utf-8-sig" else named), 0
    if marked is not None:
        return marked
    return _unmarked_utf16(head), 0


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 shows in its ASCII characters, whose zero bytes all stand on one side. A stray NUL in 8-bit text does not
    decode so."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 100 < len(head):
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return None
    return encoding if "\x00" not in text and re.search(r"[\n\r,;\t|{]", text) else None


def _survey_undeclared(location: FileLocation) -> TextSurvey:
    survey, bad, narrow = _survey_as("utf-8", 0, location)
    if bad is None:
        if narrow and _reads_as_chinese(narrow):
            raise EncodingUnknown(name=location.name)
        return survey
    return _survey_chinese(location, survey, bad)


def _survey_as(encoding: str, bom: int, location: FileLocation) -> tuple[TextSurvey, _BadByte | None, frozenset[str]]:
    """One strict pass. The last value holds the non-ASCII runs of a text that has no character above U+07FF."""
    digest = hashlib.sha256()
    state = _Pass(codecs.getincrementaldecoder(encoding)("strict"), encoding.startswith("utf-16"))
    narrow: set[str] = set()
    with open_stream(location) as stream:
        digest.update(_read(stream, bom, location.name))
        state.size = bom
        for chunk in _chunks(stream, location.name):
            digest.update(chunk)
            text = state.feed(chunk)
            if state.wide or text.isascii():
                continue
            if _WIDE.search(text):
                state.wide = True
                narrow.clear()
            elif len(narrow) < _NARROW_RUNS_KEPT:
                narrow.update(_NON_ASCII_RUN.findall(text))
        state.feed(b"", final=True)
    survey = TextSurvey(encoding, bom, state.size, max(state.lines, state.returns), digest.hexdigest())
    return survey, state.bad, frozenset(narrow)


def _reads_as_chinese(runs: frozenset[str]) -> bool:
    """Could this UTF-8 text, all of it in two-byte characters, be Chinese in GB 2312 as well? ("联通" in Notepad was
    such a case.)

    Single accented letters and signs (é, °, ·) between ASCII are what European text has, and no one writes Chinese that
    way.
    """
    if all(len(run) == 1 and run <= "\u00ff" for run in runs):
        return False
    try:
        readings = [run.encode("utf-8").decode("gb2312") for run in runs]
    except UnicodeDecodeError:
        return False
    return all("\u4e00" <= character <= "\u9fff" for reading in readings for character in reading)


@dataclass(slots=True)
class _Runs:
    """Runs of non-ASCII bytes, and how many of them are whole UTF-8 words beginning with a three-byte character."""

    total: int = 0
    utf8: float = 0.0

    def count(self, block: bytes) -> None:
        data = np.frombuffer(block, dtype=np.uint8)
        high = np.append(data >= 0x80, [False, False, False])
        starts = np.flatnonzero(high[:-3] & ~np.concatenate(([False], high[:-4])))
        self.total += len(starts)
        padded = np.append(data, np.zeros(3, dtype=np.uint8))
        leads = (
            (padded[starts] & 0xF0 == 0xE0) & (padded[starts + 1] & 0xC0 == 0x80) & (padded[starts + 2] & 0xC0 == 0x80)
        )
        candidates = starts[leads]
        ends = np.flatnonzero(~high)
        tried = candidates[:_CANDIDATES_TRIED]
        stops = ends[np.searchsorted(ends, tried)]
        valid = sum(_is_utf8(block[start:stop]) for start, stop in zip(tried.tolist(), stops.tolist(), strict=True))
        if len(tried):
            self.utf8 += valid * len(candidates) / len(tried)


def _is_utf8(run: bytes) -> bool:
    try:
        run.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _survey_chinese(location: FileLocation, utf8: TextSurvey, utf8_bad: _BadByte) -> TextSurvey:
    """The file is not UTF-8 throughout: damaged UTF-8, GB18030, a mixture of them, or something we do not know."""
    digest = hashlib.sha256()
    state = _Pass(codecs.getincrementaldecoder("gb18030")("strict"), utf16=False)
    runs = _Runs()
    seen = common = 0
    carry = b""
    with open_stream(location) as stream:
        for chunk in _chunks(stream, location.name):
            digest.update(chunk)
            text = state.feed(chunk)
            # Cut at a line end, so that no run is counted as two halves.
            block = carry + chunk
            cut = block.rfind(b"\n") + 1 or len(block)
            runs.count(block[:cut])
            carry = block[cut:]
            if seen < _JUDGED_CHARACTERS:
                foreign = "".join(_NON_ASCII_RUN.findall(text))
                seen += len(foreign)
                common += len(_NOT_CHINESE.sub("", foreign).encode("gb2312", errors="ignore")) // 2
        runs.count(carry)
        state.feed(b"", final=True)
    survey = TextSurvey("gb18030", 0, state.size, max(state.lines, state.returns), digest.hexdigest())
    share = runs.utf8 / max(runs.total, 1)
    if share >= UTF8_SHARE:
        return _damaged(utf8, utf8_bad, location)
    if share > LUCK_SHARE:
        raise EncodingMixed(name=location.name, line=utf8_bad.line)
    if common < COMMON_SHARE * seen or seen == 0:
        raise EncodingUnknown(name=location.name)
    if state.bad is not None:
        return _damaged(survey, state.bad, location)
    return survey


def _chunks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    while chunk := _read(stream, CHUNK_BYTES, name):
        yield chunk


def _read(stream: BinaryIO, size: int, name: str) -> bytes:
    try:
        return stream.read(size)
    except OSError:
        raise SourceLost(name=name, rows=0) from None
