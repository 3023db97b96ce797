"""Matching many cells at once: whichever way cells are looked at, the findings are those of each expression in each cell alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.detection import filters, plans, scan, shapes
from privacy.detection.cells import Cells
from privacy.detection.checksums import byte_matrix
from privacy.detection.filters import HYPERSCAN_IS_THERE, Filter
from privacy.detection.folding import fold, fold_array
from privacy.detection.matching import Hits, Matcher, match, matcher_of
from privacy.detection.model import ColumnInput
from privacy.detection.outlines import Outlines, characters_of
from privacy.detection.recognizers import COLUMN_RECOGNIZERS, ColumnRecognizer
from privacy.detection.recognizers.base import Expression as Declared
from privacy.detection.relaxed import relaxed
from privacy.detection.rules import RuleError
from privacy.detection.scan import scan_table
from privacy.detection.syntax import Expression, Unreadable
from privacy.detection.values import Alike, Spans, Values, compact
from privacy.detection.ways import Undecided, Way, ways_of
from tests.detection.people import People
from tests.detection.test_recognizers import FOUND, NOT_FOUND
from tests.detection.test_scan import inputs, population

RECOGNIZERS = tuple(kind() for kind in COLUMN_RECOGNIZERS)
Found = tuple[int, str, int, int, bool]  # cell, type, from, to, whether it stands


def values() -> list[str]:
    people = People(5)
    makers = (
        people.resident_id,
        people.old_resident_id,
        people.mobile,
        people.landline,
        people.bank_card,
        people.uscc,
        people.plate,
        people.passport,
        people.email,
        people.address,
        people.company,
        people.remark,
        people.name,
    )
    return [make() for make in makers for _ in range(3)] + [cell for _, cell, *_ in (*FOUND, *NOT_FOUND)]


AWKWARD = "019Xx-. /:@#+_,;\n\t'\"{}()AEIOZaezſK苏京号路中一二㐀鿿·，：①㎡é😀\u200b\u3000\u0301"
PIECES = st.sampled_from(values()) | st.text(alphabet=AWKWARD, min_size=1, max_size=12)
JOINTS = st.sampled_from(("", "", " ", "-", "/", ",", "号", "A", "1", ".", "\n", ": "))
TEXTS = st.builds(lambda pieces, joint: joint.join(pieces), st.lists(PIECES, min_size=1, max_size=4), JOINTS)


@contextmanager
def everything_planned() -> Iterator[None]:
    """Outlines decide even for a single cell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "_ENOUGH_ALIKE", 1)
        yield


@contextmanager
def everything_filtered() -> Iterator[None]:
    """No outline decides, and even a few cells are filtered before they are searched, whatever a sample says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "_ENOUGH_ALIKE", 1 << 30)
        patch.setattr(filters, "_SAMPLE", 0)
        patch.setattr(filters, "_WORTH_BUILDING", 0)
        patch.setattr(filters, "_WORTH_ONE_PASS", 100)
        yield


def cells_of(texts: Sequence[str]) -> Cells:
    folded = [text for text in (fold(text).strip() for text in texts) if text]
    return Cells.from_texts(folded, np.ones(len(folded), dtype=np.int64))


def found_by(matcher: Matcher, cells: Cells) -> set[Found]:
    return {
        (int(cell), recognizer.entity, int(start), int(end), bool(keep))
        for recognizer, hits in zip(matcher.recognizers, matcher.match(cells), strict=True)
        if hits is not None
        for cell, start, end, keep in zip(hits.cells, hits.starts, hits.ends, hits.judgement.keep, strict=True)
    }


def found_alone(recognizers: Sequence[ColumnRecognizer], cells: Cells) -> set[Found]:
    """Each expression in each cell by itself; of the hits of one type those inside another are left out."""
    found = set()
    for recognizer in recognizers:
        for cell, text in enumerate(cells.texts):
            spans = {hit.span() for expression in recognizer.compiled for hit in expression.finditer(text)}
            for start, end in spans:
                inside = any((a, b) != (start, end) and a <= start and end <= b for a, b in spans)
                if not inside and recognizer.stands(recognizer.value_of(text[start:end])):
                    found.add((cell, recognizer.entity, start, end, True))
    return found


MATCHER = Matcher(RECOGNIZERS)
WITHOUT_HYPERSCAN = Matcher(RECOGNIZERS, with_hyperscan=False)


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=12))
def test_plans_filters_and_plain_searching_find_the_same(texts: list[str]) -> None:
    cells = cells_of(texts)
    searched = found_by(MATCHER, cells)
    with everything_planned():
        assert found_by(MATCHER, cells) == searched
    with everything_filtered():
        assert found_by(MATCHER, cells) == searched
        assert found_by(WITHOUT_HYPERSCAN, cells) == searched
    assert {hit for hit in searched if hit[-1]} == found_alone(RECOGNIZERS, cells)


def test_hyperscan_is_there_where_the_tests_run() -> None:
    """The findings are the same without it, which is tested above; but then nothing above would have tested it."""
    assert HYPERSCAN_IS_THERE


@pytest.mark.parametrize("with_hyperscan", [True, False])
def test_a_column_of_values_among_others_is_found_whole(with_hyperscan: bool) -> None:
    people = People(8)
    texts = [people.resident_id() for _ in range(700)] + [people.remark() for _ in range(700)]
    texts += [f"{people.remark()},电话{people.mobile()}" for _ in range(700)] + [people.email() for _ in range(700)]
    cells = cells_of(texts)
    found = found_by(Matcher(RECOGNIZERS, with_hyperscan=with_hyperscan), cells)
    assert {hit for hit in found if hit[-1]} == found_alone(RECOGNIZERS, cells)


# ---- expressions of other kinds -----------------------------------------------------------------------------------

OTHER_EXPRESSIONS = (
    r"^[0-9]{3}$",
    r"\A[ab]+\Z",
    r"\b[0-9]{2,4}\b",
    r"(?i)ab?c*",
    r"(?i:x[a-c])9",
    r"([0-9])\1",
    r"([-/])[0-9]\1",
    r"[^0-9]{2}",
    r"(?<![^a])[0-9]+?",
    r"(?=[0-9]{2})[0-9a]{1,3}",
    r"a(?!.*9)",
    r"\w+@\w+",
    r"[^\W\d]+[0-9]",
    r"(?:ab|a)(?:c|bc)",
    r"(a|b)*[0-9]",
    r"(?<=a)[0-9]{1,2}(?!\.[0-9])",
    r"[\s-]{1,2}[0-9]",
    r"(?>[0-9]+)a",
    r"[0-9]++",
    r"(a)?(?(1)b|[0-9])",
    r"号?[㐀-鿿]{2,3}[0-9]",
    r".{2}9",
    r"\B[0-9]",
)


def recognizer_of(regex: str) -> ColumnRecognizer:
    class Other(ColumnRecognizer):
        entity = "OTHER"
        expressions = (Declared("other", regex, 0.5),)
        compacts = False

        def may_hold(self, features: Any) -> Any:
            return features.length > 0

    return Other()


@pytest.mark.parametrize("regex", OTHER_EXPRESSIONS)
def test_an_expression_of_any_kind_finds_what_it_finds_in_each_cell_alone(regex: str) -> None:
    recognizer = recognizer_of(regex)
    with_hyperscan, without = Matcher([recognizer]), Matcher([recognizer], with_hyperscan=False)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.text(alphabet="019abcxX9-/@.\n 号苏_é", min_size=1, max_size=7), min_size=1, max_size=8))
    def finds_the_same(texts: list[str]) -> None:
        cells = cells_of(texts)
        alone = found_alone([recognizer], cells)
        assert found_by(with_hyperscan, cells) == alone
        with everything_planned():
            assert found_by(with_hyperscan, cells) == alone
        with everything_filtered():
            assert found_by(with_hyperscan, cells) == alone
            assert found_by(without, cells) == alone

    finds_the_same()


def test_every_expression_that_ships_is_read_and_taken_by_both_filters() -> None:
    for recognizer in RECOGNIZERS:
        for compiled in recognizer.compiled:
            sources = {0: relaxed(Expression(compiled))}
            texts = cells_of(["x" * 9] * 3)
            for engine in (filters.Hyperscan(sources), filters.Re2(sources)):
                assert set(engine.matching(texts, {0: np.arange(3)})) == {0}, (recognizer.entity, compiled.pattern)


def test_a_match_at_the_very_end_of_the_joined_cells_is_not_overlooked() -> None:
    engine = filters.Hyperscan({0: r"(?s)(?:^|\x00)[ab]{1,}(?:\x00|$)"})
    for before in range(40):  # seventeen to thirty-four bytes are what Hyperscan stumbles over
        cells = cells_of(["0" * (before + 1), "a"])
        (marks,) = engine.matching(cells, {0: np.arange(2)}).values()
        assert marks.tolist() == [False, True], before


def test_an_expression_that_cannot_be_compiled_is_named() -> None:
    with pytest.raises(RuleError, match=r"OTHER.*other.*unterminated"):
        recognizer_of("[0-9")


def test_what_cannot_be_read_of_an_expression_is_said() -> None:
    with pytest.raises(Unreadable):
        Expression(re.compile(r"(a)?(?(1)b|c)"))


# ---- ways ---------------------------------------------------------------------------------------------------------


def ways(regex: str, cell: str, effort: int = 10_000) -> tuple[Way, ...]:
    outline = Outlines.of(pa.array([cell])).distinct[0].as_py()
    return ways_of(Expression(re.compile(regex)), [kind for kind, _ in characters_of(outline)], effort=effort)


def test_a_way_demands_only_what_the_outline_leaves_open() -> None:
    (way,) = ways("1[0-9]{2}-[0-9X]", "123-4")
    assert (way.start, way.end) == (0, 5)
    assert way.demands == ((0, 0b10),)  # a 1, the second of the digits


def test_the_first_way_that_holds_is_the_preferred_one() -> None:
    spans = [(way.start, way.end) for way in ways("[1-5]{1,2}", "123")]
    assert spans == [(0, 2), (0, 1), (1, 3), (1, 2), (2, 3)]


def test_nothing_is_decided_that_takes_too_long_or_depends_on_more_than_the_outline() -> None:
    for regex, cell, effort in (
        ("(?:[1-3]{1,4}){1,8}[45]", "1" * 30, 500),
        (r"([0-9])\1", "11", 500),
        ("9*", "12", 500),
    ):
        with pytest.raises(Undecided):
            ways(regex, cell, effort)


# ---- buffers ------------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=20) | TEXTS, max_size=8))
def test_a_folded_array_holds_what_each_text_folds_to(texts: list[str]) -> None:
    folded = fold_array(pa.array(texts, type=pa.string()))
    assert folded.to_pylist() == [fold(text.replace("\0", " ")).strip() for text in texts]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40).map(lambda text: text.replace("\0", "0")), min_size=1, max_size=8))
def test_counts_of_characters_are_those_of_the_texts(texts: list[str]) -> None:
    cells = Cells(pa.array(texts, type=pa.string()), np.ones(len(texts), dtype=np.int64), 0)
    f = cells.features
    assert f.length.tolist() == [len(text) for text in texts]
    assert f.digits.tolist() == [len(re.findall("[0-9]", text)) for text in texts]
    assert f.letters.tolist() == [len(re.findall("[A-Za-z]", text)) for text in texts]
    assert f.han.tolist() == [len(re.findall("[\u3400-\u9fff]", text)) for text in texts]
    assert f.spaces.tolist() == [len(re.findall("[ \t\n]", text)) for text in texts]


def test_values_read_alike_as_strings_and_as_bytes() -> None:
    rows = np.array(["12-3x", "45-6y"], dtype="S5").view(np.uint8).reshape(2, 5)
    for compacts, expected in ((True, ["123X", "456Y", "7890", "A"]), (False, ["12-3x", "45-6y", "7-8-90", "a"])):
        parts: list[Alike | Spans] = [Alike(rows, is_ascii=True), Spans("7-8-90,a", np.array([0, 7]), np.array([6, 8]))]
        many = Values(parts, compacts=compacts)
        assert list(many) == expected
        assert many.lengths.tolist() == [len(value) for value in expected]
        assert byte_matrix(many, 7).tolist() == byte_matrix(expected, 7).tolist()
        assert bytes(many.character(-1)).decode() == "".join(value[-1] for value in expected)
        few = many.take(np.array([2, 0]))
        assert (list(few), byte_matrix(few, 3).tolist()) == (
            [expected[2], expected[0]],
            byte_matrix([expected[2], expected[0]], 3).tolist(),
        )
    assert [compact(text) for text in ("12-3x", "+86 138")] == ["123X", "86138"]


def test_values_that_are_not_ascii_have_lengths_all_the_same() -> None:
    texts = "苏E·12345,沪A12345"
    many = Values([Spans(texts, np.array([0, 9]), np.array([8, 16]))], compacts=True)
    assert list(many) == ["苏E12345", "沪A12345"]
    assert many.lengths.tolist() == [7, 7]


def test_equal_cells_count_alike_whether_they_are_put_together_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    table = population(400)
    doubled = pa.concat_tables([table, table])
    together = scan_table(inputs(doubled), doubled.to_batches(), text_budget_seconds=None)
    monkeypatch.setattr("privacy.detection.cells._SAMPLE", 0)
    monkeypatch.setattr("privacy.detection.cells._NEARLY_ALL", -1.0)
    assert scan_table(inputs(doubled), doubled.to_batches(), text_budget_seconds=None) == together


@settings(max_examples=80, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=10))
def test_shapes_are_the_same_without_hyperscan(texts: list[str]) -> None:
    cells = cells_of(texts)
    every = np.ones(len(cells), dtype=np.bool_)
    with everything_filtered():
        found = shapes.find_shapes(cells, every)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "_FILTER", Filter({}))
        without = shapes.find_shapes(cells, every)
    assert {name: marks.tolist() for name, marks in found.items()} == {
        name: marks.tolist() for name, marks in without.items()
    }


def test_a_table_gives_the_same_verdicts_without_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    table = population(1200)
    columns = [*inputs(table), ColumnInput("F5", "", pa.string())]
    batches = table.to_batches()
    with_it = scan_table(columns, batches, text_budget_seconds=0)
    monkeypatch.setattr(shapes, "_FILTER", Filter({}))
    plain = Matcher(scan.default_recognizers(), with_hyperscan=False)
    monkeypatch.setattr(
        "privacy.detection.column.matcher_of",
        lambda chosen: plain if chosen == plain.recognizers else matcher_of(chosen),
    )
    assert scan_table(columns, batches, text_budget_seconds=0) == with_it


def test_one_recognizer_alone_finds_what_it_finds_among_others() -> None:
    cells = cells_of([cell for _, cell, *_ in FOUND])
    for recognizer, among in zip(RECOGNIZERS, MATCHER.match(cells), strict=True):
        alone = match(recognizer, cells)
        assert (alone is None) == (among is None)
        if isinstance(alone, Hits) and isinstance(among, Hits):
            assert sorted(alone.cells.tolist()) == sorted(among.cells.tolist())


def test_a_relaxed_expression_lets_pass_what_the_expression_matches() -> None:
    cells = cells_of([cell for _, cell, *_ in FOUND])
    for recognizer in RECOGNIZERS:
        for compiled in recognizer.compiled:
            passed = pc.match_substring_regex(cells.array, pattern=relaxed(Expression(compiled))).to_pylist()
            for text, let_pass in zip(cells.texts, passed, strict=True):
                assert let_pass or compiled.search(text) is None, (recognizer.entity, text)


def test_addresses_on_a_network_are_judged_together_as_one_by_one() -> None:
    parts = ("0", "9", "10", "31", "32", "99", "100", "199", "249", "255", "256", "300", "00", "01", "007")
    random = People(3).random
    some = [".".join(random.choice(parts) for _ in range(4)) for _ in range(2000)]
    some += ["0.0.0.0", "::", "::1", "2001:db8::1", "12:30:45", "a:b:c:d:e:f:1:2", "fe80::1:2"]
    (recognizer,) = [one for one in RECOGNIZERS if one.entity == "IP_ADDRESS"]
    judgement = recognizer.judge(some)
    assert judgement.keep.tolist() == [recognizer.stands(text) for text in some]
    large = [":" in text or any(int(part) >= 32 for part in text.split(".")) for text in some]
    assert judgement.checked.tolist() == [stands and big for stands, big in zip(judgement.keep, large, strict=True)]
