"""Sealed files under DATA_DIR: uploads, staged artefacts and scans that stopped, encrypted with the deployment's wrapping key.

A file is written under a temporary name and takes its own only when it is whole. Names are random: they say nothing about
what is inside.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

from catalog.sealed import KeyEncryptionKey, SealedWriter, rewrap_stream, stream_key_id
from catalog.sealed import open_sealed as open_sealed_stream
from catalog.wrapping import wrapping_key

UPLOADS = "uploads"
STAGED = "staged"
CHECKPOINTS = "checkpoints"
AREAS = (UPLOADS, STAGED, CHECKPOINTS)


def folder(area: str) -> Path:
    """The folder of one area, made on first use, readable by the service's account only."""
    place = Path(settings.DATA_DIR) / area
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def new_name() -> str:
    return secrets.token_hex(16)


def path_of(area: str, name: str) -> Path:
    """Where the sealed file is. `name` comes from the database, never from a user; it is checked all the same."""
    if not name.isalnum():
        raise ValueError("not the name of a sealed file")
    return folder(area) / f"{name}.sealed"


def _context(area: str, name: str) -> bytes:
    """Binds the bytes to their place: one sealed file moved over another does not open."""
    return f"{area}/{name}".encode()


@contextmanager
def sealed_output(area: str, name: str) -> Iterator[BinaryIO]:
    """A binary sink whose bytes reach the disk only sealed, and the final name only when the block ends well."""
    final = path_of(area, name)
    partial = final.with_suffix(".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            # Leaving by an exception abandons the stream: what was written can never be read as a whole file.
            with SealedWriter(handle, wrapping_key(), context=_context(area, name)) as writer:
                yield cast(BinaryIO, writer)
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(final)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def open_sealed(area: str, name: str) -> BinaryIO:
    """A seekable stream of the plain bytes; nothing is decrypted to disk. `FileNotFoundError` where it is gone."""
    handle = path_of(area, name).open("rb")
    try:
        return cast(BinaryIO, open_sealed_stream(handle, wrapping_key(), context=_context(area, name)))
    except BaseException:
        handle.close()
        raise


def rewrap_sealed(area: str, name: str, *, old: KeyEncryptionKey, new: KeyEncryptionKey) -> bool:
    """Put the file under another key; its content stays encrypted as it is. False where it is under `new` already.

    The new file takes the name only when it is on the disk, so that a power failure leaves the one or the other. It keeps its
    time: what is swept by its age stays as old as it is.
    """
    final = path_of(area, name)
    partial = final.with_suffix(".rewrap.part")
    with final.open("rb") as source:
        if stream_key_id(source) == new.id:
            return False
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as sink:
                rewrap_stream(source, sink, old=old, new=new, context=_context(area, name))
                sink.flush()
                os.fsync(sink.fileno())
            status = os.fstat(source.fileno())
            os.utime(partial, ns=(status.st_atime_ns, status.st_mtime_ns))
            partial.replace(final)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    _sync_folder(final.parent)
    return True


def _sync_folder(place: Path) -> None:
    """The names in a folder reach the disk by the folder."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def delete_sealed(area: str, name: str) -> None:
    """Remove the file; no error where it is gone already."""
    path_of(area, name).unlink(missing_ok=True)


def sweep_partials(area: str, *, older_than: float = 24 * 3600) -> int:
    """Remove what a killed process left half-written, once nobody can still be writing it. Returns how many files."""
    limit, count = time.time() - older_than, 0
    for partial in folder(area).glob("*.part"):
        if partial.stat().st_mtime < limit:
            partial.unlink(missing_ok=True)
            count += 1
    return count


def names_older_than(area: str, seconds: float) -> list[str]:
    """The whole files of an area that were finished so long ago."""
    limit = time.time() - seconds
    return [path.stem for path in folder(area).glob("*.sealed") if path.stat().st_mtime < limit]
