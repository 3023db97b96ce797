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

from catalog.datasets.models import SourceKind
from catalog.ledger.models import LedgerEntry
from catalog.ledger.wording import DETAILS, PROGRAM, object_name, sentence
from catalog.pages.wording import CODES, DATA_TYPES, SUBJECTS, entity_type_word
from catalog.people.models import User
from catalog.templatetags.canglang import colon, listed, money, named, thousands


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
_words: dict[tuple[str, str], Mapping[str, Any]] = {("source", "kind"): dict(SourceKind.choices)}


def register_words(detail: str, words: Mapping[str, Any], *, of: str = "") -> None:
    """Tell the words for the codes of one detail: of every kind of object, or of one that has words of its own for them."""
    _words[of, detail] = words


def register_objects(object_type: str, find: Find) -> None:
    """Tell how the objects of one kind are named, among those the reader may see."""
    _objects[object_type] = find


def lines_of(reader: User, entries: Iterable[LedgerEntry]) -> list[Line]:
    """The entries in words. One query for the people in them and one or few for each kind of object, however many entries."""
    rows = list(entries)
    names = _names(reader, rows)
    people = _people(rows)
    return [_line(entry, names, people) for entry in rows]


def actor_of(entry: LedgerEntry) -> str:
    """Who did it; what nobody did the program did by itself."""
    return str(entry.actor or PROGRAM)


def _names(reader: User, entries: list[LedgerEntry]) -> dict[tuple[str, str], Named]:
    wanted: dict[str, set[int]] = {}
    for object_type, object_id in (place for entry in entries for place in (_object_of(entry), _linked_of(entry))):
        if object_type in _objects and object_id.isdigit():
            wanted.setdefault(object_type, set()).add(int(object_id))
    found = {}
    for object_type, ids in wanted.items():
        for number, name in _objects[object_type](reader, ids).items():
            found[object_type, str(number)] = name
    return found


def _object_of(entry: LedgerEntry) -> tuple[str, str]:
    return entry.object_type, entry.object_id


def _linked_of(entry: LedgerEntry) -> tuple[str, str]:
    """The dataset at the other end of a link; nothing for other acts."""
    return "dataset", str(entry.details.get("linked", ""))


def _people(entries: list[LedgerEntry]) -> dict[int, str]:
    ids = {entry.details.get(name) for entry in entries for name in ("user", "first_person")}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=[pk for pk in ids if isinstance(pk, int)])}


def _line(entry: LedgerEntry, names: Mapping[tuple[str, str], Named], people: Mapping[int, str]) -> Line:
    thing, linked = (names.get(place) or Named(object_name(*place)) for place in (_object_of(entry), _linked_of(entry)))
    plain = {
        "actor": actor_of(entry),
        "object": thing.title,
        "linked": linked.title,
        "person": people.get(entry.details.get("user") or 0, "…"),
        "role": _word(entry, "role", entry.details.get("role", "")),
        "organization": named(entry.organization),
        "counterpart": named(entry.counterpart),
    }
    marked = {name: conditional_escape(text) for name, text in plain.items()}
    marked["actor"] = format_html('<strong class="actor">{}</strong>', plain["actor"])
    for name, one in (("object", thing), ("linked", linked)):
        if one.url:
            marked[name] = format_html('<a href="{}">{}</a>', one.url, one.title)
    # The words are ours and every name in them is escaped.
    markup = mark_safe(sentence(entry.action, marked))  # noqa: S308
    details = tuple((_detail(entry, name), _value(entry, name, value, people)) for name, value in entry.details.items())
    return Line(entry, markup, sentence(entry.action, plain), details)


def _detail(entry: LedgerEntry, name: str) -> str:
    return str(DETAILS.get(f"{entry.object_type}.{name}") or DETAILS.get(name, name.replace("_", " ")))


def _value(entry: LedgerEntry, name: str, value: Any, people: Mapping[int, str]) -> str:
    """A detail in words."""
    if value is None or value == "":
        words = "—"
    elif isinstance(value, bool):
        words = _("yes") if value else _("no")
    elif isinstance(value, list):
        words = listed(_value(entry, name, part, people) for part in value) or "—"
    elif isinstance(value, dict):
        words = (
            listed(colon(_detail(entry, key)) + _value(entry, key, part, people) for key, part in value.items()) or "—"
        )
    elif name in ("user", "first_person"):
        words = people.get(value, str(value))
    elif name in ("amount", "cap"):
        words = money(value)
    elif name in ("rows", "lines"):
        words = thousands(value)
    else:
        words = _word(entry, name, str(value))
    return words


def _word(entry: LedgerEntry, name: str, code: str) -> str:
    """The word for a code; what is none stays as it is."""
    for words in (_words.get((entry.object_type, name), {}), _words.get(("", name), {})):
        if code in words:
            return str(words[code])
    if name in ("entity_type", "types"):
        return entity_type_word(code)
    if name == "data_type":
        return str(DATA_TYPES.get(code, code))
    if name == "kind" and code in SUBJECTS:
        return str(SUBJECTS[code])
    return str(CODES.get(code, code))
