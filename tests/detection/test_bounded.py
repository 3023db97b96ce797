"""Whether an expression may be run: what is refused and why, and that what is taken runs within a bound on texts made to hurt it."""

from __future__ import annotations

import re
import time

import pytest
import regex as presidio_engine  # type: ignore[import-untyped]
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from privacy.detection import made_up
from privacy.detection.bounded import (
    FLAGS,
    LONGEST_EXPRESSION,
    REASONS,
    UnboundedExpression,
    fewest_digits,
    read_bounded,
    shortest,
)
from privacy.detection.made_up import SlowExpression, require_quick, texts_against
from privacy.detection.recognizers.base import NOT_CODE_AFTER, NOT_CODE_BEFORE, NOT_DECIMAL
from privacy.detection.recognizers.own import CODE
from privacy.detection.syntax import Expression

TAKEN = [
    "SZ[0-9]{10}",
    "SZ[0-9]+",
    r"\d{8}",
    "[A-Z]{2}[0-9]{6,10}",
    "[\u4e00-\u9fff]{1,8}(?:路|街|巷)[0-9]{1,5}号",
    "(?:[a-z0-9]{1,20}\\.){1,8}[a-z]{2,8}",
    '"[^"]+"',
    "[0-9]{4}(?:-[0-9]{4}){3}",
    "(?:A|B|CD)[0-9]{3}",
    "苏E[A-Z0-9]{5}",
    "P-?[0-9]{3}",
    "[0-9]{6,10}?X",
    f"S{NOT_CODE_BEFORE}Z[0-9]{{8}}{NOT_CODE_AFTER}",
    f"[0-9]{{8}}{NOT_DECIMAL}",
    r"(?<![0-9])[0-9]{6}(?![0-9])",
    r"\{[0-9]{3}\}",
    r"[\[{][0-9]{3}[\]}]",
]
REFUSED = [
    ("x" * (LONGEST_EXPRESSION + 1), "too_long"),
    ("[a", "unclosed_set"),
    ("(a", "unclosed_group"),
    ("a)", "unopened_group"),
    ("*a", "nothing_to_repeat"),
    ("a**", "nothing_to_repeat"),
    (r"\q", "bad_escape"),
    ("[z-a]", "bad_range"),
    ("a{3,1}", "bad_range"),
    ("(?<=a+)b", "open_look"),
    ("[[a]]", "ambiguous_set"),
    ("[a--b]", "ambiguous_set"),
    ("(?:ab){e<=1}", "brace"),
    ("a{", "brace"),
    ("(?i)a", "flags"),
    ("(?i:a)b", "flags"),
    ("a++b", "unsupported"),
    ("(?>a)b", "unsupported"),
    ("(a)(?(1)b|c)", "unsupported"),
    (r"(a)\1", "back_reference"),
    (r"(?P<x>a)(?P=x)", "back_reference"),
    (r"\bSZ[0-9]{3}\b", "boundary"),
    ("(?=.*x)a", "look_around"),
    ("(?=a)a", "look_around"),
    ("a(?!.*b)", "look_around"),
    ("(?<![\u4e00-\u9fff])a", "look_around"),
    ("a*", "empty"),
    ("^$", "empty"),
    ("(?:a?){3}", "empty_repeat"),
    ("(?:a?)+", "empty_repeat"),
    ("(a+)+$", "nested"),
    ("(?:[0-9]+-)+", "nested"),
    ("(?:[0-9]+-){1,5}", "nested"),
    ("(?:a|aa)+$", "ambiguous"),
    ("a+a+b", "ambiguous"),
    (".*x", "ambiguous"),
    ("(?:a|b)+[ab]c", "ambiguous"),
    ("[\u4e00-\u9fff]+路", "ambiguous"),
    (".+", "everywhere"),
    ("[\u4e00-\u9fff]+", "everywhere"),
    ("[0-9]{1,500}", "too_often"),
    ("a{201}", "too_often"),
    ("(?:[0-9]{1,200}-){10}", "long_match"),
    ("(?:[0-9A-Z]{1,10}){3}", "ways"),
    ("[0-9]{1,60}[0-9]{1,60}", "ways"),
    ("(?:a|a|a|a){1,12}", "ways"),
]


@pytest.mark.parametrize("source", TAKEN)
def test_an_expression_that_runs_in_linear_time_is_taken(source: str) -> None:
    require_quick(read_bounded(source, guard=CODE))


@pytest.mark.parametrize(("source", "reason"), REFUSED)
def test_an_expression_is_refused_with_the_reason(source: str, reason: str) -> None:
    with pytest.raises(UnboundedExpression) as refused:
        read_bounded(source, guard=CODE)
    assert refused.value.code == f"expression_{reason}"
    assert "%(" not in str(refused.value)


def test_every_reason_is_tested() -> None:
    assert {reason for _, reason in REFUSED} | {"slow", "unreadable"} == set(REASONS)


def test_a_refusal_names_the_place_or_the_part() -> None:
    with pytest.raises(UnboundedExpression, match="character 4"):
        read_bounded("abc[d")
    with pytest.raises(UnboundedExpression, match=re.escape("“(?:[0-9]+-)+”")):
        read_bounded("A(?:[0-9]+-)+B")
    with pytest.raises(UnboundedExpression, match=re.escape("“[0-9]{1,300}”")):
        read_bounded("[0-9]{1,300}")


def test_what_stands_before_a_match_decides_whether_an_endless_repeat_may_begin_it() -> None:
    read_bounded("[0-9]+", guard=CODE)
    with pytest.raises(UnboundedExpression):
        read_bounded("[0-9]+")
    with pytest.raises(UnboundedExpression):
        read_bounded("[0-9\u4e00-\u9fff]+", guard=CODE)


@pytest.mark.parametrize("source", ["(a+)+$", "(?:a|aa)+$", "(.*a){20}", "(a|b|ab)*c$"])
def test_what_reading_overlooked_is_stopped_by_the_clock(source: str) -> None:
    began = time.monotonic()
    with pytest.raises(SlowExpression):
        require_quick(Expression(re.compile(source, FLAGS)))
    assert time.monotonic() - began < 15


def test_an_engine_that_does_not_take_an_expression_is_no_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_up, "_STOP_WATCH", made_up._STOP_WATCH.with_name("nothing.py"))
    with pytest.raises(UnboundedExpression) as refused:
        require_quick(Expression(re.compile("a", FLAGS)))
    assert refused.value.code == "expression_unsupported"


# --- anything that is taken runs within a bound -----------------------------------------------------------------------------

SETS = st.sampled_from(["a", "b", "[ab]", "[0-9]", "[a-z0-9]", ".", r"\d", "[^a]", "路", "[\u4e00-\u9fff]", "-", "A"])
COUNTS = st.sampled_from(["", "", "", "?", "+", "*", "{2}", "{1,3}", "{1,20}", "{2,}", "{0,2}", "+?", "{1,40}"])


def _wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeated = st.builds("(?:{}){}".format, inner, COUNTS)
    either = st.builds("(?:{}|{}){}".format, inner, inner, COUNTS)
    row = st.lists(inner, min_size=1, max_size=3).map("".join)
    return repeated | either | row


def taken(source: str, *, guard: str) -> Expression | None:
    """The tree of an expression; None where it is refused."""
    try:
        return read_bounded(source, guard=guard)
    except UnboundedExpression:
        return None


EXPRESSIONS = st.recursive(st.builds("{}{}".format, SETS, COUNTS), _wrapped, max_leaves=6)
PUMPED = 4_000  # characters
BOUND = 1.0  # seconds of processor time for each text and engine: the most that a step count within the bound comes to


@settings(max_examples=300, deadline=None)
@given(source=EXPRESSIONS, guarded=st.booleans())
@example(source="[a-z0-9]{1,40}[a-z0-9]{1,3}", guarded=False)
@example(source="(?:a{1,20}b?){1,3}", guarded=False)
def test_what_is_taken_runs_within_a_bound_on_pumped_texts(source: str, *, guarded: bool) -> None:
    expression = taken(source, guard=CODE if guarded else "")
    assume(expression is not None)
    assert expression is not None
    whole = f"(?<!{CODE})(?:{source}){NOT_CODE_AFTER}" if guarded else source
    engines = [
        re.compile(whole, FLAGS),
        presidio_engine.compile(whole, presidio_engine.DOTALL | presidio_engine.MULTILINE),
    ]
    for text in texts_against(expression, length=PUMPED):
        for engine in engines:
            began = time.process_time()
            for _ in engine.finditer(text):
                pass
            assert time.process_time() - began < BOUND, (source, text[:40])


@settings(max_examples=200, deadline=None)
@given(source=EXPRESSIONS, data=st.data())
def test_lengths_and_digits_are_never_more_than_a_match_has(source: str, data: st.DataObject) -> None:
    expression = taken(source, guard=CODE)
    assume(expression is not None)
    assert expression is not None
    body = expression.body
    found = data.draw(st.from_regex(re.compile(source, FLAGS), fullmatch=True))
    assert shortest(body) <= len(found)
    assert fewest_digits(body) <= sum(char.isascii() and char.isdigit() for char in found) or r"\d" in source
