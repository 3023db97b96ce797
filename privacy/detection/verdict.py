"""The verdict on a column: one type, the others seen, the role, and the evidence in words and figures.

Lives here: choosing among the candidates of `privacy.detection.scoring`, free text, neighbouring columns, and putting the evidence
together. Evidence is JSON-able and masked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from privacy.detection.column import Held
from privacy.detection.column_names import NameEvidence, read_names
from privacy.detection.forms import Form
from privacy.detection.hidden import PREFIX, SOME
from privacy.detection.model import POSSIBLE_SCORE, ColumnInput, ColumnScan, FieldRole, Likelihood, Reason, TypeCount
from privacy.detection.partials import ColumnPartial, Examples, TypeStats
from privacy.detection.rules import EntityRule, Family, NameLexicon, RuleSet
from privacy.detection.scoring import Candidate, score_column

# Among direct identifiers in one text the first of these names the column.
_GRAVEST: Final = (
    "PERSON",
    "CN_RESIDENT_ID",
    "CN_HMT_RESIDENCE_PERMIT",
    "CN_PERMANENT_RESIDENCE",
    "CN_PASSPORT",
    "CN_HM_TRAVEL_PERMIT",
    "CN_TW_TRAVEL_PERMIT",
    "CN_EXIT_PERMIT",
    "CN_OFFICER_ID",
    "CN_DRIVING_LICENCE",
    "CN_SOCIAL_SECURITY",
    "MEDICAL_RECORD",
    "CN_BANK_CARD",
    "CREDIT_CARD",
    "IBAN_CODE",
    "CN_MOBILE",
    "CN_LANDLINE",
    "PHONE_NUMBER",
    "EMAIL_ADDRESS",
    "CN_WECHAT_ID",
    "CN_QQ_ID",
    "CN_PLATE",
    "VIN",
    "CN_ADDRESS",
    "IMEI",
    "IMSI",
    "MAC_ADDRESS",
    "IP_ADDRESS",
    "CN_TAX_ID",
    "CN_USCC",
    "CN_ORGANIZATION_CODE",
    "CN_GPS",
)
_STRUCTURED: Final = frozenset({"CN_ADDRESS", "ORGANIZATION", "EMPLOYER", "REGION", "DIAGNOSIS"})
_PERSONAL: Final = frozenset({"PERSON", "CN_RESIDENT_ID", "CN_MOBILE"})
_HELPED_BY_NEIGHBOURS: Final = frozenset(
    {
        "BIRTH_DATE",
        "PERSON",
        "CN_ADDRESS",
        "OCCUPATION",
        "CN_PASSPORT",
        "CN_HM_TRAVEL_PERMIT",
        "CN_EXIT_PERMIT",
        "BIOMETRIC",
    }
)
_RARELY_WRITTEN_SO: Final = frozenset(
    {"CN_PASSPORT", "CN_HM_TRAVEL_PERMIT", "CN_EXIT_PERMIT", "CN_LANDLINE", "PHONE_NUMBER", "CN_WECHAT_ID"}
)  # a text says more than a code does
_TELLING_LUCK: Final = 0.02  # a checksum that passes less often by luck makes one value in a text credible
_TELLING_FORM: Final = 0.5  # and so does a form that convinces this far without it
_NEIGHBOUR_BONUS: Final = 0.1
_SURE_SCORE: Final = 0.9
_UNIONPAY: Final = "62"  # how the cards of China's own scheme begin
_MENTIONED: Final = 0.46  # the score of a type that is certain in few cells of a column of something else
_BY_LUCK: Final = frozenset({"one_number_segment", "like_version_numbers", "like_serial_numbers"})
_SHOWN: Final = 3
_SENTENCE: Final = 60  # characters
_WORTH_SAYING: Final = 0.2  # below it the best type is very unlikely, and why is of no interest
_SELDOM: Final = 0.05
_HELD_SO: Final = {Held.DATE: Form.DATE, Held.TRUTH: Form.TRUTH}


@dataclass(frozen=True, slots=True)
class JudgedColumn:
    """A column's candidates before its neighbours are looked at."""

    column: ColumnInput
    held: Held
    tried: tuple[str, ...]
    partial: ColumnPartial
    names: NameEvidence
    candidates: tuple[Candidate, ...]
    mentions: tuple[TypeCount, ...]
    free_text: bool


def _cards_by_issuer(partial: ColumnPartial, names: NameEvidence, rules: RuleSet) -> ColumnPartial:
    """The column with its cards as those of the international schemes, where not one is UnionPay's and no Chinese word says 银行卡.

    A single card of sixteen digits does not say who issued it: banks in China issue Visa too. A whole column does.
    """
    cards = partial.types.get("CN_BANK_CARD")
    said = names.words.get("CN_BANK_CARD", "")
    chinese = rules.entities["CN_BANK_CARD"].names if "CN_BANK_CARD" in rules.entities else NameLexicon()
    local = cards is None or _UNIONPAY in cards.heads or said in (*chinese.zh, *chinese.pinyin)
    if cards is None or local or not cards.rows or "CREDIT_CARD" not in rules.running:
        return partial
    types = {entity_type: stats for entity_type, stats in partial.types.items() if entity_type != "CN_BANK_CARD"}
    types["CREDIT_CARD"] = types.get("CREDIT_CARD", TypeStats()).merge(cards)
    return replace(partial, types=types)


def judge_column(
    column: ColumnInput, held: Held, tried: tuple[str, ...], partial: ColumnPartial, names: NameEvidence, rules: RuleSet
) -> JudgedColumn:
    """Candidates of one column, free text taken into account."""
    partial = _cards_by_issuer(partial, names, rules)
    candidates = score_column(partial, names, rules)
    mentions = _mentions(partial, candidates, rules, _in_members(partial, rules))
    free_text = _is_free_text(partial, candidates, names)
    if free_text:
        candidates = _in_text(partial, candidates, mentions, _fewest_persons(partial, names))
    elif not (candidates and candidates[0].score >= POSSIBLE_SCORE):
        candidates = _with_mentioned(partial, candidates, mentions, names, rules)
    return JudgedColumn(column, held, tried, partial, names, tuple(candidates), mentions, free_text)


def conclude(
    judged: Sequence[JudgedColumn], rules: RuleSet, *, sampled: bool
) -> tuple[tuple[ColumnScan, ...], tuple[Reason, ...]]:
    """Verdicts on all columns of a table, and what must be said about them."""
    sure = {
        one.column.name: one.candidates[0].entity_type
        for one in judged
        if one.candidates and one.candidates[0].score >= _SURE_SCORE and one.candidates[0].entity_type in _PERSONAL
    }
    scans: list[ColumnScan] = []
    reasons: list[Reason] = []
    for one in judged:
        neighbours = sorted({kind for name, kind in sure.items() if name != one.column.name})
        scan = _scan_of(one, rules, neighbours, sampled=sampled)
        scans.append(scan)
        reasons.extend(_reasons(one, scan))
    return tuple(scans), tuple(reasons)


# ---- text and mentions ------------------------------------------------------------------------------------------


def _is_free_text(partial: ColumnPartial, candidates: Sequence[Candidate], names: NameEvidence) -> bool:
    if (
        not partial.cells
        or _is_json(partial)
        or (candidates and candidates[0].score >= 0.7 and candidates[0].matched >= 0.5 * partial.cells)
        or any(_is_what_it_says(candidate, partial, names) for candidate in candidates[:2])
    ):
        return False
    if names.remarks >= 0.8 and partial.text.rows + partial.text.latin_rows:
        return True
    return partial.shapes.get("wordy", 0) >= 0.2 * partial.cells


def _is_what_it_says(candidate: Candidate, partial: ColumnPartial, names: NameEvidence) -> bool:
    """Whether the column is called what a good part of its cells look like: then its other cells are no text either."""
    if names.remarks >= 0.8 or candidate.entity_type not in _STRUCTURED or names.score(candidate.entity_type) < 0.8:
        return False
    return candidate.score >= 0.6 and candidate.matched >= 0.2 * partial.cells


def _fewest_persons(partial: ColumnPartial, names: NameEvidence) -> float:
    """The share of texts that must name somebody before the column is one of persons.

    A model that reads a hundred thousand texts is wrong in a few. English titles and names of goods look like persons more often than Chinese
    ones, so that short ones and few different ones have to say it more often; what is found in fewer is told beside the verdict.
    """
    text = partial.text
    if 2 * text.latin_rows <= text.rows or names.remarks >= 0.8:
        return 0.002
    if names.counter >= 0.8 or partial.distinct.estimate <= 20 < partial.cells:
        return 0.5
    return 0.01 if partial.length_sum >= _SENTENCE * partial.cells else 0.25


def _is_json(partial: ColumnPartial) -> bool:
    return partial.shapes.get("json", 0) >= 0.5 * partial.cells > 0


def _in_members(partial: ColumnPartial, rules: RuleSet) -> dict[str, int]:
    """Types in cells of JSON: each key is judged like the name of a column, with the values under it. Rows per type."""
    found: dict[str, int] = {}
    for key, member in partial.members.items():
        column = ColumnInput(key, "", pa.string())
        one = judge_column(column, Held.TEXT, (), member, read_names(key, "", rules), rules)
        best = [c for c in one.candidates[:1] if c.score >= POSSIBLE_SCORE and rules.role_of(c.entity_type) != "none"]
        for seen, rows in [
            *((c.entity_type, c.matched) for c in best),
            *((m.entity_type, m.rows) for m in one.mentions),
        ]:
            found[seen] = max(found.get(seen, 0), min(rows, partial.cells))
    return found


def _mentions(
    partial: ColumnPartial, candidates: Sequence[Candidate], rules: RuleSet, in_members: Mapping[str, int]
) -> tuple[TypeCount, ...]:
    """Types that some rows certainly hold, whatever the column is."""
    found = dict(in_members)
    by_type = {candidate.entity_type: candidate for candidate in candidates}
    numeric = partial.numbers.rows >= 0.5 * partial.cells
    for entity_type, stats in partial.types.items():
        if entity_type not in rules.running or not stats.rows:
            continue
        candidate = by_type.get(entity_type)
        if candidate is not None and candidate.score >= POSSIBLE_SCORE:
            credible = True
        elif rules.entities[entity_type].family is Family.CHECKSUM:
            credible = _passes(rules.entities[entity_type], stats, candidate, numeric=numeric)
        else:
            running = candidate is not None and not _BY_LUCK.isdisjoint(candidate.notes)
            credible = not (numeric or running)
            if entity_type in _RARELY_WRITTEN_SO:
                credible = credible and partial.shapes.get("wordy", 0) > 0
        if credible:
            found[entity_type] = max(stats.rows, found.get(entity_type, 0))
    persons = partial.shapes.get("person_in_text", 0)
    if persons:
        found["PERSON"] = max(persons, found.get("PERSON", 0))
    organisations = partial.shapes.get("organisation_in_text", 0)
    wordy = partial.shapes.get("wordy", 0) >= 0.2 * partial.cells
    if organisations and wordy and "ORGANIZATION" in rules.running:
        found["ORGANIZATION"] = max(organisations, found.get("ORGANIZATION", 0))
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(TypeCount(entity_type, rows) for entity_type, rows in ordered)


def _passes(rule: EntityRule, stats: TypeStats, candidate: Candidate | None, *, numeric: bool) -> bool:
    """Whether the checksum makes the few values of a type credible: more pass than luck allows, or most do and the form tells."""
    if candidate is not None and candidate.proven:
        return True
    most = stats.valid_rows >= 0.5 * stats.checked_rows > 0
    tells = rule.unproven >= _TELLING_FORM or rule.by_luck <= _TELLING_LUCK
    return most and tells and not numeric


def _in_text(
    partial: ColumnPartial, candidates: Sequence[Candidate], mentions: Sequence[TypeCount], fewest_persons: float
) -> list[Candidate]:
    """The candidates of a free-text column: who or what is mentioned, gravest first, by how often."""
    scored = {candidate.entity_type: candidate for candidate in candidates}
    rank = {entity_type: position for position, entity_type in enumerate(_GRAVEST)}
    in_text: list[Candidate] = []
    for mention in sorted(mentions, key=lambda mention: rank.get(mention.entity_type, len(rank))):
        if mention.entity_type == "ORGANIZATION":
            continue  # a text that names an organisation is not about one; how many rows do is told beside the verdict
        share = mention.rows / partial.cells
        score = _MENTIONED + 0.5 * min(1.0, math.sqrt(share / 0.05))
        if mention.entity_type == "PERSON" and share < fewest_persons:
            score = 0.3  # neighbours do not help either
        before = scored.pop(mention.entity_type, None)
        if before is None:
            before = Candidate(mention.entity_type, 0.0, mention.rows)
        in_text.append(replace(before, score=max(score, before.score), matched=mention.rows))
    found = [candidate for candidate in in_text if candidate.score >= POSSIBLE_SCORE]
    rest = sorted([*scored.values(), *(c for c in in_text if c not in found)], key=lambda candidate: -candidate.score)
    return [*found, *rest]


def _with_mentioned(
    partial: ColumnPartial,
    candidates: list[Candidate],
    mentions: Sequence[TypeCount],
    names: NameEvidence,
    rules: RuleSet,
) -> list[Candidate]:
    """A column of something else in which some cells certainly hold a direct identifier is possibly of that type."""
    rank = {entity_type: position for position, entity_type in enumerate(_GRAVEST)}
    # Outside free text the model reads goods and places as persons now and then: not where the column is a category.
    no_person = names.counter >= 0.8 or partial.distinct.estimate <= 20
    direct = [
        mention
        for mention in mentions
        if (rules.role_of(mention.entity_type) is FieldRole.DIRECT or _is_json(partial))
        and mention.rows >= (0.05 if mention.entity_type == "PERSON" else 0.002) * partial.cells
        and not (mention.entity_type == "PERSON" and no_person)
    ]
    if not direct:
        return candidates
    gravest = min(direct, key=lambda mention: rank.get(mention.entity_type, len(rank)))
    by_type = {candidate.entity_type: candidate for candidate in candidates}
    before = by_type.pop(gravest.entity_type, None) or Candidate(gravest.entity_type, 0.0, gravest.rows)
    share = gravest.rows / partial.cells
    raised = replace(
        before,
        score=max(_MENTIONED + 0.5 * share, before.score),
        matched=gravest.rows,
        notes=(*before.notes, "in_some_cells"),
    )
    return [raised, *by_type.values()]


# ---- putting it together ----------------------------------------------------------------------------------------


def _scan_of(one: JudgedColumn, rules: RuleSet, neighbours: Sequence[str], *, sampled: bool) -> ColumnScan:
    partial = one.partial
    best = one.candidates[0] if one.candidates else None
    if best and neighbours and best.entity_type in _HELPED_BY_NEIGHBOURS and best.score < POSSIBLE_SCORE:
        best = replace(best, score=best.score + _NEIGHBOUR_BONUS if best.score >= 0.35 else best.score)
    chosen = best if best and best.score >= POSSIBLE_SCORE else None
    score = round(best.score, 4) if best else 0.0
    others = [m for m in one.mentions if chosen is None or m.entity_type != chosen.entity_type]
    listed = {m.entity_type for m in others}
    others += [
        TypeCount(c.entity_type, c.matched)
        for c in one.candidates[1:]
        if c.score >= POSSIBLE_SCORE and c.matched and c.entity_type not in listed
    ]
    return ColumnScan(
        name=one.column.name,
        entity_type=chosen.entity_type if chosen else None,
        role=rules.role_of(chosen.entity_type) if chosen else FieldRole.NONE,
        likelihood=Likelihood.of(score),
        score=score,
        counts=_counts(partial, chosen),
        other_types=tuple(others),
        evidence=_evidence(one, best, chosen, neighbours, sampled=sampled),
        checksum_proven=chosen is not None and chosen.proven,
    )


def _counts(partial: ColumnPartial, chosen: Candidate | None) -> dict[str, int]:
    counts = {
        "rows": partial.rows,
        "nulls": partial.nulls,
        "blanks": partial.blanks,
        "cells": partial.cells,
        "distinct": partial.distinct.estimate,
        "matched": min(chosen.matched, partial.cells) if chosen else 0,
        "checksum_checked": chosen.checked if chosen else 0,
        "checksum_valid": chosen.valid if chosen else 0,
    }
    if partial.text.rows:
        counts |= {
            "text_rows": partial.text.rows,
            "text_read": partial.text.read_rows,
            "text_unread": partial.text.unread_rows,
            "text_persons": partial.text.person_rows,
        }
    return counts


def _evidence(
    one: JudgedColumn, best: Candidate | None, chosen: Candidate | None, neighbours: Sequence[str], *, sampled: bool
) -> dict[str, object]:
    partial = one.partial
    cells = partial.cells
    notes: list[str] = list(best.notes) if best and best.score >= _WORTH_SAYING else []
    evidence: dict[str, object] = {"held": one.held.value, "tried": list(one.tried), "free_text": one.free_text}
    if best:
        stats = partial.types.get(best.entity_type)
        shaped = stats.shaped_rows if stats else best.matched
        evidence |= {
            "best_type": best.entity_type,
            "match_rate": _rate(best.matched, cells),
            "shape_rate": _rate(max(shaped, 0 if one.free_text else min(best.matched, cells)), cells),
            "checksum_rate": None if best.checksum_rate is None else round(best.checksum_rate, 4),
            "checksum_lift": None if best.lift is None else round(best.lift, 2),
            "name_match": round(one.names.name.get(best.entity_type, 0.0), 2),
            "comment_match": round(one.names.comment.get(best.entity_type, 0.0), 2),
        }
        if word := one.names.words.get(best.entity_type):
            evidence["name_word"] = word
    else:
        named = one.names.name or one.names.comment
        if named:
            evidence["named_like"] = max(named, key=lambda key: named[key])
    if one.names.counter:
        evidence["counter_name"] = round(one.names.counter, 2)
    evidence["distinct_rate"] = _rate(partial.distinct.estimate, cells)
    evidence |= _look(partial, one.held)
    evidence["examples"] = _shown(_examples(partial, chosen.entity_type)) if chosen else []
    if neighbours:
        evidence["neighbours"] = list(neighbours)
    if not cells:
        notes.append("no_values")
    if sampled:
        notes.append("sampled")
    if partial.lost_rows and "digits_lost" not in notes:
        notes.append("digits_lost")
    if one.held in (Held.TRUTH, Held.MEASURE, Held.DATE):
        notes.append(f"only_{one.held.value}_types_tried")
    evidence["notes"] = notes
    return evidence


def _look(partial: ColumnPartial, held: Held) -> dict[str, object]:
    """What the cells are written in, the commonest forms first, and how long they are: without the seldom, which comes and goes."""
    rows = dict(partial.forms.rows_by_form())
    if uncounted := partial.cells - sum(rows.values()):
        form = _HELD_SO.get(held, Form.FIGURES)
        rows[form] = rows.get(form, 0) + uncounted
    shares = {str(form): round(_rate(number, partial.cells), 2) for form, number in rows.items()}
    common = {form: share for form, share in shares.items() if share >= _SELDOM}
    look: dict[str, object] = {"form": dict(sorted(common.items(), key=lambda item: (-item[1], item[0])))}
    if (lengths := partial.forms.middle_lengths()) is not None:
        look["length"] = list(lengths)
    return look


def _rate(rows: int, cells: int) -> float:
    return round(min(1.0, rows / cells), 4) if cells else 0.0


def _shown(examples: Examples) -> list[str]:
    return list(dict.fromkeys(masked for _, masked in examples if masked))[:_SHOWN]


def _examples(partial: ColumnPartial, entity_type: str) -> Examples:
    key = {"PERSON": "person", "ORGANIZATION": "organisation", "EMPLOYER": "organisation"}.get(entity_type)
    key = key or {"CN_ADDRESS": "address", "REGION": "region", "DIAGNOSIS": "diagnosis"}.get(entity_type, "")
    stats = partial.types.get(entity_type)
    if partial.shape_examples.get(key):
        return partial.shape_examples[key]
    hidden = partial.shape_examples.get(PREFIX + entity_type) or partial.shape_examples.get(PREFIX + SOME)
    if hidden and not (stats and stats.examples):
        return hidden
    if stats and stats.examples:
        return stats.examples
    return partial.text.examples if entity_type == "PERSON" else ()


def _reasons(one: JudgedColumn, scan: ColumnScan) -> list[Reason]:
    text = one.partial.text
    unread = text.unread_rows + (0 if scan.entity_type in _STRUCTURED else text.skipped_rows)
    reasons: list[Reason] = []
    if unread:
        reasons.append(Reason("text_unread", scan.name, {"rows": unread}))
    if one.partial.lost_rows:
        reasons.append(Reason("digits_lost", scan.name, {"rows": one.partial.lost_rows}))
    if one.partial.damaged_rows:
        reasons.append(Reason("cells_damaged", scan.name, {"rows": one.partial.damaged_rows}))
    if one.partial.failures:
        params = {"rows": sum(one.partial.failures.values()), "error": ", ".join(one.partial.failures)}
        reasons.append(Reason("column_failed", scan.name, params))
    if one.partial.binary_rows:
        reasons.append(Reason("binary_unread", scan.name, {"rows": one.partial.binary_rows}))
    return reasons
