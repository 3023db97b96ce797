"""Rows of catalogue sheets as resources with their information items, and what is wrong with which cell.

A resource's cells stand once, merged or left empty over the rows of its items, or are repeated in each of them; all three
are met. Nothing here asks the database: whether a provider exists and who may write for it is `importing`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from catalog.datasets.items import LENGTHS
from catalog.datasets.lineage import LinkKind
from catalog.datasets.models import ShareMode, ShareType
from catalog.exchange import cells, columns
from catalog.exchange.sheet import Sheet, SheetRow
from catalog.messages import MessageError, gettext_noop

CATEGORY_WIDTHS: Mapping[str, int] = {
    "category_class": 1,
    "category_item": 2,
    "category_subject": 3,
    "category_detail": 0,
}
"""Digits of 类, 项, 目 in a category's code; 细目 has any number."""

LINE_FIELDS = ("code", "title", "title_en", "theme")
TEXT_FIELDS = ("abstract", "abstract_en", "share_condition", "share_citation", "open_condition")


class SheetUnusable(MessageError):
    """The workbook holds no catalogue sheet that could be read row by row."""

    code = "sheet_unusable"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why nothing is imported, where it stands: `column` is the heading as the sheet has it."""

    sheet: str
    row: int
    column: str
    error: MessageError


@dataclass(frozen=True, slots=True)
class Item:
    """One information item (信息项). `data_type` is a letter of the guide's list; all but the name may be ""."""

    row: int
    name: str
    data_type: str
    field: str = ""
    length: str = ""


@dataclass(slots=True)
class Resource:
    """One record. `values` has what the sheet has columns for, in the shapes `register_dataset` takes; `links` the codes that it
    names, by the kind of the link."""

    sheet: str
    row: int
    headings: Mapping[str, str]
    provider_code: str = ""
    provider_name: str = ""
    values: dict[str, object] = field(default_factory=dict)
    links: dict[LinkKind, tuple[str, ...]] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)

    def problem(self, name: str, error: MessageError) -> Problem:
        """A problem of one field of the record."""
        name = {"items": "item_name"}.get(name, name)
        if name == "share_citation" and name not in self.headings:
            name = "share_condition"  # where the guide has it
        return Problem(self.sheet, self.row, self.headings.get(name, columns.heading_of(name)), error)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a workbook holds. `ignored` names sheets and columns (`sheet`: `column`) that nothing was read from."""

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]
    rows: int
    sheets: tuple[str, ...]
    ignored: tuple[str, ...]


def read_resources(sheets: Sequence[Sheet]) -> Reading:
    """Read every sheet that has the headings of the catalogue.

    Raises: SheetUnusable where no sheet has them, one heading stands twice, or there is no row below.
    """
    usable = [sheet for sheet in sheets if not _missing(sheet)]
    if not usable:
        best = min((_missing(sheet) for sheet in sheets), key=len, default=_missing(Sheet("", (), ())))
        raise SheetUnusable(
            gettext_noop("No sheet has the headings of a catalogue. Missing: %(missing)s."),
            code="headings_missing",
            missing=", ".join(best),
        )
    if not any(sheet.rows for sheet in usable):
        raise SheetUnusable(gettext_noop("There is no row below the headings."), code="no_rows")
    resources: list[Resource] = []
    problems: list[Problem] = []
    ignored = [sheet.name for sheet in sheets if sheet not in usable]
    for sheet in usable:
        reader = _SheetReader(sheet)
        reader.read()
        resources += reader.resources
        problems += reader.problems
        ignored += [f"{sheet.name}: {name}" for name in sheet.headings if name and columns.field_of(name) is None]
    problems += _repeated_codes(resources)
    order = {sheet.name: place for place, sheet in enumerate(usable)}
    return Reading(
        resources=tuple(resources),
        problems=tuple(sorted(problems, key=lambda problem: (order[problem.sheet], problem.row))),
        rows=sum(len(sheet.rows) for sheet in usable),
        sheets=tuple(sheet.name for sheet in usable),
        ignored=tuple(ignored),
    )


def _missing(sheet: Sheet) -> list[str]:
    present = {columns.field_of(heading) for heading in sheet.headings}
    return [columns.heading_of(group[0]) for group in columns.REQUIRED if not present.intersection(group)]


def _repeated_codes(resources: Iterable[Resource]) -> Iterator[Problem]:
    first: dict[object, Resource] = {}
    for resource in resources:
        code = resource.values.get("code")
        if code and first.setdefault(code, resource) is not resource:
            earlier = first[code]
            yield resource.problem(
                "code",
                cells.CellError(
                    gettext_noop("This code stands in row %(row)d of sheet %(sheet)s already."),
                    code="code_repeated",
                    row=earlier.row,
                    sheet=earlier.sheet,
                ),
            )


class _SheetReader:
    """Reads one sheet from top to bottom, gathering resources and problems."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.resources: list[Resource] = []
        self.problems: list[Problem] = []
        self.places: dict[str, int] = {}
        for place, heading in enumerate(sheet.headings):
            name = columns.field_of(heading)
            if name is None or name == "format":  # the format is known once a table is attached
                continue
            if name in self.places:
                raise SheetUnusable(
                    gettext_noop("Sheet %(sheet)s has two columns for %(column)s."),
                    code="heading_repeated",
                    sheet=sheet.name,
                    column=columns.heading_of(name),
                )
            self.places[name] = place
        self.headings = {name: sheet.headings[place] for name, place in self.places.items()}

    def read(self) -> None:
        """Gather resources and problems, row by row."""
        previous: dict[str, str] = {}
        for row in self.sheet.rows:
            said = {name: row.cells[place] for name, place in self.places.items()}
            of_resource = {name: cell for name, cell in said.items() if name not in columns.ITEM_FIELDS}
            if previous and _continues(previous, said):
                for name, cell in of_resource.items():
                    if cell and cell != previous[name]:
                        self._note(
                            row, name, gettext_noop("This differs from the resource's first row."), "row_differs"
                        )
                if not said.get("item_name"):
                    self._note(
                        row,
                        "item_name",
                        gettext_noop("A further row of a resource names an information item."),
                        "item_missing",
                    )
            else:
                previous = of_resource
                self.resources.append(self._resource(row, of_resource))
            self._item(row, said)

    def _note(self, row: SheetRow, name: str, message: str, code: str) -> None:
        heading = self.headings.get(name, columns.heading_of(name))
        self.problems.append(Problem(self.sheet.name, row.number, heading, cells.CellError(message, code=code)))

    def _parse(self, resource: Resource, name: str, cell: str, parse: Callable[[str], object]) -> object | None:
        try:
            return parse(cell)
        except cells.CellError as error:
            self.problems.append(resource.problem(name, error))
            return None

    def _resource(self, row: SheetRow, said: Mapping[str, str]) -> Resource:
        resource = Resource(self.sheet.name, row.number, self.headings)
        values = resource.values
        for names, parse in ((LINE_FIELDS, cells.parse_line), (TEXT_FIELDS, cells.parse_text)):
            for name in names:
                if name in said:
                    values[name] = self._parse(resource, name, said[name], parse) or ""
        for name in ("title", "abstract"):
            if not said[name]:
                self._note(row, name, gettext_noop("This must be filled in."), "cell_empty")
        resource.provider_code = str(
            self._parse(resource, "provider_code", said.get("provider_code", ""), cells.parse_line) or ""
        ).upper()
        resource.provider_name = str(
            self._parse(resource, "provider", said.get("provider", ""), cells.parse_line) or ""
        )
        self._choices(row, resource, said)
        if "keywords" in said:
            values["keywords"] = self._parse(resource, "keywords", said["keywords"], cells.parse_list) or []
        if "issued" in said:
            values["issued"] = (
                self._parse(resource, "issued", said["issued"], cells.parse_date) if said["issued"] else None
            )
        for kind, name in columns.LINKS.items():
            codes = self._parse(resource, name, said.get(name, ""), cells.parse_list)
            resource.links[kind] = tuple(codes) if isinstance(codes, list) else ()
        self._category(row, resource, said)
        _move_citation(values)
        return resource

    def _choices(self, row: SheetRow, resource: Resource, said: Mapping[str, str]) -> None:
        values = resource.values
        for name, choices in (("share_type", columns.SHARE_TYPES), ("update_cycle", columns.UPDATE_CYCLES)):
            if not said[name]:
                self._note(row, name, gettext_noop("This must be filled in."), "cell_empty")
            else:
                values[name] = self._parse(resource, name, said[name], partial(cells.parse_choice, choices=choices))
        if "share_mode" in said:
            mode = said["share_mode"] or ShareMode.FILE
            parse = partial(cells.parse_choice, choices=columns.SHARE_MODES)
            values["share_mode"] = self._parse(resource, "share_mode", mode, parse)
        if "open_to_public" in said:
            answer = said["open_to_public"] or "no"
            parse = partial(cells.parse_choice, choices=columns.YES_NO)
            values["open_to_public"] = self._parse(resource, "open_to_public", answer, parse) == "yes"

    def _category(self, row: SheetRow, resource: Resource, said: Mapping[str, str]) -> None:
        """The category's code: its own column, else 类 项 目 细目 where they hold digits, else the code's first part."""
        whole = str(self._parse(resource, "category", said.get("category", ""), cells.parse_line) or "")
        parts = [(said.get(name, ""), width) for name, width in CATEGORY_WIDTHS.items()]
        joined = "".join(part.zfill(width) if part else "" for part, width in parts)
        code = str(resource.values.get("code", ""))
        category = whole or (joined if joined.isdecimal() else "") or code.rpartition("/")[0]
        if not category:
            self._note(
                row,
                "category",
                gettext_noop("Neither the category's code nor the resource's code is given."),
                "category_missing",
            )
        resource.values["category"] = category

    def _item(self, row: SheetRow, said: Mapping[str, str]) -> None:
        if not any(said.get(name) for name in columns.ITEM_FIELDS):
            return
        resource = self.resources[-1]
        found: dict[str, str] = {}
        for column, parse in _ITEM_CELLS.items():
            try:
                found[column] = parse(cell) if (cell := said.get(column, "")) else ""
            except cells.CellError as error:
                self.problems.append(Problem(self.sheet.name, row.number, self.headings[column], error))
        name = found.get("item_name")
        if name == "" and row.number == resource.row:
            self._note(row, "item_name", gettext_noop("This must be filled in."), "cell_empty")
        elif name and any(item.name == name for item in resource.items):
            self._note(
                row, "item_name", gettext_noop("The resource has an item of that name already."), "item_repeated"
            )
        elif name and len(found) == len(_ITEM_CELLS):
            resource.items.append(Item(row.number, name, found["item_type"], found["item_field"], found["item_length"]))


def _short_line(cell: str, *, limit: int) -> str:
    text = cells.parse_line(cell)
    if len(text) > limit:
        raise cells.CellError(
            gettext_noop("This is longer than %(limit)d characters."), code="cell_too_long", limit=limit
        )
    return text


_ITEM_CELLS: Mapping[str, Callable[[str], str]] = {
    "item_name": partial(_short_line, limit=LENGTHS["name"]),
    "item_type": cells.parse_data_type,
    "item_field": partial(_short_line, limit=LENGTHS["field"]),
    "item_length": partial(_short_line, limit=LENGTHS["length"]),
}


def _continues(first: Mapping[str, str], row: Mapping[str, str]) -> bool:
    """Whether a row is one more item of the resource that began with `first`.

    It names the same resource, by its code, or by its title where the sheet leaves the codes to us; or it names none and
    has an item.
    """
    if row.get("code"):
        return row["code"] == first.get("code")
    if row.get("title"):
        return all(row.get(name, "") in ("", first.get(name, "")) for name in ("title", "provider_code", "provider"))
    return bool(row.get("item_name")) or not any(row[name] for name in first)


def _move_citation(values: dict[str, object]) -> None:
    """The guide writes the ground of withholding among the conditions; the record has a field of its own for it."""
    if values.get("share_type") == ShareType.WITHHELD and not values.get("share_citation"):
        values["share_citation"] = values.get("share_condition", "")
        values["share_condition"] = ""
