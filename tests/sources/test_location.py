"""From a path to a file, and no further."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catalog.sources import (
    DatabaseKind,
    DatabaseLocation,
    FileLocation,
    FormatUnsupported,
    PathOutsideRoot,
    SourceForbidden,
    SourceMissing,
    SourceNotFile,
    file_location,
    open_source,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file in a folder, and a secret beside the root."""
    (tmp_path / "secret.csv").write_text("a\n1\n")
    root = tmp_path / "root"
    (root / "city").mkdir(parents=True)
    (root / "city" / "people.csv").write_text("a,b\n1,2\n")
    return root


def test_a_file_below_the_root_is_opened(root: Path) -> None:
    for path in ("city/people.csv", root / "city" / "people.csv"):
        location = file_location(path, root=root)
        assert location.name == "people.csv"
        assert location.path == root / "city" / "people.csv"
        with location.open() as first, location.open() as second:
            assert first.read() == second.read() == b"a,b\n1,2\n"
            first.seek(2)
            assert first.read(1) == b"b"


@pytest.mark.parametrize("path", ["../secret.csv", "city/../../secret.csv", "/etc/passwd", "", ".", "..", "a\x00.csv"])
def test_a_path_out_of_the_root_is_refused(root: Path, path: str) -> None:
    with pytest.raises(PathOutsideRoot) as caught:
        file_location(path, root=root)
    assert caught.value.code == "path_outside_root"


def test_a_symbolic_link_is_not_followed(root: Path) -> None:
    (root / "link.csv").symlink_to(root.parent / "secret.csv")
    (root / "inside.csv").symlink_to(root / "city" / "people.csv")
    (root / "folder").symlink_to(root.parent)
    for path in ("link.csv", "inside.csv", "folder/secret.csv"):
        with pytest.raises(PathOutsideRoot):
            file_location(path, root=root)


def test_a_link_put_there_after_the_check_is_not_followed_either(root: Path) -> None:
    location = file_location("city/people.csv", root=root)
    (root / "city").rename(root / "elsewhere")
    (root / "city").symlink_to(root / "elsewhere")
    with pytest.raises(PathOutsideRoot):
        location.open()


def test_what_is_not_a_regular_file_is_refused(root: Path) -> None:
    os.mkfifo(root / "pipe.csv")
    for path in ("city", "pipe.csv"):
        with pytest.raises(SourceNotFile):
            file_location(path, root=root)
        with pytest.raises(SourceNotFile):
            file_location(root / path)
    with pytest.raises(SourceNotFile):
        file_location("/dev/null")


def test_a_missing_file_is_named(root: Path) -> None:
    for path in ("none.csv", "city/none.csv", "none/people.csv", "city/people.csv/x.csv"):
        with pytest.raises(SourceMissing):
            file_location(path, root=root)
        with pytest.raises(SourceMissing):
            file_location(root / path)
    with pytest.raises(SourceMissing) as caught:
        file_location("a\x00.csv")
    assert str(file_location(root / "city" / "people.csv").path).endswith("people.csv")
    assert caught.value.code == "source_missing"


def test_an_opener_that_fails_is_named() -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(SourceForbidden), open_source(FileLocation("a.csv", refuse)) as source:  # type: ignore[arg-type]
        source.table()


@pytest.mark.parametrize("name", ["people.doc", "people", "people.csv.exe", ".csv"])
def test_a_format_we_do_not_read_is_refused(name: str) -> None:
    with pytest.raises(FormatUnsupported) as caught:
        open_source(FileLocation(name, lambda: open("/dev/null", "rb")))  # noqa: SIM115
    assert "csv" in str(caught.value.params["supported"])


def test_a_password_is_not_in_the_representation() -> None:
    location = DatabaseLocation(DatabaseKind.POSTGRESQL, "db", 5432, "city", "reader", "s3cret")
    assert "s3cret" not in repr(location)
