"""How the values of a column look to a scan, in a few figures: the scope in which a decision on the column holds.

Lives here: taking the pattern from a verdict, and saying in what two patterns of one column differ. A pattern tells forms, lengths and
shares and never a value. Two readings of the same kind of data give patterns that do not differ, although their figures do: what is
compared has a margin, and is always compared with what was decided, so that many small steps are noticed too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

_FORM_MARGIN: Final = 0.3  # of the cells written in another form before the values look different
_SHARE_MARGIN: Final = 0.1
_ENOUGH_CHECKED: Final = 10  # with fewer values check digits can prove little, and disprove nothing


class Checksum(StrEnum):
    """What the check digits say. `NONE`: there are none, or too few values have any."""

    NONE = "none"
    UNVERIFIED = "unverified"
    PROVEN = "proven"


class Share(StrEnum):
    """How much of a column is of its type."""

    FEW = "few"
    SOME = "some"
    MOST = "most"
    ALL = "all"

    @classmethod
    def of(cls, share: float) -> Share:
        """The band of a share in 0–1."""
        return next((band for floor, band in _BANDS if share >= floor), cls.FEW)


_BANDS: Final = ((0.95, Share.ALL), (0.5, Share.MOST), (0.05, Share.SOME))


class Aspect(StrEnum):
    """In what two verdicts on one column may differ."""

    TYPE = "type"
    ROLE = "role"
    LIKELIHOOD = "likelihood"
    FORM = "form"
    CHECKSUM = "checksum"
    SHARE = "share"
    EMPTY = "empty"
    OTHER_TYPES = "other_types"
    COLUMN = "column"  # the source's column itself: of another type, or there again after it was gone


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect, before and now: codes, or figures that JSON can hold."""

    what: Aspect
    before: Any
    now: Any

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"what": str(self.what), "before": self.before, "now": self.now}


@dataclass(frozen=True, slots=True)
class Pattern:
    """The pattern of a column. `form`: shares by `privacy.detection.forms.Form`; `length`: a tenth, half and nine tenths of the values are
    no longer. Both are empty in patterns of older scans, and then nothing is said of them."""

    entity_type: str
    role: str
    checksum: Checksum
    share: float
    form: Mapping[str, float] = field(default_factory=dict)
    length: Sequence[int] = ()

    @classmethod
    def of(cls, column: Mapping[str, Any]) -> Pattern:
        """The pattern in a column's verdict, as `Scan.columns` holds one."""
        counts, evidence = column["counts"], column["evidence"]
        cells = counts.get("cells", 0)
        if column["checksum_proven"]:
            checksum = Checksum.PROVEN
        elif counts.get("checksum_checked", 0) >= _ENOUGH_CHECKED:
            checksum = Checksum.UNVERIFIED
        else:
            checksum = Checksum.NONE
        return cls(
            entity_type=str(column["entity_type"] or ""),
            role=str(column["role"]),
            checksum=checksum,
            share=round(counts.get("matched", 0) / cells, 2) if cells else 0.0,
            form=dict(evidence.get("form") or {}),
            length=tuple(evidence.get("length") or ()),
        )

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Pattern:
        """What `as_dict` gave."""
        return cls(
            entity_type=str(stored["type"]),
            role=str(stored["role"]),
            checksum=Checksum(stored["checksum"]),
            share=float(stored["share"]),
            form=dict(stored["form"]),
            length=tuple(stored["length"]),
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "type": self.entity_type,
            "role": self.role,
            "checksum": str(self.checksum),
            "share": self.share,
            "form": dict(self.form),
            "length": list(self.length),
        }

    @property
    def look(self) -> dict[str, Any]:
        """Form and length alone, as JSON."""
        return {"form": dict(self.form), "length": list(self.length)}


def differences(before: Pattern, now: Pattern, *, partial: bool = False) -> tuple[Difference, ...]:
    """In what the values look different, the weightiest first.

    `partial`: one of the two did not read everything. Then only what reading more cannot undo is said: another type, another role, and
    check digits that hold now.
    """
    found: list[Difference] = []
    if before.entity_type != now.entity_type:
        found.append(Difference(Aspect.TYPE, before.entity_type, now.entity_type))
    if before.role != now.role:
        found.append(Difference(Aspect.ROLE, before.role, now.role))
    # Check digits and shares are those of a type: of two types they cannot be compared.
    if before.entity_type == now.entity_type and _checksum_turned(before.checksum, now.checksum, partial=partial):
        found.append(Difference(Aspect.CHECKSUM, str(before.checksum), str(now.checksum)))
    if partial:
        return tuple(found)
    if not looks_alike(before, now):
        found.append(Difference(Aspect.FORM, before.look, now.look))
    if before.entity_type == now.entity_type and _share_moved(before.share, now.share):
        found.append(Difference(Aspect.SHARE, before.share, now.share))
    return tuple(found)


def looks_alike(before: Pattern, now: Pattern) -> bool:
    """Whether both are written alike and about as long. What is not known of one is no difference."""
    return _formed_alike(before.form, now.form) and _as_long(before.length, now.length)


def _formed_alike(before: Mapping[str, float], now: Mapping[str, float]) -> bool:
    if not before or not now:
        return True
    moved = sum(abs(before.get(form, 0) - now.get(form, 0)) for form in {*before, *now}) / 2
    return moved <= _FORM_MARGIN


def _as_long(before: Sequence[int], now: Sequence[int]) -> bool:
    """Whether half of the one are about as long as most of the other: eighteen digits are never fifteen, remarks are seldom of one length."""
    if not before or not now:
        return True
    return before[0] <= now[1] <= before[2] or now[0] <= before[1] <= now[2]


def _checksum_turned(before: Checksum, now: Checksum, *, partial: bool) -> bool:
    if now is Checksum.PROVEN:
        return before is not Checksum.PROVEN
    return before is Checksum.PROVEN and now is Checksum.UNVERIFIED and not partial


def _share_moved(before: float, now: float) -> bool:
    return Share.of(before) is not Share.of(now) and abs(before - now) > _SHARE_MARGIN
