"""Persons and organisations in Chinese text.

Lives here: which of the words that the LAC model tags stand, told by surnames, by the characters that foreign names are written with and by
the words around, and the names that the model overlooks after a label. Not here: the model (`privacy.detection.lac`), names
as whole cells (`privacy.detection.name_shapes`), which text of a column is read (`privacy.detection.free_text`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from privacy.detection.english_names import LETTER, is_full_name
from privacy.detection.lac import ORGANISATION_TAG, LacTagger, Tagged, pieces_of, shared_tagger, templates_of
from privacy.detection.lexicons import load_lexicon
from privacy.detection.mentions import ORGANIZATION, PERSON, Mention, without_overlaps
from privacy.detection.name_shapes import is_chinese_name, name_lexicon

_HAN: Final = r"\u3400-\u9fff"
_DOT: Final = "·•・‧"
_DOTS: Final = frozenset(_DOT)
# What the model takes for a name before these is a place or the head of a document number: 苏虹中路, 阳澄家园, 苏信决〔2024〕1号.
_NOT_AFTER_A_NAME: Final = re.compile(
    r"[东南西北中]?[路街巷弄桥]|[村镇乡]|家园|公寓|花园|名邸|新村|小区|大厦|广场|[〔\[(【](?:19|20)[0-9]{2}[〕\])】]|字?第[0-9]|字[〔\[(【"
    r"]"
)
_NOT_THE_END_OF_A_NAME: Final = frozenset("路街巷弄村镇乡区县市站店厂局院校号室")
_DOTTED: Final = re.compile(rf"[{_HAN}]{{1,10}}(?:[{_DOT}][{_HAN}]{{1,10}}){{1,3}}")
_BEFORE_A_NAME: Final = re.compile(rf"[{_HAN}]{{1,10}}[{_DOT}]\Z")
_END: Final = r"[^\u3400-\u9fffA-Za-z]|\Z"
_AFTER: Final = "与和及诉称说系因在已将等的,"  # what goes on after the name of somebody
_APPELLATIONS: Final = "先生|女士|小姐|同志|老师|大夫|医生|医师|律师|法官|警官|教授"
_APPELLATION: Final = re.compile("同志|先生|女士")
_COMPOUND: Final = re.compile(
    rf"(?:欧阳|上官|诸葛|皇甫|尉迟|公孙|令狐|慕容|司徒|司马|夏侯|端木|独孤|宇文|轩辕|澹台)[{_HAN}]{{1,2}}"
)
_IN_A_LIST: Final = re.compile(rf"(?<![{_HAN}])[{_HAN}]{{2,4}}(?=[、,和及与]|{_END})")
_LATIN_NAME: Final = re.compile(
    rf"(?<![{LETTER}@._/-])[A-Z][{LETTER}'’-]*\.?(?:,? [A-Z][{LETTER}'’-]*\.?){{1,3}}(?![{LETTER}@_/-])"
)
_NOT_AN_ORGANISATION: Final = re.compile(r"[0-9]+|.?|[本我贵该你您这那各某][一-龥]{0,2}")


_NO_SURNAME_HERE: Final = frozenset("由让请经")  # surnames too, but mostly what comes before one
_NEVER_IN_A_NAME: Final = frozenset(
    "们的了不是在有和与及也都就被把对从到说给让叫请先总姐哥叔婶姨爷奶嫂府办局院厂店处来"
)
_FREQUENT: Final = 2.0  # the weight of a surname that many bear
_IN_MAIL: Final = re.compile(r"[0-9A-Za-z._%+-]*@")
_BEFORE_MAIL: Final = re.compile(r"@[0-9A-Za-z._-]*\Z")
_SHOPS: Final = ("店", "公司", "集团", "超市", "股份", "银行", "厂")


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words of `chinese_text.toml`, ready to use."""

    transcription: frozenset[str]
    japanese: tuple[str, ...]
    eponyms: frozenset[str]
    illness: re.Pattern[str]
    brands: frozenset[str]
    goods: re.Pattern[str]
    role_before: re.Pattern[str]
    labelled: re.Pattern[str]
    behind_a_role: re.Pattern[str]
    before_a_title: re.Pattern[str]
    tibetan: re.Pattern[str]
    seldom: frozenset[str]
    title_after: re.Pattern[str]
    titles: tuple[str, ...]
    not_names: frozenset[str]


@cache
def text_words() -> TextWords:
    """The words that ship."""
    data = tomllib.loads(resources.files(__package__).joinpath("chinese_text.toml").read_text("utf-8"))
    roles = "|".join(sorted(data["roles"].split(), key=len, reverse=True))
    syllables = "|".join(data["tibetan"].split())
    titles = sorted(data["titles"].split(), key=len, reverse=True)
    return TextWords(
        frozenset("".join(data["transcription"].split())),
        tuple(data["japanese"].split()),
        frozenset(data["eponyms"].split()),
        re.compile(data["illness"]),
        frozenset(data["brands"].split()),
        re.compile(data["goods"]),
        re.compile(rf"(?:{roles})[ :是为,]{{0,2}}\Z"),
        re.compile(
            rf"(?:{roles}|[{_HAN}]{{1,4}}[人员者]) ?[:=] ?([{_HAN}]{{2,4}}|[{_HAN}] [{_HAN}])(?={_END}|{'|'.join(titles)})"
        ),
        re.compile(
            rf"(?:{roles}) ?([{_HAN}]{{2,4}}?)(?={_END}|{'|'.join(titles)}|[{_AFTER}]|来电|反映|名下|陈述|认为|主持)"
        ),
        re.compile(rf"(?<![{_HAN}])([{_HAN}]{{2,4}}?)(?={_APPELLATIONS}|[,( ]{{1,2}}[男女](?![{_HAN}]))"),
        re.compile(rf"(?:{syllables}){{2}}"),
        frozenset(data["seldom"]),
        re.compile("|".join(titles)),
        tuple(titles),
        frozenset(data["not_names"].split()),
    )


def find_in_chinese(texts: Sequence[str], tagger: LacTagger | None = None) -> list[list[Mention]]:
    """For each folded text the persons that it names in full, and the organisations."""
    tagger = tagger or shared_tagger()
    owners: list[tuple[int, int]] = []
    pieces: list[str] = []
    for index, text in enumerate(texts):
        for start, piece in pieces_of(text):
            owners.append((index, start))
            pieces.append(piece)
    found: list[list[Mention]] = [[*_told_by_form(text), *_in_latin(text)] for text in texts]
    for (index, offset), tagged in zip(owners, tagger.tag(templates_of(pieces)), strict=True):
        for word in tagged:
            moved = Tagged(word.start + offset, word.end + offset, word.tag, word.next_end + offset)
            mention = (_organisation if word.tag == ORGANISATION_TAG else _person)(texts[index], moved)
            if mention is not None:
                found[index].append(mention)
    return [_together(text, mentions) for text, mentions in zip(texts, found, strict=True)]


def _together(text: str, mentions: list[Mention]) -> list[Mention]:
    """What was found, each place once, with the neighbours in lists of names: of 冷锋、花满楼 the model knows one."""
    kept = without_overlaps([*mentions, *_beside_an_appellation(text, mentions)])
    if "、" not in text or not any(mention.entity_type == PERSON for mention in kept):
        return kept
    ends = {mention.end for mention in kept if mention.entity_type == PERSON}
    starts = {mention.start for mention in kept if mention.entity_type == PERSON}
    items = list(_IN_A_LIST.finditer(text))
    for match in [*items, *reversed(items)]:  # from either end: one known name makes known the next
        beside = (match.start() - 1 in ends and text[match.start() - 1] == "、") or (
            match.end() + 1 in starts and text[match.end()] == "、"
        )
        if beside and _is_a_name(match.group()):
            kept.append(Mention(match.start(), match.end(), PERSON))
            ends.add(match.end())
            starts.add(match.start())
    return without_overlaps(kept)


def _person(text: str, word: Tagged) -> Mention | None:
    """What the model calls a person, where it is a full name and not a place, a brand, an illness or a document."""
    start, end = _extent(text, word)
    name = text[start:end]
    if text[end - 1] in _NOT_THE_END_OF_A_NAME or _NOT_AFTER_A_NAME.match(text, end):
        return None
    if not (is_chinese_name(name) or _is_foreign(name) or _is_unusual(name)):
        return None
    return Mention(start, end, PERSON) if _stands_for_somebody(text, start, end) else None


def _extent(text: str, word: Tagged) -> tuple[int, int]:
    """From where to where the name goes: dotted names whole, titles left out, a compound surname with what follows."""
    start, end = word.start, word.end
    while text[start:end] and text[start] == " ":
        start += 1
    before = _BEFORE_A_NAME.search(text, max(0, start - 11), start)
    transcribed = _transcribed_at_end(before.group()[:-1]) if before is not None else 0
    if transcribed:
        start -= transcribed + 1
    elif text[start - 1 : start] and text[start - 1] in _DOT and start > 1:
        return start, end
    dotted = _DOTTED.match(text, start) if text[end : end + 1] in _DOTS else None
    if dotted is not None and dotted.end() > end:
        end = _end_of_dotted(text, start, dotted.end())
    if text[start] in _NO_SURNAME_HERE and end - start >= 3 and is_chinese_name(text[start + 1 : end]):
        start += 1
    name = text[start:end]
    for title in text_words().titles:
        if name.endswith(title) and len(name) - len(title) >= 2:
            end -= len(title)
            break
    if text[start:end] in name_lexicon().compound and 1 <= word.next_end - end <= 2:
        end = word.next_end
    return start, end


def _end_of_dotted(text: str, start: int, stop: int) -> int:
    """Where a dotted name ends: its last part goes on as long as its characters transcribe."""
    last = max(text.rfind(dot, start, stop) for dot in _DOT) + 1
    end = last
    known = text_words().transcription
    while end < stop and text[end] in known:
        end += 1
    return end if end > last else stop


def _transcribed_at_end(text: str) -> int:
    """How many characters at the end of a text transcribe."""
    known = text_words().transcription
    return next((at for at, char in enumerate(reversed(text)) if char not in known), len(text))


def _in_transcription(text: str) -> bool:
    return all(char in text_words().transcription for char in text)


def _is_foreign(name: str) -> bool:
    """Whether a name is a foreign one in Chinese characters: 克林顿, 约翰·史密斯, 山本一郎."""
    words = text_words()
    plain = name
    for dot in _DOT:
        plain = plain.replace(dot, "")
    if plain != name:
        return _in_transcription(plain) or len(plain) >= 4
    if 2 <= len(name) <= 8 and _in_transcription(name):
        return True
    return (
        3 <= len(name) <= 5 and name.startswith(words.japanese) and all("\u3400" <= char <= "\u9fff" for char in name)
    )


def _is_unusual(name: str) -> bool:
    """Whether a name that the model or the words around call one has a seldom surname, or a frequent one and seldom characters after it."""
    lexicon, given = name_lexicon(), name[1:]
    if not 1 <= len(given) <= 2 or given in lexicon.anonymous or given[0] == "某" or name in text_words().not_names:
        return False
    if not all("\u3400" <= char <= "\u9fff" for char in name) or not _NEVER_IN_A_NAME.isdisjoint(given):
        return False
    if name[0] in text_words().seldom:
        return all(lexicon.given[ord(char)] > 0 for char in given)
    return bool(lexicon.surname[ord(name[0])] >= _FREQUENT)


def _stands_for_somebody(text: str, start: int, end: int) -> bool:
    """Whether the words around let a name be a person's."""
    words = text_words()
    name = text[start:end]
    said = words.role_before.search(text, max(0, start - 9), start) or words.title_after.match(text, end)
    if said:
        return name not in words.not_names
    if words.illness.match(text, end) or name in words.eponyms or name in words.not_names or name in words.brands:
        return False
    return words.goods.match(text, end) is None


def _organisation(text: str, word: Tagged) -> Mention | None:
    name = text[word.start : word.end]
    if "@" in name or ("@" in text and (_IN_MAIL.match(text, word.end) or _BEFORE_MAIL.search(text, 0, word.start))):
        return None
    if text_words().goods.search(name) and name.startswith(tuple(text_words().brands)) and not name.endswith(_SHOPS):
        return None
    if _NOT_AN_ORGANISATION.fullmatch(name) or name in load_lexicon().words or name[-1] in "族人":
        return None
    return Mention(word.start, word.end, ORGANIZATION)


def _beside_an_appellation(text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Names before 同志, 先生 and 女士 that stand after other words and of which the model saw nothing: 同意丰年同志退休."""
    given = name_lexicon().given
    for match in _APPELLATION.finditer(text):
        end = match.start()
        if any(mention.start < end <= mention.end for mention in mentions):
            continue
        for size in (3, 2):
            name = text[max(0, end - size) : end]
            first = name[:1]
            if len(name) < size or first in _NO_SURNAME_HERE or first in "和同与及向对找":
                continue
            if _is_a_name(name) and all(char < "\uffff" and given[ord(char)] > 0 for char in name[1:]):
                yield Mention(end - size, end, PERSON)
                break


def _is_a_name(text: str) -> bool:
    """Whether a word in the place of a name is one, the model aside."""
    words = text_words()
    return (
        (is_chinese_name(text) or (text[0] in words.seldom and _is_unusual(text)))
        and text not in words.not_names
        and text not in words.brands
    )


def _told_by_form(text: str) -> Iterator[Mention]:
    """Names that need no model: after a label (联系人:孙红), behind a role, before 先生 and the like, or with a compound surname."""
    words = text_words()
    if ":" in text or "=" in text:
        for match in words.labelled.finditer(text):
            if _is_a_name(match[1]):
                yield Mention(*match.span(1), PERSON)
    given = name_lexicon().given
    for pattern in (words.behind_a_role, words.before_a_title):
        for match in pattern.finditer(text):
            if _is_a_name(match[1]) and all(given[ord(char)] > 0 for char in match[1][1:]):
                yield Mention(*match.span(1), PERSON)
    for match in words.tibetan.finditer(text):
        yield Mention(*match.span(), PERSON)
    for match in _COMPOUND.finditer(text):
        end = match.end()
        while end - match.start() > 2 and given[ord(text[end - 1])] < 0:
            end -= 1
        if _is_a_name(text[match.start() : end]):
            yield Mention(match.start(), end, PERSON)


def _in_latin(text: str) -> Iterator[Mention]:
    """English names and names in pinyin between Chinese words."""
    if text.isascii():
        return
    for match in _LATIN_NAME.finditer(text):
        words = match.group().replace(",", " ").split()
        if is_full_name(words, comma="," in match.group()):
            yield Mention(match.start(), match.end(), PERSON)
