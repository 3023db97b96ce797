"""Redaction: in free text, what the scanner finds of a person is replaced; the rest stays as it was written.

Lives here: the operator. What is found is the scanner's to say: the recognizers of the rule pack, and the readers of names in Chinese and
English text, the same ones that a scan runs.

A text that could not be read whole is malformed and never passes through: one longer than `LONGEST_TEXT`, one over which a reader fails,
and one in which something stands even after it was replaced. Nor does a short text of a column that is confirmed to hold such an
identifier, where nothing was found: there it is the value itself, in a spelling that the reader does not know. What no recognizer and no
reader knows stays: a nickname, a way of writing that is no name's, what several remarks say together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from privacy.detection.cells import Cells
from privacy.detection.folding import SEPARATOR, fold_with_offsets
from privacy.detection.matching import matcher_of
from privacy.detection.mentions import PERSON
from privacy.detection.model import FieldRole
from privacy.detection.reading import read_mentions
from privacy.detection.rules import load_rules
from privacy.detection.scan import default_recognizers
from privacy.masking.columns import Values, as_text, decoded, is_textual, valid_rows
from privacy.masking.keys import KeyRing
from privacy.masking.operators import ColumnOperator, KeyedForm, Masked
from privacy.masking.parameters import ParameterReader
from privacy.masking.tokens import malformed_token_cmac, malformed_tokens, token_operator

LONGEST_TEXT = 20_000
"""Characters of a text that is read; a longer one is malformed."""

SHORT_TEXT = 16
"""A text with fewer characters, in a column confirmed to hold an identifier that is looked for, is taken for the value itself."""

MASK = "****"
REST = "…"


class Style(StrEnum):
    """What stands in the place of what was found: the parameter `style`."""

    LABEL = "label"
    MASK = "mask"
    TOKEN = "token"  # noqa: S105  # a style's code, not a password


class Language(StrEnum):
    """The language of labels: the parameter `language`."""

    ZH = "zh"
    EN = "en"


class Found(NamedTuple):
    """Something in a text, from one character to another."""

    start: int
    end: int
    entity_type: str


def redactable_types() -> tuple[str, ...]:
    """The types that can be looked for in text: those that a recognizer of the rule pack looks for, and persons."""
    return tuple(sorted({recognizer.entity for recognizer in default_recognizers()} | {PERSON}))


def usual_types() -> tuple[str, ...]:
    """The direct identifiers among them: what is looked for unless a rule says otherwise."""
    running = load_rules().running
    return tuple(code for code in redactable_types() if code in running and running[code].role is FieldRole.DIRECT)


def looked_for(parameters: Mapping[str, object]) -> tuple[str, ...]:
    """The types that a rule with these parameters replaces."""
    return tuple(sorted(set(_codes(parameters.get("types"))))) or usual_types()


def _codes(types: object) -> list[str]:
    return [code for code in re.split(r"[\s,，、]+", types) if code] if isinstance(types, str) else []


def read_redact(reader: ParameterReader, entity_type: str | None) -> ColumnOperator | KeyedForm:
    """The redaction of a rule: `style`, `language`, `types`."""
    style = reader.choice("style", Style, default=Style.LABEL) or Style.LABEL
    language = reader.choice("language", Language, default=Language.ZH) or Language.ZH
    stated = _codes(reader.text("types"))
    known = redactable_types()
    if unknown := [code for code in stated if code not in known]:
        raise reader.invalid("types", f"without {unknown[0]}; some of: {', '.join(known)}")
    types = looked_for(reader.parameters)
    if entity_type and entity_type not in types and _identifies(entity_type):
        # Everything in such a column identifies somebody, and none of it would be found.
        raise reader.invalid(
            "types", f"with {entity_type}, which the column holds; it is found in text for: {', '.join(known)}"
        )
    redact = Redact(style=style, language=language, types=types)
    redact = replace(redact, whole=entity_type in redact.types)
    return TokenRedaction(redact) if style is Style.TOKEN else redact


def _identifies(entity_type: str) -> bool:
    """Whether a type is a direct identifier, or one of a bureau's own, of which nothing is known here."""
    rule = load_rules().entities.get(entity_type)
    return rule is None or rule.role is FieldRole.DIRECT


@dataclass(frozen=True, slots=True)
class Redact:
    """Replaces what is found of `types`. `whole`: the column itself is of one of them. `keys` are for the style of tokens.

    `outline`: the text around is not shown, for people who may not read it.
    """

    style: Style
    language: Language
    types: tuple[str, ...]
    whole: bool = False
    keys: KeyRing | None = field(default=None, repr=False)
    outline: bool = False

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return pa.string() if is_textual(source) else None

    def apply(self, values: Values) -> Masked:
        text = as_text(decoded(values)).dictionary_encode()
        written, invalid, counts = self._written([str(each) for each in text.dictionary.to_pylist()])
        rows = np.flatnonzero(valid_rows(text))
        codes = text.indices.to_numpy(zero_copy_only=False)[rows].astype(np.int64)
        flags = np.zeros(len(values), dtype=np.bool_)
        flags[rows] = invalid[codes]
        found: Counter[str] = Counter()
        for code, times in enumerate(np.bincount(codes, minlength=len(counts)).tolist()):
            for entity_type, number in counts[code].items():
                found[entity_type] += number * times
        return Masked(values=pa.array(written, type=pa.string()).take(text.indices), invalid=flags, found=dict(found))

    def _written(
        self, texts: Sequence[str]
    ) -> tuple[list[str | None], np.ndarray[tuple[int], np.dtype[np.bool_]], list[Counter[str]]]:
        """Each distinct text redacted (None: blank or malformed), whether it is malformed, and how many of each type were replaced."""
        invalid = np.array([len(text) > LONGEST_TEXT for text in texts], dtype=np.bool_)
        read = [at for at, text in enumerate(texts) if text.strip() and not invalid[at]]
        founds: list[list[Found]] = [[] for _ in texts]
        for at, found in zip(read, find_in_texts([texts[at] for at in read], self.types), strict=True):
            if found is None or (self.whole and not found and len(texts[at].strip()) < SHORT_TEXT):
                invalid[at] = True
            else:
                founds[at] = found
        sound = [at for at in read if not invalid[at]]
        # Whatever is put in the place: what stands beside it must not become an identifier, nor must one have been missed.
        bare = [_put(texts[at], founds[at], [_bracketed("", self.language)] * len(founds[at])) for at in sound]
        for at, left in zip(sound, _patterns_in(bare, self.types), strict=True):
            invalid[at] = bool(left)
        marks = self._marks(texts, founds)
        written = [
            _put(text, founds[at], marks[at], rest=REST if self.outline else None)
            if text.strip() and not invalid[at]
            else None
            for at, text in enumerate(texts)
        ]
        counts = [
            Counter(f.entity_type for f in founds[at]) if not invalid[at] else Counter() for at in range(len(texts))
        ]
        return written, invalid, counts

    def _marks(self, texts: Sequence[str], founds: Sequence[Sequence[Found]]) -> list[list[str]]:
        """What is put in the place of each find."""
        if self.style is Style.MASK:
            return [[MASK] * len(found) for found in founds]
        tokens = self._tokens(texts, founds) if self.style is Style.TOKEN else {}
        return [
            [
                _bracketed(
                    self._label(each.entity_type)
                    + tokens.get((each.entity_type, texts[at][each.start : each.end]), ""),
                    self.language,
                )
                for each in found
            ]
            for at, found in enumerate(founds)
        ]

    def _label(self, entity_type: str) -> str:
        if self.language is Language.EN:
            return entity_type
        return load_rules().entities[entity_type].label_zh

    def _tokens(self, texts: Sequence[str], founds: Sequence[Sequence[Found]]) -> dict[tuple[str, str], str]:
        """`:` and the token of every value that was found: all spellings of one value give one, as in a column of their own."""
        if self.keys is None:
            raise ValueError("tokens need a key")
        by_type: dict[str, dict[str, None]] = {}
        for at, found in enumerate(founds):
            for each in found:
                by_type.setdefault(each.entity_type, {})[texts[at][each.start : each.end]] = None
        tokens = {}
        for entity_type, values in by_type.items():
            column = pa.array(list(values), type=pa.string())
            masked = token_operator(self.keys, entity_type).apply(column)
            other = malformed_tokens(column, malformed_token_cmac(self.keys, entity_type))
            for value, token, malformed in zip(values, masked.values.to_pylist(), other.to_pylist(), strict=True):
                tokens[entity_type, value] = f":{token or malformed}"
        return tokens


@dataclass(frozen=True, slots=True)
class TokenRedaction:
    """A redaction by tokens, before it has its key."""

    redact: Redact

    def output_type(self, source: pa.DataType) -> pa.DataType | None:
        return self.redact.output_type(source)

    def with_key(self, keys: KeyRing, entity_type: str | None) -> ColumnOperator:
        return replace(self.redact, keys=keys)


def find_in_texts(texts: Sequence[str], types: Sequence[str]) -> list[list[Found] | None]:
    """What each text says of these types, in its order and without overlaps; None for a text that a reader failed on."""
    found: list[list[Found] | None] = list(_patterns_in(texts, types))
    if PERSON in types:
        folded = [fold_with_offsets(text) for text in texts]
        for at, mentions in enumerate(_read([text for text, _ in folded])):
            standing = found[at]
            if mentions is None or standing is None:
                found[at] = None
                continue
            place = folded[at][1]
            for start, end in mentions:
                standing.append(Found(start, end, PERSON) if place is None else Found(place[start], place[end], PERSON))
    return [None if each is None else _without_overlaps(each) for each in found]


def _read(texts: Sequence[str]) -> list[list[tuple[int, int]] | None]:
    """The persons of each folded text; a text that breaks a reader costs only itself."""
    try:
        return [[(m.start, m.end) for m in mentions if m.entity_type == PERSON] for mentions in read_mentions(texts)]
    except Exception:
        if len(texts) == 1:
            return [None]
        return [mentions for text in texts for mentions in _read([text])]


def _patterns_in(texts: Sequence[str], types: Sequence[str]) -> list[list[Found]]:
    found: list[list[Found]] = [[] for _ in texts]
    recognizers = tuple(each for each in default_recognizers() if each.entity in types)
    if not recognizers or not texts:
        return found
    folded = [fold_with_offsets(text.replace(SEPARATOR, " ")) for text in texts]
    cells = Cells(pa.array([text for text, _ in folded], type=pa.string()), np.ones(len(texts), dtype=np.int64), 0)
    for recognizer, hits in zip(recognizers, matcher_of(recognizers).match(cells), strict=True):
        if hits is None:
            continue
        standing = np.flatnonzero(hits.judgement.keep)
        spans = zip(hits.cells[standing], hits.starts[standing], hits.ends[standing], strict=True)
        for cell, start, end in ((int(a), int(b), int(c)) for a, b, c in spans):
            place = folded[cell][1]
            found[cell].append(
                Found(start, end, recognizer.entity)
                if place is None
                else Found(place[start], place[end], recognizer.entity)
            )
    return found


def _without_overlaps(found: list[Found]) -> list[Found]:
    """In the order of the text. What overlaps is replaced together, under the type of the longest part: nothing of either is left."""
    merged: list[tuple[Found, int]] = []
    for each in sorted(found):
        if each.end <= each.start:
            continue
        if merged and each.start < merged[-1][0].end:
            before, longest = merged[-1]
            length = each.end - each.start
            kind = each.entity_type if length > longest else before.entity_type
            merged[-1] = (Found(before.start, max(before.end, each.end), kind), max(longest, length))
        else:
            merged.append((each, each.end - each.start))
    return [each for each, _ in merged]


def _put(text: str, found: Sequence[Found], marks: Sequence[str], *, rest: str | None = None) -> str:
    """The text with marks in the place of what was found; `rest` stands for what is between them."""
    pieces: list[str] = []
    at = 0
    for each, mark in zip(found, marks, strict=True):
        pieces += [text[at : each.start], mark]
        at = each.end
    pieces.append(text[at:])
    if rest is not None:
        pieces[::2] = [rest if piece else "" for piece in pieces[::2]]
    return "".join(pieces)


def _bracketed(label: str, language: Language) -> str:
    return f"〈{label}〉" if language is Language.ZH else f"<{label}>"
