"""What a column's name and comment say about its content.

Lives here: cutting a name into tokens (Chinese, pinyin initials such as sfzh or lxdh, English) and scoring it per entity type.
The head of a name decides: 手机号归属地 is a place and not a telephone, 联系人电话 a telephone and not a person. Both Chinese
and English put the head last. A name never proves a type; `privacy.detection.verdict` joins it with the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from privacy.detection.folding import fold
from privacy.detection.rules import NameLexicon, RuleSet

HEAD: Final = 1.0  # the name ends with the word
INSIDE: Final = 0.4  # the word stands further in: the name is about it, but may be something else
WEAK: Final = 0.5  # factor for words that only hint
COMMENT: Final = 0.9  # factor for a comment
COUNTER: Final = "counter"
REMARKS: Final = "remarks"

_NOT_WORD: Final = re.compile(r"[^a-z0-9\u3400-\u9fff]+")
_TOKEN: Final = re.compile(r"[a-z]+|[0-9]+|[\u3400-\u9fff]+")
_BRACKET: Final = re.compile(r"[(\[{【〔<]([^()\[\]{}]{1,20})[)\]}】〕>]?\s*\Z")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_COMMENT_HEAD: Final = re.compile(r"[^\s,;:。.(【\[<>/、|]+")  # of folded text: full-width marks are ASCII by then
# Words that may follow the head without changing what it is.
_ZH_TAIL: Final = re.compile(r"(?:号码|编号|代码|编码|名称|信息|号|值|码|名|[0-9一二三])*$")
_EN_TAIL: Final = frozenset(
    {
        "no",
        "num",
        "number",
        "code",
        "id",
        "text",
        "value",
        "val",
        "str",
        "cd",
        "dm",
        "mc",
        "hm",
        "desc",
        "name",
        "line",
        "deg",
    }
)
_PINYIN_SUFFIX_LENGTH: Final = 4  # shorter initials are only matched as whole tokens


@dataclass(frozen=True, slots=True)
class NameEvidence:
    """Per entity type: how far the name and the comment say it (0–1).

    `counter`: how far they say that it is something else; `remarks`: that people write into it what they like. `words`: by which word
    of the rule they say it, the name's before the comment's.
    """

    name: Mapping[str, float]
    comment: Mapping[str, float]
    counter: float
    remarks: float
    words: Mapping[str, str] = field(default_factory=dict)

    def score(self, entity_type: str) -> float:
        """The stronger of name and comment."""
        return max(self.name.get(entity_type, 0.0), COMMENT * self.comment.get(entity_type, 0.0))

    def says_other(self, entity_type: str) -> float:
        """How far the name says that it is of another type; 0 where it says this one at all."""
        return 0.0 if self.score(entity_type) else max(self.name.values(), default=0.0)

    def against(self, entity_type: str) -> float:
        """How far they say that it is something else than this type, where they do not say more that it is."""
        return self.counter if self.score(entity_type) < self.counter else 0.0


def read_names(name: str, comment: str, rules: RuleSet) -> NameEvidence:
    """What `name` and `comment` say under `rules`."""
    by_name, words = _scores_of_name(name, rules)
    head = _COMMENT_HEAD.search(fold(comment))
    by_comment, of_comment = _scores(head.group(), rules) if head else ({}, {})
    if not by_comment or set(by_comment) <= {COUNTER, REMARKS}:
        scores, of_rest = _scores(comment, rules)
        rest = {key: value * WEAK for key, value in scores.items() if key not in (COUNTER, REMARKS)}
        by_comment, of_comment = {**rest, **by_comment}, {**of_rest, **of_comment}
    counter = max(by_name.pop(COUNTER, 0.0), COMMENT * by_comment.pop(COUNTER, 0.0))
    remarks = max(by_name.pop(REMARKS, 0.0), COMMENT * by_comment.pop(REMARKS, 0.0))
    return NameEvidence(by_name, by_comment, counter, remarks, {**of_comment, **words})


def _scores_of_name(name: str, rules: RuleSet) -> tuple[dict[str, float], dict[str, str]]:
    """What a name says. The head stands before a bracket at its end: 月薪(元).

    What is in the bracket counts where the rest says nothing: 编号(身份证).
    """
    folded = fold(name)
    bracket = _BRACKET.search(folded)
    if bracket is None or not _NOT_WORD.sub("", folded[: bracket.start()].lower()):
        return _scores(name, rules)
    found, words = _scores(folded[: bracket.start()], rules)
    if max((score for kind, score in found.items() if kind not in (COUNTER, REMARKS)), default=0.0) < HEAD:
        inside, of_inside = _scores(bracket.group(1), rules)
        told = {kind: COMMENT * score for kind, score in inside.items() if kind not in (COUNTER, REMARKS)}
        found = {kind: max(found.get(kind, 0.0), told.get(kind, 0.0)) for kind in {**found, **told}}
        words = of_inside | words
    return found, words


def _scores(text: str, rules: RuleSet) -> tuple[dict[str, float], dict[str, str]]:
    """How far a text says each type, and by which word."""
    cut = _CAMEL.sub(" ", fold(text))
    tokens = _TOKEN.findall(cut.lower())
    if not tokens:
        return {}, {}
    compact = _NOT_WORD.sub("", cut.lower())  # Latin letters stay: IP地址 is not an 地址
    found: dict[str, tuple[float, int, str]] = {}  # type → score, and the word that said it after its length
    lexicons: dict[str, NameLexicon] = {COUNTER: rules.counter, REMARKS: rules.remarks}
    lexicons.update({rule.entity_type: rule.names for rule in rules.entities.values()})
    latin = tuple(token for token in tokens if token.isascii())
    # In QQ群类型 the Chinese is the head, in QQ号 it is not.
    after = "".join(tokens[len(tokens) - _chinese_at_end(tokens) :])
    head = _ZH_TAIL.fullmatch(after) is not None
    for entity_type, lexicon in lexicons.items():
        of_latin = ((score if head else min(score, INSIDE), word) for score, word in _latin_matches(latin, lexicon))
        matches = [*_chinese_matches(compact, lexicon), *of_latin]
        if matches:
            found[entity_type] = max((score, len(word), word) for score, word in matches)
    return _longest_head_wins(found), {entity_type: word for entity_type, (_, _, word) in found.items()}


def _chinese_at_end(tokens: list[str]) -> int:
    """How many tokens at the end are Chinese."""
    last = next((at for at, token in enumerate(reversed(tokens)) if token.isascii() and token.isalpha()), len(tokens))
    return last if last < len(tokens) else 0


def _longest_head_wins(found: Mapping[str, tuple[float, int, str]]) -> dict[str, float]:
    """Among words that end the name, the longest is the head; shorter ones inside it (名称 in 企业名称) say little."""
    heads = [length for score, length, _ in found.values() if score >= HEAD * WEAK]
    longest = max(heads, default=0)
    return {
        key: score if length >= longest or score < HEAD * WEAK else min(score, INSIDE)
        for key, (score, length, _) in found.items()
    }


def _chinese_matches(compact: str, lexicon: NameLexicon) -> Iterator[tuple[float, str]]:
    if compact.isascii():
        return
    for words, factor in ((lexicon.zh, 1.0), (lexicon.weak, WEAK)):
        for word in words:
            position = compact.rfind(word)
            if position < 0 or word.isascii():
                continue
            at_end = _ZH_TAIL.fullmatch(compact, position + len(word)) is not None
            yield (HEAD if at_end else INSIDE) * factor, word


def _latin_matches(tokens: tuple[str, ...], lexicon: NameLexicon) -> Iterator[tuple[float, str]]:
    if not tokens:
        return
    while len(tokens) > 1 and tokens[-1].isdigit():
        tokens = tokens[:-1]
    for words, factor in (((*lexicon.pinyin, *lexicon.en), 1.0), (lexicon.weak, WEAK)):
        for word in words:
            if not word.isascii():
                continue
            end = _position_of(_words(word), tokens) or _position_of((word.replace(" ", ""),), tokens)
            if end:
                rest = tokens[end:]
                at_end = all(token in _EN_TAIL or token.isdigit() for token in rest)
                yield (HEAD if at_end else INSIDE) * factor, word
    for word in lexicon.pinyin:
        # 申请人身份证号 is often written sqrsfzh: initials run together, the head still last.
        if len(word) >= _PINYIN_SUFFIX_LENGTH and tokens[-1] != word and tokens[-1].endswith(word):
            yield HEAD * 0.9, word


@lru_cache(maxsize=4096)
def _words(phrase: str) -> tuple[str, ...]:
    return tuple(phrase.split())


def _position_of(words: tuple[str, ...], tokens: tuple[str, ...]) -> int:
    """The index after the last place where `words` stand together in `tokens`; 0 when they do not."""
    size = len(words)
    for start in range(len(tokens) - size, -1, -1):
        if tokens[start : start + size] == words:
            return start + size
    return 0
