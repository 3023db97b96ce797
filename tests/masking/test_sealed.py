"""Sealed secrets and streams: what was sealed comes back, at any position; what was touched does not."""

from __future__ import annotations

import csv
import io
import pickle
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from catalog.sealed import (
    KeyEncryptionKey,
    NotSealed,
    SealDamaged,
    SealedReader,
    SealedWriter,
    WrongKey,
    open_sealed,
    rewrap,
    rewrap_stream,
    stream_key_id,
    wrapping_key_id,
)

CHUNK = 64 * 1024
KEK = KeyEncryptionKey(bytes(range(32)))
OTHER_KEK = KeyEncryptionKey(bytes(range(1, 33)))


def sealed(plain: bytes, *, context: bytes = b"", pieces: int = 1) -> bytes:
    sink = io.BytesIO()
    step = max(1, -(-len(plain) // pieces))
    with SealedWriter(sink, KEK, context=context) as writer:
        for start in range(0, len(plain), step):
            writer.write(plain[start : start + step])
    return sink.getvalue()


def unsealed(blob: bytes, *, context: bytes = b"") -> bytes:
    return open_sealed(io.BytesIO(blob), KEK, context=context).read()


def noise(length: int) -> bytes:
    return random.Random(length).randbytes(length)


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17])
@pytest.mark.parametrize("pieces", [1, 7])
def test_what_was_sealed_comes_back(length: int, pieces: int) -> None:
    plain = noise(length)
    blob = sealed(plain, pieces=pieces)
    assert unsealed(blob) == plain
    assert SealedReader(io.BytesIO(blob), KEK).size == length


def test_the_plain_bytes_are_not_in_the_sealed_ones_and_sealing_twice_differs() -> None:
    plain = b"320508199001011234" * 10
    first, second = sealed(plain), sealed(plain)
    assert plain[:18] not in first
    assert first != second


@given(st.data())
def test_any_sequence_of_seeks_and_reads_agrees_with_a_plain_file(data: st.DataObject) -> None:
    length = data.draw(st.sampled_from([0, 5, CHUNK, CHUNK + 3, 3 * CHUNK]))
    plain = io.BytesIO(noise(length))
    stream = open_sealed(io.BytesIO(sealed(plain.getvalue())), KEK)
    for _ in range(data.draw(st.integers(1, 12))):
        whence = data.draw(st.sampled_from([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END]))
        base = {io.SEEK_SET: 0, io.SEEK_CUR: plain.tell(), io.SEEK_END: length}[whence]
        offset = data.draw(st.integers(-base, length + 10 - base if length + 10 > base else 0))
        size = data.draw(st.integers(0, 2 * CHUNK))
        assert stream.seek(offset, whence) == plain.seek(offset, whence)
        assert stream.read(size) == plain.read(size)
        assert stream.tell() == plain.tell()


def test_every_truncation_is_noticed_when_the_file_is_opened() -> None:
    blob = sealed(noise(2 * CHUNK + 40))
    cuts = [*range(0, 200), *range(CHUNK, len(blob), 4099), *range(len(blob) - 70, len(blob))]
    for cut in cuts:
        with pytest.raises((SealDamaged, NotSealed)):
            SealedReader(io.BytesIO(blob[:cut]), KEK)


def test_a_file_cut_at_a_chunk_boundary_does_not_pass_for_a_shorter_one() -> None:
    blob = sealed(noise(3 * CHUNK))
    for chunks in (1, 2):
        with pytest.raises(SealDamaged):
            SealedReader(io.BytesIO(blob[: len(blob) - chunks * (CHUNK + 16)]), KEK)


def test_bytes_after_the_end_are_refused() -> None:
    blob = sealed(noise(100))
    for tail in (b"\0", noise(16), noise(CHUNK + 200)):
        with pytest.raises(SealDamaged):
            SealedReader(io.BytesIO(blob + tail), KEK)


def test_two_chunks_in_the_other_order_are_refused() -> None:
    blob = sealed(noise(3 * CHUNK + 5))
    head = len(blob) - (3 * (CHUNK + 16) + 5 + 16)
    step = CHUNK + 16
    swapped = blob[:head] + blob[head + step : head + 2 * step] + blob[head : head + step] + blob[head + 2 * step :]
    assert len(swapped) == len(blob)
    with pytest.raises(SealDamaged):
        open_sealed(io.BytesIO(swapped), KEK).read()


@given(st.integers(min_value=0), st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_refused(position: int, bit: int) -> None:
    blob = bytearray(sealed(noise(CHUNK + 300)))
    blob[position % len(blob)] ^= 1 << bit
    with pytest.raises((SealDamaged, NotSealed, WrongKey)):
        open_sealed(io.BytesIO(bytes(blob)), KEK).read()


def test_a_chunk_of_another_file_is_refused() -> None:
    first, second = sealed(noise(2 * CHUNK)), sealed(noise(2 * CHUNK))
    mixed = first[: -(CHUNK + 16)] + second[-(CHUNK + 16) :]
    with pytest.raises(SealDamaged):
        SealedReader(io.BytesIO(mixed), KEK)


def test_a_stream_opens_only_in_the_context_it_was_written_for() -> None:
    blob = sealed(b"rows", context=b"upload 7")
    assert unsealed(blob, context=b"upload 7") == b"rows"
    with pytest.raises(SealDamaged):
        unsealed(blob, context=b"upload 8")


def test_another_key_is_named_in_the_error_and_the_source_is_closed() -> None:
    source = io.BytesIO(sealed(b"rows"))
    with pytest.raises(WrongKey) as caught:
        open_sealed(source, OTHER_KEK)
    assert caught.value.params == {"needed": KEK.id, "given": OTHER_KEK.id}
    assert KEK.id in str(caught.value)
    assert source.closed


@pytest.mark.parametrize("blob", [b"", b"CLSEAL", b"id,name\r\n1,x\r\n" * 20, b"CLSEAL\x02\x10" + b"\0" * 200])
def test_what_was_never_sealed_is_refused_as_such(blob: bytes) -> None:
    with pytest.raises(NotSealed):
        SealedReader(io.BytesIO(blob), KEK)


def test_a_writer_left_by_an_exception_leaves_no_readable_file() -> None:
    sink = io.BytesIO()

    def write_half() -> None:
        with SealedWriter(sink, KEK) as writer:
            writer.write(noise(CHUNK * 2 + 5))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    with pytest.raises(SealDamaged):
        SealedReader(io.BytesIO(sink.getvalue()), KEK)


def test_a_writer_that_is_dropped_leaves_no_readable_file() -> None:
    sink = io.BytesIO()
    writer = SealedWriter(sink, KEK)
    writer.write(b"half")
    del writer
    with pytest.raises(SealDamaged):
        SealedReader(io.BytesIO(sink.getvalue()), KEK)


def test_a_closed_writer_refuses_more_and_leaves_its_sink_open() -> None:
    sink = io.BytesIO()
    writer = SealedWriter(sink, KEK)
    assert writer.write(memoryview(b"abc")) == 3
    assert writer.tell() == 3
    writer.close()
    writer.close()
    assert not sink.closed
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"d")
    assert unsealed(sink.getvalue()) == b"abc"


def test_parquet_and_csv_are_written_to_and_read_from_a_sealed_stream() -> None:
    table = pa.table({"n": pa.array(range(100_000)), "s": pa.array([f"v{i}" for i in range(100_000)])})
    sink = io.BytesIO()
    with SealedWriter(sink, KEK) as writer:
        pq.write_table(table, pa.PythonFile(writer, mode="w"), row_group_size=10_000)
    assert pq.read_table(open_sealed(io.BytesIO(sink.getvalue()), KEK)).equals(table)

    blob = sealed("编号,姓名\r\n1,甲\r\n".encode())
    text = io.TextIOWrapper(open_sealed(io.BytesIO(blob), KEK), encoding="utf-8", newline="")
    assert list(csv.reader(text)) == [["编号", "姓名"], ["1", "甲"]]


def test_a_wrapped_secret_opens_with_its_key_and_context_only() -> None:
    blob = KEK.wrap(b"data key", context=b"domain 1")
    assert KEK.unwrap(blob, context=b"domain 1") == b"data key"
    assert wrapping_key_id(blob) == KEK.id
    with pytest.raises(WrongKey):
        OTHER_KEK.unwrap(blob, context=b"domain 1")
    with pytest.raises(SealDamaged):
        KEK.unwrap(blob, context=b"domain 2")
    with pytest.raises(SealDamaged):
        KEK.unwrap(blob[:-1] + bytes([blob[-1] ^ 1]), context=b"domain 1")
    with pytest.raises(NotSealed):
        KEK.unwrap(b"short", context=b"domain 1")


def test_rewrapping_moves_a_secret_to_the_new_key() -> None:
    blob = rewrap(KEK.wrap(b"data key", context=b"c"), old=KEK, new=OTHER_KEK, context=b"c")
    assert OTHER_KEK.unwrap(blob, context=b"c") == b"data key"
    with pytest.raises(WrongKey):
        KEK.unwrap(blob, context=b"c")


def test_a_key_shows_its_id_and_never_its_bytes() -> None:
    secret = b"0123456789abcdef0123456789abcdef"
    key = KeyEncryptionKey(secret)
    assert "0123456789abcdef" not in repr(key)
    assert key.id in repr(key)
    assert key.id != KEK.id
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(ValueError, match="32 bytes"):
        KeyEncryptionKey(b"short")


def rewrapped(blob: bytes, *, context: bytes = b"") -> bytes:
    sink = io.BytesIO()
    rewrap_stream(io.BytesIO(blob), sink, old=KEK, new=OTHER_KEK, context=context)
    return sink.getvalue()


@pytest.mark.parametrize("length", [0, 1, CHUNK, 2 * CHUNK + 17])
def test_a_stream_under_another_key_has_the_same_chunks(length: int) -> None:
    blob = sealed(noise(length), context=b"a file")
    other = rewrapped(blob, context=b"a file")
    assert stream_key_id(io.BytesIO(other)) == OTHER_KEK.id
    assert open_sealed(io.BytesIO(other), OTHER_KEK, context=b"a file").read() == noise(length)
    head = len(blob) - length - 16 * max(1, -(-length // CHUNK))
    assert other[head:] == blob[head:]
    with pytest.raises(WrongKey):
        open_sealed(io.BytesIO(other), KEK, context=b"a file")


def test_what_does_not_open_is_not_put_under_another_key() -> None:
    blob = sealed(noise(100), context=b"a file")
    sink = io.BytesIO()
    for bad, context, error in ((blob[:-1], b"a file", SealDamaged), (blob, b"another", SealDamaged)):
        with pytest.raises(error):
            rewrap_stream(io.BytesIO(bad), sink, old=KEK, new=OTHER_KEK, context=context)
    with pytest.raises(WrongKey):
        rewrap_stream(io.BytesIO(blob), sink, old=OTHER_KEK, new=KEK, context=b"a file")
    assert not sink.getvalue()


def first_version(plain: bytes, *, context: bytes) -> bytes:
    """A stream as version 1 wrote it: one chunk, bound to the whole header."""
    file_key = bytes(range(50, 82))
    wrapped = KEK.wrap(file_key, context=b"CLSEAL" + context)
    header = b"CLSEAL" + bytes([1, 16]) + len(wrapped).to_bytes(2, "big") + wrapped
    return header + AESGCM(file_key).encrypt(bytes(11) + b"\x01", plain, header)


def test_a_stream_of_the_first_version_is_read_and_sealed_anew_under_another_key() -> None:
    blob = first_version(b"written before", context=b"a file")
    assert unsealed(blob, context=b"a file") == b"written before"
    other = rewrapped(blob, context=b"a file")
    assert open_sealed(io.BytesIO(other), OTHER_KEK, context=b"a file").read() == b"written before"
    with pytest.raises(SealDamaged):
        unsealed(blob[:6] + b"\x02" + blob[7:], context=b"a file")
