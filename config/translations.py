"""The translations: extract what is to be translated, check that all of it is, compile what Django reads.

Uses Babel, so that no system tool has to be installed. `python -m config.translations extract|check|compile`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
CATALOGUES = {"zh-hans": BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"}
CODE = ("catalog", "privacy", "access", "config")
KEYWORDS: Any = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}


MessageId = str | tuple[str, str]  # the second is a singular with its plural


def _messages() -> Iterator[tuple[str, MessageId, str | None]]:
    """(place, msgid, context) of everything marked for translation in code and templates."""
    for folder in CODE:
        for path in sorted((BASE_DIR / folder).rglob("*.py")):
            with path.open("rb") as handle:
                yield from _found(path, extract("python", handle, KEYWORDS, (), {}))
    for path in sorted((BASE_DIR / "templates").rglob("*.html")):
        # Calls of gettext with everything else blanked out; the template's indentation would be Python's otherwise.
        lines = templatize(path.read_text(encoding="utf-8"), origin=str(path)).splitlines()
        code = "\n".join(line.lstrip() for line in lines)
        yield from _found(path, extract("python", io.BytesIO(code.encode()), KEYWORDS, (), {"encoding": "utf-8"}))


def _found(
    path: Path, rows: Iterable[tuple[int, object, object, str | None]]
) -> Iterator[tuple[str, MessageId, str | None]]:
    place = path.relative_to(BASE_DIR).as_posix()
    for _, message, _, context in rows:
        if isinstance(message, tuple) and len(message) > 1 and message[1]:
            yield place, (str(message[0]), str(message[1])), context
        else:
            first = message[0] if isinstance(message, tuple) else message
            if isinstance(first, str) and first:
                yield place, first, context


def _read(path: Path) -> Catalog:
    with path.open("rb") as handle:
        return read_po(handle)


def problems() -> list[str]:
    """What is untranslated, doubtful, or translated for nothing, in words."""
    found = []
    wanted = _wanted()
    for language, path in CATALOGUES.items():
        catalogue = _read(path)
        have = {(_first(message.id), message.context): message for message in catalogue if message.id}
        for key, (msgid, place) in wanted.items():
            message = have.get(key)
            if message is None or not _translated(message.string) or message.pluralizable != isinstance(msgid, tuple):
                found.append(f"{language}: {place}: not translated: {key[0][:70]!r}")
            elif message.fuzzy:
                found.append(f"{language}: {place}: doubtful: {key[0][:70]!r}")
            elif problem := next(iter(message.check(catalogue)), None):
                found.append(f"{language}: {place}: {problem}: {key[0][:70]!r}")
        found += [f"{language}: no longer used: {key[0][:70]!r}" for key in have if key not in wanted]
    return found


def _wanted() -> dict[tuple[str, str | None], tuple[MessageId, str]]:
    """Every message by its first form and context, with where it stands. A plural anywhere makes it one everywhere."""
    wanted: dict[tuple[str, str | None], tuple[MessageId, str]] = {}
    for place, msgid, context in _messages():
        key = (_first(msgid), context)
        if key not in wanted or isinstance(msgid, tuple):
            wanted[key] = (msgid, place)
    return wanted


def _first(msgid: MessageId | list[str] | tuple[str, ...]) -> str:
    return msgid if isinstance(msgid, str) else msgid[0]


def _translated(string: str | Sequence[str] | None) -> bool:
    return bool(string) if isinstance(string, str) else bool(string) and all(string or ())


def update() -> None:
    """Bring the catalogues up to date: new messages empty, unused ones gone, translations kept."""
    wanted = _wanted()
    for language, path in CATALOGUES.items():
        old = _read(path) if path.exists() else Catalog()
        new = Catalog(locale=language.replace("-", "_").replace("hans", "Hans"), project="canglang", fuzzy=False)
        new.header_comment = "# Chinese translations of Canglang. The source language is English."
        for key in sorted(wanted, key=lambda key: (key[0], key[1] or "")):
            msgid, context = wanted[key][0], key[1]
            known = old.get(key[0], context)
            string = _first(known.string) if known and known.string else ""
            # Chinese has one form for every number.
            new.add(msgid, string=(string,) if isinstance(msgid, tuple) else string, context=context)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = io.BytesIO()
        write_po(whole, new, width=120, omit_header=False, sort_output=True, no_location=True)
        _put(path, whole.getvalue())


def compile_catalogues() -> None:
    """Write the binary catalogues beside their sources where these are newer."""
    for path in CATALOGUES.values():
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
            continue
        whole = io.BytesIO()
        write_mo(whole, _read(path))
        _put(target, whole.getvalue())


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: whoever reads it meanwhile sees the old one."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["extract"]:
            update()
        case ["compile"]:
            compile_catalogues()
        case ["check"]:
            found = problems()
            sys.stdout.write("".join(f"{line}\n" for line in found))
            return 1 if found else 0
        case _:
            sys.stderr.write("python -m config.translations extract|check|compile\n")
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
