"""Sealed bytes: what is encrypted at rest, and how a wrong key or a damaged byte is noticed.

Lives here: the key-encryption key that wraps small secrets (data keys, credentials), and sealed streams: any length
of bytes, encrypted in chunks, written once from front to back and read again at any position. Pure: the key and the
source of randomness are arguments. Where the keys come from and which files are sealed is not decided here.

A sealed stream is the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár ("Online Authenticated-Encryption
and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015) over AES-256-GCM::

    prefix  = "CLSEAL" | version (1) | log2 of the chunk size (1) | length of the wrapped key (2)
    header  = prefix | wrapped key
    stream  = header | chunk 0 | chunk 1 | … | last chunk
    chunk i = AES-256-GCM(file key, nonce = i (11) | last-chunk flag (1), ≤ 64 KiB of plaintext, prefix as extra data)

The file key is random and used for one file only, so a counter is a safe nonce. Numbers are big-endian. Every chunk
but the last is full; the last one carries the flag. So a flipped bit, chunks in another order, a shorter or longer
file and a changed header are all refused. The wrapped key is bound to what the file is, not into the chunks: another
key-encryption key needs another header and not another content. (Version 1 took the whole header as extra data. It is
still read; put under another key, it is sealed anew.)
"""

from __future__ import annotations

import io
import os
import struct
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from catalog.messages import MessageError, gettext_noop

RandomBytes = Callable[[int], bytes]

KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12
_TAG_BYTES = 16

_WRAP_MAGIC = b"CLW\x01"
_STREAM_MAGIC = b"CLSEAL"
_STREAM_VERSION = 2
_BOUND_TO_HEADER = 1
"""The version whose chunks carry the wrapped key as extra data."""
_CHUNK_BITS = 16
_FIXED_HEADER = struct.Struct(">6sBBH")
_CACHED_CHUNKS = 4
_COPIED = 1 << 20


class SealError(MessageError):
    """A sealed secret or stream could not be opened."""


class WrongKey(SealError):
    """The bytes were sealed with another key-encryption key. `params`: `needed` and `given` key ids."""

    code = "wrong_key"
    message = gettext_noop("This was encrypted with the key %(needed)s; the key given is %(given)s.")


class SealDamaged(SealError):
    """The bytes are shortened, reordered, altered, or belong to something else."""

    code = "seal_damaged"
    message = gettext_noop("The encrypted data is damaged or incomplete.")


class NotSealed(SealError):
    """The bytes do not begin as sealed data does, or a later version of this program wrote them."""

    code = "not_sealed"
    message = gettext_noop("This is not encrypted data of a version that can be read here.")


class ByteSink(Protocol):
    """What a sealed stream is written to."""

    def write(self, data: bytes, /) -> object: ...


class ByteSource(Protocol):
    """What a sealed stream is read from: seekable bytes."""

    def read(self, size: int, /) -> bytes: ...

    def seek(self, offset: int, whence: int = ..., /) -> int: ...

    def close(self) -> None: ...


class KeyEncryptionKey:
    """A 32-byte key that wraps other keys and small secrets with AES-256-GCM; never shown by `repr`.

    `id` (16 hexadecimal digits) is derived from the key itself, so it can stand in a blob, a log or a message without
    telling anything of the key, and cannot be given to two keys by mistake.
    """

    __slots__ = ("_cipher", "id")

    def __init__(self, secret: bytes) -> None:
        """Take the 32 secret bytes; ValueError for any other length."""
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a key-encryption key has {KEY_BYTES} bytes, not {len(secret)}")
        self._cipher = AESGCM(_derive(secret, b"canglang key-encryption key: wrap", KEY_BYTES))
        self.id = _derive(secret, b"canglang key-encryption key: id", _ID_BYTES).hex()

    def __repr__(self) -> str:
        return f"KeyEncryptionKey(id={self.id!r})"

    def __reduce__(self) -> str:
        raise TypeError("a key-encryption key is not pickled")

    def wrap(self, secret: bytes, *, context: bytes, random_bytes: RandomBytes = os.urandom) -> bytes:
        """Encrypt `secret`; it opens only under the same `context` (what the secret is for), so two blobs cannot be
        swapped.

        The blob is: format (4 bytes), key id (8), nonce (12), ciphertext and tag (length of the secret + 16).
        """
        head = _WRAP_MAGIC + bytes.fromhex(self.id)
        nonce = random_bytes(_NONCE_BYTES)
        return head + nonce + self._cipher.encrypt(nonce, secret, head + context)

    def unwrap(self, blob: bytes, *, context: bytes) -> bytes:
        """Return the secret in `blob`; raise NotSealed, WrongKey, or SealDamaged (also for another `context`)."""
        needed = wrapping_key_id(blob)
        if needed != self.id:
            raise WrongKey(needed=needed, given=self.id)
        head_length = len(_WRAP_MAGIC) + _ID_BYTES
        head, nonce, sealed = blob[:head_length], blob[head_length:][:_NONCE_BYTES], blob[head_length + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, head + context)
        except (InvalidTag, ValueError):
            raise SealDamaged from None


def wrapping_key_id(blob: bytes) -> str:
    """The id of the key-encryption key that wrapped `blob`; NotSealed if it is no wrapped secret."""
    if len(blob) < len(_WRAP_MAGIC) + _ID_BYTES + _NONCE_BYTES + _TAG_BYTES or not blob.startswith(_WRAP_MAGIC):
        raise NotSealed
    return blob[len(_WRAP_MAGIC) :][:_ID_BYTES].hex()


def rewrap(
    blob: bytes, *, old: KeyEncryptionKey, new: KeyEncryptionKey, context: bytes, random_bytes: RandomBytes = os.urandom
) -> bytes:
    """The same secret wrapped by another key: what rotating the key-encryption key does to each blob."""
    return new.wrap(old.unwrap(blob, context=context), context=context, random_bytes=random_bytes)


def _derive(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(secret)


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(_NONCE_BYTES - 1, "big") + (b"\x01" if last else b"\x00")


@dataclass(frozen=True, slots=True)
class _Header:
    """The head of a sealed stream: what its chunks take as extra data, and the file key as it is wrapped."""

    version: int
    fixed: bytes
    wrapped: bytes

    @property
    def extra(self) -> bytes:
        return self.fixed + self.wrapped if self.version == _BOUND_TO_HEADER else self.fixed

    @property
    def length(self) -> int:
        return len(self.fixed) + len(self.wrapped)


def _read_header(source: ByteSource) -> _Header:
    fixed = _read_exactly(source, _FIXED_HEADER.size, missing=NotSealed)
    magic, version, chunk_bits, wrapped_length = _FIXED_HEADER.unpack(fixed)
    if magic != _STREAM_MAGIC or version not in (_BOUND_TO_HEADER, _STREAM_VERSION) or chunk_bits != _CHUNK_BITS:
        raise NotSealed
    return _Header(version, fixed, _read_exactly(source, wrapped_length, missing=SealDamaged))


def _read_exactly(source: ByteSource, length: int, *, missing: type[SealError]) -> bytes:
    pieces: list[bytes] = []
    while length > 0:
        piece = source.read(length)
        if not piece:
            raise missing
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


class SealedWriter(io.RawIOBase):
    """A write-only file that seals what is written to it into `sink`, which stays open: its owner flushes and closes
    it.

    The stream is whole only after `close()`. Leaving the `with` block by an exception, `abandon()`, or dropping the
    object leaves out the last chunk, and readers then refuse the file as damaged: half a file never passes for a
    whole one.
    """

    def __init__(
        self, sink: ByteSink, kek: KeyEncryptionKey, *, context: bytes = b"", random_bytes: RandomBytes = os.urandom
    ) -> None:
        """Begin a stream under a fresh file key; `context` (what the file is) must be given again to read it."""
        super().__init__()
        self._sink = sink
        self._chunk = 1 << _CHUNK_BITS
        self._pending = bytearray()
        self._index = 0
        self._size = 0
        file_key = random_bytes(KEY_BYTES)
        wrapped = kek.wrap(file_key, context=_STREAM_MAGIC + context, random_bytes=random_bytes)
        self._extra = _FIXED_HEADER.pack(_STREAM_MAGIC, _STREAM_VERSION, _CHUNK_BITS, len(wrapped))
        self._cipher = AESGCM(file_key)
        self._abandoned = False
        sink.write(self._extra + wrapped)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        """Plaintext bytes written so far."""
        return self._size

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed's Buffer
        """Seal `data` (any bytes-like object); return its length."""
        if self.closed:
            raise ValueError("write to a closed sealed stream")
        view = memoryview(data).cast("B")
        position, total = 0, view.nbytes
        # A full chunk is held back until one more byte is known to follow: only then is it certain not to be the last.
        while len(self._pending) + total - position > self._chunk:
            taken = self._chunk - len(self._pending)
            piece = view[position : position + taken]
            if self._pending:
                self._pending += piece
                self._emit(self._pending, last=False)
                self._pending.clear()
            else:
                self._emit(piece, last=False)
            position += taken
        self._pending += view[position:]
        self._size += total
        return total

    def abandon(self) -> None:
        """Close without the last chunk: what was written stays unreadable."""
        self._abandoned = True
        self.close()

    def close(self) -> None:
        """Write the last chunk and end the stream; the sink stays open. Calling it again does nothing."""
        if self.closed:
            return
        try:
            if not self._abandoned:
                self._emit(self._pending, last=True)
        finally:
            self._pending.clear()
            super().close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def __del__(self) -> None:
        # io.IOBase closes on collection, which would finish a stream that its writer never finished.
        return

    def _emit(self, plain: bytes | bytearray | memoryview, *, last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_nonce(self._index, last=last), plain, self._extra))
        self._index += 1


class SealedReader(io.RawIOBase):
    """A read-only, seekable file over a sealed stream; closing it closes `source`.

    Opening checks the header and the last chunk, so a shortened or lengthened file is refused before the first byte
    is handed out; every other chunk is checked when it is read. Raises NotSealed, WrongKey, SealDamaged. Not for use
    by two threads at once.
    """

    def __init__(self, source: ByteSource, kek: KeyEncryptionKey, *, context: bytes = b"") -> None:
        super().__init__()
        self._source = source
        total = source.seek(0, io.SEEK_END)
        source.seek(0)
        header = _read_header(source)
        self._extra, self._start = header.extra, header.length
        self._cipher = AESGCM(kek.unwrap(header.wrapped, context=_STREAM_MAGIC + context))
        self._chunk = 1 << _CHUNK_BITS
        body = total - self._start
        self._chunks = -(-body // (self._chunk + _TAG_BYTES))
        self.size = body - self._chunks * _TAG_BYTES
        """Plaintext bytes in the stream."""
        if self._chunks == 0 or self.size < 0:
            raise SealDamaged
        self._position = 0
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._plain(self._chunks - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if self.closed:
            raise ValueError("seek in a closed sealed stream")
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed's Buffer
        """Fill `buffer` from the present position, crossing chunks; fewer bytes only at the end."""
        if self.closed:
            raise ValueError("read from a closed sealed stream")
        target = memoryview(buffer).cast("B")
        wanted = max(0, min(target.nbytes, self.size - self._position))
        done = 0
        while done < wanted:
            index, offset = divmod(self._position, self._chunk)
            piece = memoryview(self._plain(index))[offset : offset + wanted - done]
            target[done : done + len(piece)] = piece
            done += len(piece)
            self._position += len(piece)
        return done

    def close(self) -> None:
        if not self.closed:
            # A header refused in __init__ leaves no cache behind.
            self.__dict__.pop("_cache", None)
            self._source.close()
        super().close()

    def _plain(self, index: int) -> bytes:
        cached = self._cache.get(index)
        if cached is not None:
            self._cache.move_to_end(index)
            return cached
        last = index == self._chunks - 1
        start = index * (self._chunk + _TAG_BYTES)
        body = self.size + self._chunks * _TAG_BYTES
        self._source.seek(self._start + start)
        sealed = _read_exactly(self._source, min(self._chunk + _TAG_BYTES, body - start), missing=SealDamaged)
        try:
            plain = self._cipher.decrypt(_nonce(index, last=last), sealed, self._extra)
        except InvalidTag:
            raise SealDamaged from None
        self._cache[index] = plain
        if len(self._cache) > _CACHED_CHUNKS:
            self._cache.popitem(last=False)
        return plain


def open_sealed(source: ByteSource, kek: KeyEncryptionKey, *, context: bytes = b"") -> io.BufferedReader:
    """A buffered binary file over a sealed stream, as `csv`, pyarrow and spreadsheet readers expect one.

    If the stream is refused, `source` is closed before the error leaves.
    """
    try:
        reader = SealedReader(source, kek, context=context)
    except BaseException:
        source.close()
        raise
    return io.BufferedReader(reader, buffer_size=1 << _CHUNK_BITS)


def stream_key_id(source: ByteSource) -> str:
    """The id of the key-encryption key that opens the stream; NotSealed or SealDamaged where the head is none."""
    source.seek(0)
    return wrapping_key_id(_read_header(source).wrapped)


def rewrap_stream(
    source: ByteSource,
    sink: ByteSink,
    *,
    old: KeyEncryptionKey,
    new: KeyEncryptionKey,
    context: bytes = b"",
    random_bytes: RandomBytes = os.urandom,
) -> None:
    """Copy a sealed stream to `sink` as one that `new` opens. The content is copied as it stands, encrypted: only the head changes.

    Head and last chunk are checked first, so a shortened file or a wrong key is refused before a byte is written.
    `source` stays open.
    """
    reader = SealedReader(_Borrowed(source), old, context=context)
    source.seek(0)
    header = _read_header(source)
    if header.version == _BOUND_TO_HEADER:
        with SealedWriter(sink, new, context=context, random_bytes=random_bytes) as writer:
            while piece := reader.read(_COPIED):
                writer.write(piece)
        return
    wrapped = rewrap(header.wrapped, old=old, new=new, context=_STREAM_MAGIC + context, random_bytes=random_bytes)
    if len(wrapped) != len(header.wrapped):  # its length is in the prefix, and the prefix in every chunk
        raise NotSealed
    sink.write(header.fixed + wrapped)
    while piece := source.read(_COPIED):
        sink.write(piece)


class _Borrowed:
    """A source that stays open when its reader is closed."""

    def __init__(self, source: ByteSource) -> None:
        self.read, self.seek = source.read, source.seek

    def close(self) -> None:
        return
