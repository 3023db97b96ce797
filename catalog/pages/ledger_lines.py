"""Lines of the ledger as a person reads them: a sentence with names, links to what may be seen, and the details in words.

Higher floors tell how their objects are named (`register_objects`). What a reader may not see is named by its kind and number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from catalog.ledger.models import LedgerEntry
from catalog.ledger.wording import DETAILS, PROGRAM, object_name, sentence
from catalog.pages.wording import CODES, DATA_TYPES, SUBJECTS, entity_type_word
from catalog.people.models import User
from catalog.templatetags.canglang import money, named, thousands


@dataclass(frozen=True, slots=True)
class Named:
    """An object as a line shows it. Without an address it is no link."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with its sentence, as markup and as plain text, and its details as (name, value)."""

    entry: LedgerEntry
    sentence: SafeString
    text: str
    details: tuple[tuple[str, str], ...]


Find = Callable[[User, set[int]], Mapping[int, Named]]
_objects: dict[str, Find] = {}
_words: dict[str, Mapping[str, Any]] = {}


def register_words(detail: str, words: Mapping[str, Any]) -> None:
    """Tell the words for the codes of one detail that the catalogue has none for."""
    _words[detail] = words


def register_objects(object_type: str, find: Find) -> None:
    """Tell how the objects of one kind are named, among those the reader may see."""
    _objects[object_type] = find


def lines_of(reader: User, entries: Iterable[LedgerEntry]) -> list[Line]:
    """The entries in words. One query for the people in them and one or few for each kind of object, however many entries."""
    rows = list(entries)
    names = _names(reader, rows)
    people = _people(rows)
    return [_line(entry, names, people) for entry in rows]


def _names(reader: User, entries: list[LedgerEntry]) -> dict[tuple[str, str], Named]:
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        if entry.object_type in _objects and entry.object_id.isdigit():
            wanted.setdefault(entry.object_type, set()).add(int(entry.object_id))
    found = {}
    for object_type, ids in wanted.items():
        for number, name in _objects[object_type](reader, ids).items():
            found[object_type, str(number)] = name
    return found


def _people(entries: list[LedgerEntry]) -> dict[int, str]:
    ids = {entry.details.get(name) for entry in entries for name in ("user", "first_person")}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=[pk for pk in ids if isinstance(pk, int)])}


def _line(entry: LedgerEntry, names: Mapping[tuple[str, str], Named], people: Mapping[int, str]) -> Line:
    thing = names.get((entry.object_type, entry.object_id)) or Named(object_name(entry.object_type, entry.object_id))
    plain = {
        "actor": str(entry.actor) if entry.actor else str(PROGRAM),
        "object": thing.title,
        "person": people.get(entry.details.get("user") or 0, "…"),
        "role": _word("role", entry.details.get("role", "")),
        "organization": named(entry.organization),
        "counterpart": named(entry.counterpart),
    }
    marked = {name: conditional_escape(text) for name, text in plain.items()}
    marked["actor"] = format_html('<strong class="actor">{}</strong>', plain["actor"])
    if thing.url:
        marked["object"] = format_html('<a href="{}">{}</a>', thing.url, thing.title)
    # The words are ours and every name in them is escaped.
    markup = mark_safe(sentence(entry.action, marked))  # noqa: S308
    details = tuple((_detail(name), _value(name, value, people)) for name, value in entry.details.items())
    return Line(entry, markup, sentence(entry.action, plain), details)


def _detail(name: str) -> str:
    return str(DETAILS.get(name, name.replace("_", " ")))


def _value(name: str, value: Any, people: Mapping[int, str]) -> str:
    """A detail in words."""
    if value is None or value == "":
        words = "—"
    elif isinstance(value, bool):
        words = _("yes") if value else _("no")
    elif isinstance(value, list):
        words = ", ".join(_value(name, part, people) for part in value) or "—"
    elif isinstance(value, dict):
        words = ", ".join(f"{_detail(key)}: {_value(key, part, people)}" for key, part in value.items()) or "—"
    elif name in ("user", "first_person"):
        words = people.get(value, str(value))
    elif name in ("amount", "cap"):
        words = money(value)
    elif name in ("rows", "lines"):
        words = thousands(value)
    else:
        words = _word(name, str(value))
    return words


def _word(name: str, code: str) -> str:
    """The word for a code; what is none stays as it is."""
    if name in ("entity_type", "types"):
        return entity_type_word(code)
    if name == "data_type":
        return str(DATA_TYPES.get(code, code))
    if name == "kind" and code in SUBJECTS:
        return str(SUBJECTS[code])
    return str(_words.get(name, {}).get(code) or CODES.get(code, code))
