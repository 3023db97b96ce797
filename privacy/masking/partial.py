"""Partial masks: the part of a value that people recognise stays, the rest becomes a mask character.

Lives here: the presets for the forms found in Chinese tables, and the free mask. A value that does not have the
preset's form is malformed: it comes out null, never as it was. What becomes of it then is the rule's invalid-value
policy, applied by the engine.

Every mask is taken from the canonical form, so that `+86 138-1234-5678` and `１３８１２３４５６７８` give
`138****5678` too. Rows that already have it, nearly all in most columns, are recognised by their bytes and skip the
canonicalisation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa

from privacy.detection.arrow import pc
from privacy.masking.addresses import AddressLevel, address_to
from privacy.masking.canonical import FIXED_FORMS, canonical_text, malformed_rows
from privacy.masking.columns import (
    Ints,
    TextColumn,
    Texts,
    Values,
    as_column,
    as_text,
    has_text_form,
    placed,
    text_column,
    text_of_lengths,
    text_of_width,
)
from privacy.masking.operators import Masked
from privacy.masking.parameters import ParameterReader

FIXED_MASK_LENGTH = 4
"""Mask characters where the number of hidden characters is itself hidden (the local part of an e-mail address, an
address)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many characters of a value stay at either end."""

    first: int
    last: int


class Preset(StrEnum):
    """The forms with a mask of their own; `GENERIC` takes `keep_first` and `keep_last`."""

    MOBILE = "mobile"
    RESIDENT_ID = "resident_id"
    NAME = "name"
    NAME_ENDS = "name_ends"
    BANK_CARD = "bank_card"
    EMAIL = "email"
    ADDRESS = "address"
    PLATE = "plate"
    PASSPORT = "passport"
    LANDLINE = "landline"
    GENERIC = "generic"


ENTITY_TYPES: dict[Preset, str] = {
    Preset.MOBILE: "CN_MOBILE",
    Preset.RESIDENT_ID: "CN_RESIDENT_ID",
    Preset.NAME_ENDS: "PERSON",
    Preset.NAME: "PERSON",  # after the other: a type's preset is its last one here
    Preset.BANK_CARD: "CN_BANK_CARD",
    Preset.EMAIL: "EMAIL_ADDRESS",
    Preset.ADDRESS: "CN_ADDRESS",
    Preset.PLATE: "CN_PLATE",
    Preset.PASSPORT: "CN_PASSPORT",
    Preset.LANDLINE: "CN_LANDLINE",
}
"""The entity type whose canonical form a preset reads."""

PRESETS: dict[str, Preset] = {entity_type: preset for preset, entity_type in ENTITY_TYPES.items()}
"""The preset of an entity type: what a rule without `preset` takes."""


_KEPT: dict[Preset, Kept] = {
    Preset.MOBILE: Kept(3, 4),
    # The city, and two characters to recognise one's own by. The usual area and last four would hide the date of
    # birth alone, and some 3,300 numbers fit that; some three million fit this.
    Preset.RESIDENT_ID: Kept(4, 2),
    Preset.NAME: Kept(1, 0),
    # PCI DSS 4.0 §3.4.1: at most the issuer's digits and the last four are shown.
    Preset.BANK_CARD: Kept(6, 4),
    Preset.PLATE: Kept(2, 2),
    Preset.PASSPORT: Kept(1, 3),
}


@dataclass(frozen=True, slots=True)
class PartialMask:
    """A mask settled by its rule. `keep_first` and `keep_last` (characters) are read by the generic preset only."""

    preset: Preset
    entity_type: str | None = None
    keep_first: int = 0
    keep_last: int = 0
    mask_char: str = "*"

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if has_text_form(source) else None

    def apply(self, values: Values) -> Masked:
        """Mask a column; malformed values come out null and flagged."""
        text = as_text(values)
        if self.preset is Preset.GENERIC:
            return self._generic(text)
        column = text_column(text)
        rows, quick = self._quick(column)
        if len(rows) == len(text):
            return Masked(values=quick, invalid=np.zeros(len(text), dtype=np.bool_))
        others = np.ones(len(text), dtype=np.bool_)
        others[rows] = False
        other_rows = np.flatnonzero(others)
        slow = self._slow(text.take(as_column(other_rows)))
        invalid = np.zeros(len(text), dtype=np.bool_)
        invalid[other_rows] = slow.invalid
        return Masked(
            values=placed(len(text), [(rows, quick), (other_rows, slow.values)], pa.string()), invalid=invalid
        )

    def _generic(self, text: Texts) -> Masked:
        masked = mask_between(canonical_text(self.entity_type, text), self.keep_first, self.keep_last, self.mask_char)
        return Masked(values=masked, invalid=malformed_rows(text, masked))

    def _quick(self, column: TextColumn) -> tuple[Ints, Texts]:
        """The rows already in the preset's canonical form, and their masks."""
        form, kept = FIXED_FORMS.get(ENTITY_TYPES[self.preset]), _KEPT.get(self.preset)
        if form is None or kept is None:
            return np.zeros(0, dtype=np.int64), pa.array([], type=pa.string())
        rows = form.rows(column)
        matrix = column.windows(form.length, rows)
        matrix[:, kept.first : form.length - kept.last] = ord(self.mask_char)
        return rows, text_of_width(matrix, np.ones(len(rows), dtype=np.bool_))

    def _slow(self, text: Texts) -> Masked:
        """Any spelling: by its canonical form."""
        masked = _MASKS[self.preset](canonical_text(ENTITY_TYPES[self.preset], text), self.mask_char)
        return Masked(values=masked, invalid=malformed_rows(text, masked))


def implied_preset(parameters: Mapping[str, object], entity_type: str | None) -> Preset:
    """The preset of a rule that names none: the entity type's, unless it says how many characters stay."""
    free = parameters.get("keep_first") is not None or parameters.get("keep_last") is not None
    return Preset.GENERIC if free else PRESETS.get(entity_type or "", Preset.GENERIC)


def read_partial_mask(reader: ParameterReader, entity_type: str | None) -> PartialMask:
    """The mask of a rule: `preset`, else the implied one; `mask_char`; for generic `keep_first` and `keep_last`."""
    implied = implied_preset(reader.parameters, entity_type)
    preset = reader.choice("preset", Preset, default=implied) or implied
    mask_char = reader.character("mask_char", default="*")
    if preset is not Preset.GENERIC:
        return PartialMask(preset=preset, entity_type=ENTITY_TYPES[preset], mask_char=mask_char)
    return PartialMask(
        preset=preset,
        entity_type=entity_type,
        keep_first=reader.integer("keep_first", minimum=0, maximum=32, default=0) or 0,
        keep_last=reader.integer("keep_last", minimum=0, maximum=32, default=0) or 0,
        mask_char=mask_char,
    )


def mask_between(text: Texts, keep_first: int, keep_last: int, mask_char: str = "*") -> Texts:
    """Each value with all but its first and last characters masked, one mask character for each; nulls stay null.

    A value too short to hide anything (at most `keep_first + keep_last` characters) is masked whole.
    """
    lengths = pc.utf8_length(text)
    shown = pc.greater(lengths, keep_first + keep_last)
    hidden = pc.if_else(shown, pc.subtract(lengths, keep_first + keep_last), lengths)
    middle = pc.binary_repeat(mask_char, hidden)
    if keep_first == 0 and keep_last == 0:
        return middle
    first = pc.if_else(shown, pc.utf8_slice_codeunits(text, 0, keep_first), "") if keep_first else ""
    last = pc.if_else(shown, pc.utf8_slice_codeunits(text, -keep_last), "") if keep_last else ""
    return pc.binary_join_element_wise(first, middle, last, "")


def _ends(preset: Preset) -> Callable[[Texts, str], Texts]:
    kept = _KEPT[preset]

    def mask(text: Texts, mask_char: str) -> Texts:
        return mask_between(text, kept.first, kept.last, mask_char)

    return mask


def _email(text: Texts, mask_char: str) -> Texts:
    """First character, mask, and all from the “@” on; a canonical address is ASCII (what is not one comes out null)."""
    column = text_column(text)
    at = pc.fill_null(pc.find_substring(text, "@"), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    masked = column.valid & (at > 0)
    added = 1 + FIXED_MASK_LENGTH
    lengths = np.where(masked, column.lengths - at + added, 0)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    # Each byte comes from as far behind its row's “@”; those before it, of whatever was there, are overwritten.
    behind = np.arange(int(lengths.sum())) + np.repeat(column.starts + at - added - starts, lengths)
    data = column.data.take(behind, mode="clip")
    for position in range(1, added):
        data[starts[masked] + position] = ord(mask_char)
    data[starts[masked]] = column.data[column.starts[masked]]
    return text_of_lengths(data, lengths, masked)


# The area code has three digits if it begins with 01 or 02, else four; seven or eight follow, and perhaps an extension.
_LANDLINE = r"^(?P<area>0(?:1\d|2\d|[3-9]\d\d))(?P<head>\d{3,4})(?P<tail>\d{4})(?:-\d+)?$"


def _landline(text: Texts, mask_char: str) -> Texts:
    parts = pc.extract_regex(text, _LANDLINE)
    area, head, tail = (pc.struct_field(parts, name) for name in ("area", "head", "tail"))
    middle = pc.binary_join_element_wise("-", pc.binary_repeat(mask_char, pc.utf8_length(head)), "")
    return pc.binary_join_element_wise(area, middle, tail, "")


def _address(text: Texts, mask_char: str) -> Texts:
    district = address_to(text, AddressLevel.DISTRICT)
    return pc.binary_join_element_wise(district, mask_char * FIXED_MASK_LENGTH, "")


def _name_ends(text: Texts, mask_char: str) -> Texts:
    """The first and the last character; of a name of two the first alone, or nothing would be hidden."""
    short = pc.less_equal(pc.utf8_length(text), 2)
    return pc.if_else(short, mask_between(text, 1, 0, mask_char), mask_between(text, 1, 1, mask_char))


# What is masked is in canonical form already; the forms of all but names and addresses are strict, and anything else
# is null.
_MASKS: dict[Preset, Callable[[Texts, str], Texts]] = {
    **{preset: _ends(preset) for preset in _KEPT},
    Preset.EMAIL: _email,
    Preset.ADDRESS: _address,
    Preset.LANDLINE: _landline,
    Preset.NAME_ENDS: _name_ends,
}
