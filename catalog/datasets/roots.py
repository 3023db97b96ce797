"""The files below the folders that the operator has opened to sources, as a steward may choose from them.

Only names are read, no file is opened, and no symbolic link is followed: whatever is listed here, `catalog.sources.location`
checks again when it is opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from catalog import sources
from catalog.datasets.openings import open_roots
from catalog.people.models import Organization, User
from catalog.people.policies import require

# A folder with more than this is no place to choose from in a list; the list says that it was cut.
MOST_FILES = 2000
_MOST_FOLDERS = 5000
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class RootFile:
    """A file that could be a source: its path below the root, and its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class RootListing:
    """The readable files of one root, by path. `cut` says that there are more than are listed, `missing` that the folder is gone."""

    root: str
    files: tuple[RootFile, ...]
    cut: bool = False
    missing: bool = False


def list_roots(*, actor: User, organizations: Iterable[Organization]) -> tuple[RootListing, ...]:
    """What lies below each root that is open to one of `organizations`, for a steward who may register sources for them."""
    roots: dict[str, str] = {}
    for organization in organizations:
        require(actor, "source.register", organization)
        roots |= open_roots(organization)
    return tuple(_list_root(name, Path(folder)) for name, folder in sorted(roots.items()))


def _list_root(name: str, folder: Path) -> RootListing:
    if not folder.is_dir():
        return RootListing(name, (), missing=True)
    found: list[RootFile] = []
    for file in _readable_files(folder):
        if len(found) == MOST_FILES:
            return RootListing(name, tuple(sorted(found, key=lambda file: file.path)), cut=True)
        found.append(file)
    return RootListing(name, tuple(sorted(found, key=lambda file: file.path)))


def _readable_files(folder: Path) -> Iterator[RootFile]:
    """Regular files with an extension that can be read. Folders are held open while they are listed, so that none can be
    swapped for a link to elsewhere in between (`os.fwalk`)."""
    for count, (place, folders, files, descriptor) in enumerate(os.fwalk(folder, follow_symlinks=False)):
        below = PurePosixPath(place).relative_to(folder)
        if count >= _MOST_FOLDERS:
            return
        # A name that starts with a dot is somebody's own business (.git, .cache).
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if len(below.parts) < _DEEPEST else []
        for name in sorted(files):
            extension = PurePosixPath(name).suffix.lower().removeprefix(".")
            if name.startswith(".") or extension not in sources.FILE_READERS:
                continue
            try:
                status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except OSError:  # gone since it was listed
                continue
            if stat.S_ISREG(status.st_mode):
                yield RootFile(str(below / name), status.st_size)
