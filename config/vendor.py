"""Fetch the front-end files that are kept in `static/vendor`: `python -m config.vendor`. Needs npm; running the program does not.

Each package is taken by name and version with the npm client as it is set up, its listed files are copied with its licence, and the
manifest records what they are, so that a test can tell whether somebody changed one by hand.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
TEST_VENDOR = VENDOR.parent.parent / "tests" / "vendor"
MANIFEST = VENDOR / "manifest.json"

# package@version → its licence file and the files that are used
PACKAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "bootstrap@5.3.9": ("LICENSE", ("dist/css/bootstrap.min.css", "dist/js/bootstrap.bundle.min.js")),
    "bootstrap-icons@1.13.2": (
        "LICENSE",
        ("font/bootstrap-icons.min.css", "font/fonts/bootstrap-icons.woff2", "font/fonts/bootstrap-icons.woff"),
    ),
    "htmx.org@2.0.11": ("LICENSE", ("dist/htmx.min.js",)),
    "tom-select@2.6.2": (
        "LICENSE",
        ("dist/css/tom-select.bootstrap5.min.css", "dist/js/tom-select.complete.min.js"),
    ),
    "echarts@5.6.0": ("LICENSE", ("dist/echarts.common.min.js",)),
    # Not served to anybody: the browser tests read it from here.
    "axe-core@4.11.0": ("LICENSE", ("axe.min.js",)),
}
TESTS_ONLY = ("axe-core",)


def fetch() -> None:
    """Download, copy, and write the manifest."""
    recorded = {}
    with tempfile.TemporaryDirectory() as folder:
        for package, (licence, files) in PACKAGES.items():
            name = package.rsplit("@", 1)[0]
            answer = subprocess.run(  # noqa: S603
                ["npm", "pack", package, "--silent", "--pack-destination", folder],  # noqa: S607
                check=True,
                capture_output=True,
                text=True,
            )
            with tarfile.open(Path(folder) / answer.stdout.strip().splitlines()[-1]) as archive:
                for inside in (licence, *files):
                    member = archive.extractfile(f"package/{inside}")
                    if member is None:
                        raise FileNotFoundError(f"{package}: {inside}")
                    target = _place(name, inside)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(_without_source_map(member.read()))
            recorded[package] = dict(_digests(name, (licence, *files)))
    MANIFEST.write_text(json.dumps(recorded, indent=2) + "\n", encoding="utf-8")


def _without_source_map(content: bytes) -> bytes:
    """Drop the pointer to a source map that is not kept: hashed static files refuse a reference to nothing."""
    lines = content.rstrip().splitlines()
    kept = [line for line in lines if not line.strip().startswith((b"//# sourceMappingURL", b"/*# sourceMappingURL"))]
    return b"\n".join(kept) + b"\n" if len(kept) != len(lines) else content


def _place(name: str, inside: str) -> Path:
    """Where a package's file is kept: the layout inside the package without its `dist`, so that relative links hold."""
    folder = TEST_VENDOR if name in TESTS_ONLY else VENDOR
    return folder / name / inside.removeprefix("dist/")


def _digests(name: str, files: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for inside in files:
        path = _place(name, inside)
        yield path.relative_to(VENDOR.parent.parent).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


def changed() -> list[str]:
    """Files that are missing or are not what the manifest says."""
    recorded = json.loads(MANIFEST.read_text(encoding="utf-8"))
    found = []
    for package, (licence, files) in PACKAGES.items():
        name = package.rsplit("@", 1)[0]
        for inside in (licence, *files):
            path = _place(name, inside)
            key = path.relative_to(VENDOR.parent.parent).as_posix()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
            if recorded.get(package, {}).get(key) != digest:
                found.append(key)
    return found


if __name__ == "__main__":
    fetch()
    sys.stderr.write(f"{len(PACKAGES)} packages in {VENDOR.name}\n")
