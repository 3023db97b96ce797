"""From what was counted of a column to a score per entity type.

Lives here: one function per family of types. Each joins the values with the column's name, never asking for a checksum: a column of
mistyped ID numbers is still one. A checksum counts by how improbable its rate is by luck. Scores are 0–1; the floors of
`privacy.detection.model.Likelihood` make words of them. The figures are house rules, checked by the tests and the labelled fixtures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from privacy.detection.candidates import (
    BY_NAME,
    HINTS,
    NAMED_WORDS,
    SAYS_SO,
    Candidate,
    joined,
    mixed,
    ramp,
    says_in_words,
    share_of,
)
from privacy.detection.column_names import NameEvidence
from privacy.detection.hidden import hidden_candidates
from privacy.detection.model import POSSIBLE_SCORE
from privacy.detection.partials import ColumnPartial, TypeStats
from privacy.detection.rules import EntityRule, Family, RuleSet
from privacy.detection.scoring_numbers import score_dates, score_numbers, span_of
from privacy.detection.scoring_shapes import score_biometric, score_shape

__all__ = ["Candidate", "beats_luck", "score_column", "span_of"]

SURE: Final = 0.001  # a checksum rate less probable than this by luck is no luck
_NOTHING: Final = TypeStats()
_BY_NAME: Final = frozenset({BY_NAME, NAMED_WORDS})
_CASE_NUMBER_SPAN: Final = 12  # years: birthdays of a population spread wider, dates in case numbers do not


def beats_luck(passed: int, tried: int, luck: float) -> bool:
    """Whether `passed` of `tried` is less probable than `SURE` if each passes with probability `luck`.

    Chernoff's bound on the binomial tail: exp(-n · KL(rate ‖ luck)), which never claims too much.
    """
    if not tried or passed / tried <= luck:
        return False
    rate = passed / tried
    divergence = rate * math.log(rate / luck)
    if rate < 1:
        divergence += (1 - rate) * math.log((1 - rate) / (1 - luck))
    return math.exp(-tried * divergence) <= SURE * 1.0001


def score_column(partial: ColumnPartial, names: NameEvidence, rules: RuleSet) -> list[Candidate]:
    """Candidates of a column, best first; ties keep the order of the rule pack."""
    if not partial.cells:
        return [
            candidate
            for rule in rules.running.values()
            if rule.entity_type == "BIOMETRIC" and (candidate := score_biometric(partial, names, rule)) is not None
        ]
    found = [candidate for rule in rules.running.values() for candidate in _FAMILIES[rule.family](partial, names, rule)]
    hidden = list(hidden_candidates(partial, names, rules))
    if hidden:
        found = _better_of(found, hidden)
    return _values_first(sorted(found, key=lambda candidate: -candidate.score), partial)


def _better_of(found: Sequence[Candidate], hidden: Sequence[Candidate]) -> list[Candidate]:
    """One candidate a type: what the open values of a type say, or its hidden ones where they say more."""
    best: dict[str, Candidate] = {}
    for candidate in (*found, *hidden):
        before = best.get(candidate.entity_type)
        if before is None or candidate.score > before.score:
            best[candidate.entity_type] = candidate
    return list(best.values())


def _values_first(candidates: list[Candidate], partial: ColumnPartial) -> list[Candidate]:
    """What values tell comes before what the name alone tells, and a name tells one thing only."""
    told = any(
        candidate.score >= POSSIBLE_SCORE
        and candidate.matched >= 0.5 * partial.cells
        and _BY_NAME.isdisjoint(candidate.notes)
        for candidate in candidates
    )
    by_name = [candidate for candidate in candidates if not _BY_NAME.isdisjoint(candidate.notes)]
    dropped = by_name if told else by_name[1:]
    return [candidate for candidate in candidates if candidate not in dropped]


# ---- checksum types ---------------------------------------------------------------------------------------------


def _checksum(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    stats = partial.types.get(rule.entity_type, _NOTHING)
    name = names.score(rule.entity_type)
    proven = beats_luck(stats.valid_rows, stats.checked_rows, rule.by_luck)
    matched, notes = stats.rows, tuple[str, ...]()
    # Where the column says so, values that have the form count although nothing of them stands without its checksum.
    formed = min(stats.shaped_rows, stats.checked_rows) if name >= SAYS_SO and not proven else 0
    if not stats.rows and 2 * formed < partial.cells:
        yield from _digits_lost(partial, name, rule)
        return
    share = share_of(max(stats.whole_rows, formed), partial)
    if proven:
        value = rule.strength * (1.0 if share >= 0.3 else 0.5 + 0.5 * mixed(share))
        score = joined(value, name) if stats.whole_rows else 0.0
    else:
        matched = max(matched, formed)
        value, notes = _UNPROVEN.get(rule.entity_type, _unproven)(stats, share, rule)
        score = joined(value * (1 - 0.4 * names.against(rule.entity_type)), name) if share >= 0.05 else 0.0
    yield Candidate(
        rule.entity_type,
        score,
        matched,
        stats.checked_rows,
        stats.valid_rows,
        proven=proven,
        notes=notes,
        luck=rule.luck,
    )


def _digits_lost(partial: ColumnPartial, name: float, rule: EntityRule) -> Iterator[Candidate]:
    """3.20501E+17: the column's name says what it was, or what is left of the number begins like a resident ID."""
    if partial.lost_rows >= 0.5 * partial.cells and name >= SAYS_SO:
        yield Candidate(rule.entity_type, 0.75, partial.lost_rows, notes=("digits_lost",))
    elif rule.entity_type == "CN_RESIDENT_ID" and partial.lost_id_rows >= 0.5 * partial.cells:
        yield Candidate(rule.entity_type, 0.5, partial.lost_id_rows, notes=("digits_lost",))


def _unproven_id(stats: TypeStats, share: float, rule: EntityRule) -> tuple[float, tuple[str, ...]]:
    """Province and date in place are evidence too: by luck less than one number in a thousand has them.

    Case numbers have them on purpose (320505 20240115 0012): their dates lie in few years and they never end in X.
    """
    value = rule.unproven * ramp(share, 0.05, 0.6)
    notes = ["checksum_unverified"]
    first, last = span_of(stats.years)
    if stats.whole_rows >= 30 and last - first < _CASE_NUMBER_SPAN:
        value -= 0.35
        notes.append("dates_in_few_years")
    if stats.checked_rows >= 60 and not stats.letter_rows:
        value -= 0.25
        notes.append("never_ends_in_x")
    if not stats.checked_rows:
        value *= ramp(share, 0.3, 0.9)  # fifteen digits have the date by luck once in some fifty numbers
    return max(0.0, value), tuple(notes)


def _unproven_uscc(_stats: TypeStats, share: float, rule: EntityRule) -> tuple[float, tuple[str, ...]]:
    return rule.unproven * ramp(share, 0.1, 0.7), ("checksum_unverified",)


def _unproven(_stats: TypeStats, share: float, rule: EntityRule) -> tuple[float, tuple[str, ...]]:
    """Sixteen to nineteen digits that begin with 62: one number in a hundred does by luck, but whole runs of numbers do too."""
    return rule.unproven * ramp(share, 0.3, 0.9), ("checksum_unverified",)


_UNPROVEN: Final[Mapping[str, Callable[[TypeStats, float, EntityRule], tuple[float, tuple[str, ...]]]]] = {
    "CN_RESIDENT_ID": _unproven_id,
    "CN_HMT_RESIDENCE_PERMIT": _unproven_id,
    "CN_PERMANENT_RESIDENCE": _unproven_uscc,
    "CN_USCC": _unproven_uscc,
}


# ---- pattern types ----------------------------------------------------------------------------------------------

# Types whose values other things look like too, where few of them are of the kind that nothing else is (`checked`): 1.2.3.4 is a
# version, P12345678 an article. How much is left of what the values say, and the note that says why.
LIKE_OTHERS: Final[Mapping[str, tuple[float, str]]] = {
    "IP_ADDRESS": (0.3, "like_version_numbers"),
    "CN_PASSPORT": (0.5, "like_serial_numbers"),
    "CN_HM_TRAVEL_PERMIT": (0.6, "like_serial_numbers"),
    "CN_EXIT_PERMIT": (0.6, "like_serial_numbers"),
}


_DOCUMENTS: Final = frozenset({"CN_PASSPORT", "CN_HM_TRAVEL_PERMIT", "CN_EXIT_PERMIT"})


def _pattern(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    stats = partial.types.get(rule.entity_type)
    if stats is None or not stats.rows:
        yield from _by_name(partial, names, rule)
        return
    share = share_of(stats.whole_rows, partial)
    # A tenth of a column may be telephones; of a letter and eight digits a tenth are travel documents by luck.
    alone = rule.entity_type in _DOCUMENTS and names.score(rule.entity_type) < HINTS
    value = rule.strength * (ramp(share, 0.3, 0.9) if alone else mixed(share))
    against = 0.4
    notes: list[str] = []
    if _is_running(rule.entity_type, stats):
        value *= 0.4
        notes.append("one_number_segment")
    if _is_numeric(partial):
        # Among other numbers some have eleven digits and a segment by luck, at most every other one.
        among = min(1.0, stats.whole_rows / partial.numbers.rows)
        value *= among * among
    if rule.entity_type in LIKE_OTHERS and _may_be_another(partial, names, rule.entity_type, stats):
        factor, note = LIKE_OTHERS[rule.entity_type]
        value *= factor
        against = 0.8
        notes.append(note)
    value *= 1 - against * names.against(rule.entity_type)
    score = joined(max(0.0, value), names.score(rule.entity_type)) if stats.whole_rows else 0.0
    yield Candidate(rule.entity_type, score, stats.rows, notes=tuple(notes))


def _is_running(entity_type: str, stats: TypeStats) -> bool:
    """Numbers of people come from many segments; a running number stays in one, and of an issuer's letter in one thousand."""
    if not stats.heads:
        return False
    if entity_type in _DOCUMENTS:
        return stats.rows >= 12 and len(stats.heads) <= 2
    return (stats.rows >= 100 and len(stats.heads) <= 2) or (stats.rows >= 40 and len(stats.heads) == 1)


def _may_be_another(partial: ColumnPartial, names: NameEvidence, entity_type: str, stats: TypeStats) -> bool:
    """Whether nothing but the form speaks for a type whose form others have, or something speaks against it.

    Where the same form stands under letters that no travel document has, the letters are those of a serial number.
    """
    if (
        stats.checked_rows < 0.3 * stats.rows
        or max(names.says_other(entity_type), names.against(entity_type)) >= SAYS_SO
    ):
        return True
    if entity_type not in _DOCUMENTS:
        return False
    documents = sum(partial.types[kind].rows for kind in _DOCUMENTS & set(partial.types))
    return documents < 0.95 * partial.shapes.get("letter_and_eight", 0)


def _named(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    """Types that a label in the text or the name of the column has to tell."""
    stats = partial.types.get(rule.entity_type)
    if stats is None or 2 * stats.rows < partial.cells:
        yield from _by_name(partial, names, rule)
    if stats is not None and stats.rows:
        value = rule.strength * mixed(share_of(stats.whole_rows, partial)) if stats.whole_rows else 0.0
        yield Candidate(rule.entity_type, joined(value, names.score(rule.entity_type)) if value else 0.0, stats.rows)


def _by_name(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    """A column that is called so, whose cells are codes of the usual length and no list of a few kinds."""
    form, name = rule.cells, names.score(rule.entity_type)
    if form is None or name < SAYS_SO:
        return
    rows = partial.numbers.whole_rows if form.digits else max(partial.shapes.get("code", 0), partial.numbers.whole_rows)
    rows = partial.cells if form.any_text else rows
    usual = form.least <= partial.length_sum / partial.cells <= form.most
    few = partial.cells >= 50 and partial.distinct.estimate <= 10
    value = rule.strength * ramp(share_of(rows, partial), 0.5, 0.9) * name * (1 - 0.4 * names.against(rule.entity_type))
    if value and usual and not few:
        yield Candidate(rule.entity_type, value, rows, notes=(BY_NAME,))


def _is_numeric(partial: ColumnPartial) -> bool:
    return partial.numbers.rows >= 0.5 * partial.cells


# ---- lexicons ---------------------------------------------------------------------------------------------------


_CATEGORY_LIMIT: Final = 400  # distinct values: more is not a category


def _lexicon(partial: ColumnPartial, names: NameEvidence, rule: EntityRule) -> Iterator[Candidate]:
    words = partial.words.get(rule.entity_type, 0) or partial.types.get(rule.entity_type, _NOTHING).whole_rows
    if rule.entity_type == "OCCUPATION":
        words += partial.shapes.get("job", 0)
    codes = partial.codes.get(rule.entity_type, 0)
    name = names.score(rule.entity_type)
    share = share_of(words, partial)
    value = rule.strength * ramp(share, 0.5, 0.95) * (1 - 0.3 * names.against(rule.entity_type))
    score = joined(value, name) if share >= 0.3 else 0.0
    notes: tuple[str, ...] = ()
    matched = words
    all_known = codes > 0 and share_of(words + codes, partial) >= 0.95
    if all_known and words >= 0.05 * partial.cells and rule.strength * 0.75 > score:
        score, matched = (
            joined(rule.strength * 0.75, name),
            words + codes,
        )  # its words tell what the codes beside them are
    if name >= SAYS_SO and _is_category(partial, rule):
        if all_known:
            score, matched, notes = max(score, 0.85), words + codes, ("code_list",)
        elif partial.numbers.rows <= 0.2 * partial.cells and (share >= 0.1 or says_in_words(names, rule)):
            score = max(score, 0.7 + 0.25 * share)
    if score:
        yield Candidate(rule.entity_type, score, matched, notes=notes)


def _is_category(partial: ColumnPartial, rule: EntityRule) -> bool:
    """Few values and short ones; of occupations there are many, and some have long names."""
    if rule.entity_type == "OCCUPATION" and partial.shapes.get("words", 0) >= 0.8 * partial.cells:
        return partial.length_sum <= 40 * partial.cells
    return partial.distinct.estimate <= _CATEGORY_LIMIT and partial.length_sum <= 20 * partial.cells


_FAMILIES: Final[Mapping[Family, Callable[[ColumnPartial, NameEvidence, EntityRule], Iterator[Candidate]]]] = {
    Family.CHECKSUM: _checksum,
    Family.PATTERN: _pattern,
    Family.LEXICON: _lexicon,
    Family.SHAPE: score_shape,
    Family.DATE: score_dates,
    Family.NUMERIC: score_numbers,
    Family.NAMED: _named,
}
