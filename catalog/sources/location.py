"""Where a source is: a file behind an opener, or a table on a database server.

Lives here: the two kinds of location, and the only way from a path to a file. Which roots and hosts are open to whom,
and where uploads and their keys are kept, is decided by the callers.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from catalog.sources.errors import PathOutsideRoot, SourceForbidden, SourceMissing, SourceNotFile


class DatabaseKind(StrEnum):
    """Database servers that can be read."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"


@dataclass(frozen=True, slots=True)
class FileLocation:
    """A file, reached through an opener so that an encrypted upload never stands in clear on a disk.

    `name` decides the format by its extension. `open` returns a new, seekable binary stream at each call; the reader
    closes it. `path` is set where the bytes are a plain file on disk: SQLite then reads it in place instead of from
    memory. `encoding` (a Python codec name) overrides the detection for text formats. `up_to_damage`: a text file with a
    byte that its encoding forbids is read as far as the line before it, and then raises, instead of being refused.
    """

    name: str
    open: Callable[[], BinaryIO] = field(repr=False)
    path: Path | None = None
    encoding: str | None = None
    up_to_damage: bool = False

    @property
    def stem(self) -> str:
        """The file's name without folders and extension: what its only table is called."""
        return PurePosixPath(self.name.replace("\\", "/")).stem or self.name

    @property
    def extension(self) -> str:
        """The extension in lower case, without its dot."""
        return PurePosixPath(self.name.replace("\\", "/")).suffix.lower().removeprefix(".")


@dataclass(frozen=True, slots=True)
class Tls:
    """A connection that must be encrypted. `verified`: and the server's certificate must be its own, by the authorities of a
    PEM file (`authorities`), or by those that this machine trusts."""

    verified: bool = False
    authorities: Path | None = None


@dataclass(frozen=True, slots=True)
class DatabaseLocation:
    """A database on a server. `schema` is PostgreSQL's (default `public`); MySQL has none beside the database
    itself. Without `tls` the connection is encrypted where the server offers it."""

    kind: DatabaseKind
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    schema: str | None = None
    tls: Tls | None = None


def open_stream(location: FileLocation) -> BinaryIO:
    """Open the file, naming what is wrong.

    Raises: SourceMissing, SourceNotFile, SourceForbidden.
    """
    try:
        return location.open()
    except FileNotFoundError:
        raise SourceMissing(name=location.name) from None
    except IsADirectoryError:
        raise SourceNotFile(name=location.name) from None
    except OSError:
        raise SourceForbidden(name=location.name) from None


def file_location(path: Path | str, *, root: Path | None = None) -> FileLocation:
    """The location of a local file.

    Without a `root` any regular file the process may read. With one, `path` (relative to the root, or absolute and
    below it) is walked component by component without following a symbolic link, at this call and again at every
    opening, so that nothing can be swapped under it in between.

    Raises: SourceMissing, SourceNotFile, SourceForbidden, PathOutsideRoot.
    """
    if root is None:
        plain = Path(path)
        location = FileLocation(plain.name, partial(_open_plain, plain), plain)
    else:
        parts = _parts_below(path, root)
        location = FileLocation(parts[-1], partial(_open_below, root, parts), root.joinpath(*parts))
    open_stream(location).close()
    return location


def _open_plain(path: Path) -> BinaryIO:
    # Not blocking: opening a named pipe would otherwise wait for a writer for ever.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except NotADirectoryError:
        raise SourceMissing(name=path.name) from None
    except ValueError:  # a NUL byte in the path
        raise SourceMissing(name=path.name) from None
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENODEV):  # a socket or a device
            raise SourceNotFile(name=path.name) from None
        raise
    return _regular_file(descriptor, path.name)


def _regular_file(descriptor: int, name: str) -> BinaryIO:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceNotFile(name=name)
    return os.fdopen(descriptor, "rb")


def _parts_below(path: Path | str, root: Path) -> tuple[str, ...]:
    text = os.fspath(path)
    relative = PurePosixPath(text)
    if relative.is_absolute():
        try:
            relative = relative.relative_to(root)
        except ValueError:
            raise PathOutsideRoot(name=text) from None
    if not relative.parts or ".." in relative.parts or "\x00" in text:
        raise PathOutsideRoot(name=text.replace("\x00", ""))
    return relative.parts


def _open_below(root: Path, parts: tuple[str, ...]) -> BinaryIO:
    name = "/".join(parts)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = _open_part(part, folder, os.O_DIRECTORY, name)
            os.close(folder)
            folder = below
        return _regular_file(_open_part(parts[-1], folder, os.O_NONBLOCK, name), name)
    finally:
        os.close(folder)


def _open_part(part: str, folder: int, flags: int, name: str) -> int:
    try:
        return os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=folder)
    except OSError as error:
        # A symbolic link gives ELOOP, or ENOTDIR where a folder was asked for: look which of the two it is.
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            if stat.S_ISLNK(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode):
                raise PathOutsideRoot(name=name) from None
            raise SourceMissing(name=name) from None
        if error.errno in (errno.ENXIO, errno.ENODEV):
            raise SourceNotFile(name=name) from None
        raise
