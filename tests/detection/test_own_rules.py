"""Rules that a bureau writes: documents and files, and that their recognizers find in a table what Presidio finds in each cell."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from presidio_analyzer import PatternRecognizer

from privacy.detection.analyzer import build_analyzer
from privacy.detection.canonical import canonicalise
from privacy.detection.cells import Cells
from privacy.detection.check_systems import CHECK_SYSTEMS
from privacy.detection.checksums import luhn, resident_id_checksum
from privacy.detection.filters import HYPERSCAN_IS_THERE
from privacy.detection.matching import Matcher
from privacy.detection.model import ColumnInput, TableScan
from privacy.detection.own_rules import (
    MOST_WORDS,
    OwnRuleError,
    as_file,
    digest_of,
    normal_form,
    read_file,
    rule_of,
    rules_in,
)
from privacy.detection.recognizers import rule_versions
from privacy.detection.recognizers.base import ColumnRecognizer
from privacy.detection.recognizers.own import own_recognizer
from privacy.detection.residual import STRONG_TYPES, find_residual_direct, residual_types
from privacy.detection.rules import EntityRule, Family, RuleError, RuleSet, load_rules
from privacy.detection.scan import default_recognizers, scan_table
from tests.detection.people import People
from tests.detection.test_matching import TEXTS, everything_filtered, everything_planned
from tests.privacy.own_rules import CARD, PATHOLOGICAL, STREET

CODE: dict[str, Any] = {
    **CARD,
    "type": "SZ_CODE",
    "expressions": [
        {"name": "code", "regex": "[A-Z]{2}[0-9]{4,8}-?[0-9X]", "score": 0.4},
        {"name": "inside", "regex": "号[0-9]{3}", "inside": True},
        {"name": "plate", "regex": "苏E[0-9A-Z]{5}"},
    ],
    "words": ["平江路", "Main Street", "AB1234-5"],
    "checksum": "mod_11_2",
    "shortest": 4,
    "longest": 10,
}
RULES = [rule_of(normal_form(document), version=1) for document in (CARD, STREET, CODE)]
RECOGNIZERS = [recognizer for rule in RULES if (recognizer := own_recognizer(rule)) is not None]
Found = set[tuple[int, str, int, int]]


def pack(*rules: EntityRule) -> RuleSet:
    return load_rules().with_own(rules)


def scanned(columns: dict[str, list[str]], *rules: EntityRule) -> TableScan:
    batch = pa.record_batch(columns)
    inputs = [ColumnInput(name, "", pa.string()) for name in columns]
    return scan_table(inputs, [batch], rules=pack(*rules), text_budget_seconds=10)


# --- both ways ---------------------------------------------------------------------------------------------------------------


def by_presidio(texts: list[str]) -> Found:
    """What each recognizer finds in each cell alone, as anybody's `AnalyzerEngine` calls it."""
    return {
        (cell, recognizer.entity, result.start, result.end)
        for recognizer in RECOGNIZERS
        for cell, text in enumerate(texts)
        for result in recognizer.analyze(text, [recognizer.entity])
    }


def by_column(texts: list[str], *, with_hyperscan: bool) -> Found:
    cells = Cells.from_texts(texts, np.ones(len(texts), dtype=np.int64))
    hits = Matcher(RECOGNIZERS, with_hyperscan=with_hyperscan).match(cells)
    return {
        (int(found.cells[at]), recognizer.entity, int(found.starts[at]), int(found.ends[at]))
        for recognizer, found in zip(RECOGNIZERS, hits, strict=True)
        if found is not None
        for at in np.flatnonzero(found.judgement.keep)
    }


OWN_VALUES = st.sampled_from(
    (
        *("SZ0123456789", "XSZ0123456789", "SZ01234567891", "AB1234-5", "ab1234-5", "AB123456X", "QQ12345678X"),
        *(
            "平江路",
            "平江路 ",
            "MAIN STREET",
            "main  street",
            "苏E12345",
            "苏E1234",
            "卡号 SZ0123456789。",
            "工号123456",
        ),
    )
)
OWN_TEXTS = st.lists(OWN_VALUES | TEXTS.map(str.strip), min_size=1, max_size=6).map("".join) | OWN_VALUES


def _cells(texts: list[str]) -> list[str]:
    """Texts as cells are: folded, stripped, not blank."""
    array = Cells.of(pa.array(texts, type=pa.string()))
    return list(dict.fromkeys(array.texts))


@settings(max_examples=150, deadline=None)
@given(st.lists(OWN_TEXTS, min_size=1, max_size=8))
@example(["SZ0123456789", "平江路", "AB1234-5", "苏E12345 号123"])
def test_a_table_scan_finds_in_each_cell_what_presidio_finds_there(texts: list[str]) -> None:
    cells = _cells(texts)
    if not cells:
        return
    expected = by_presidio(cells)
    assert by_column(cells, with_hyperscan=False) == expected
    with everything_planned():
        assert by_column(cells, with_hyperscan=False) == expected
    with everything_filtered():
        assert by_column(cells, with_hyperscan=False) == expected
        if HYPERSCAN_IS_THERE:
            assert by_column(cells, with_hyperscan=True) == expected


def test_presidios_engine_finds_own_types_with_the_others() -> None:
    rule = RULES[0]
    analyzer = build_analyzer(names=False, rules=pack(rule))
    text = "市民卡 SZ0123456789,电话 13812345678"
    found = {result.entity_type: text[result.start : result.end] for result in analyzer.analyze(text, language="zh")}
    assert found["SZ_CITIZEN_CARD"] == "SZ0123456789"
    assert found["CN_MOBILE"] == "13812345678"
    assert "SZ_CITIZEN_CARD" not in build_analyzer(names=False).get_supported_entities("zh")


def test_a_recognizer_is_presidios_with_its_words_as_deny_list() -> None:
    recognizer = own_recognizer(RULES[1])
    assert isinstance(recognizer, ColumnRecognizer)
    assert isinstance(recognizer, PatternRecognizer)
    assert recognizer.deny_list == ["main street", "平江路", "观前街"]
    (found,) = recognizer.analyze(" ＭAIN street ", ["SZ_STREET"])
    assert (found.start, found.end, found.score) == (1, 12, 1.0)
    assert recognizer.analyze("住在平江路", ["SZ_STREET"]) == []


def test_fifty_thousand_words_are_looked_up_at_once() -> None:
    words = [f"第{number}号楼" for number in range(MOST_WORDS)]
    rule = rule_of(normal_form({**STREET, "words": words}), version=1)
    scan = scanned({"楼": [words[number * 7 % MOST_WORDS] for number in range(20_000)]}, rule)
    assert scan.columns[0].entity_type == "SZ_STREET"
    with pytest.raises(OwnRuleError, match="50001"):
        normal_form({**STREET, "words": [*words, "多"]})


# --- verdicts ----------------------------------------------------------------------------------------------------------------


def test_a_column_of_own_values_is_found_with_its_role_and_says_under_which_version() -> None:
    cards = [f"SZ{number * 7919 % 10**10:010d}" for number in range(500)]
    scan = scanned({"a": cards, "b": ["平江路", "观前街"] * 250, "c": ["无关", "文字"] * 250}, *RULES[:2])
    assert [column.entity_type for column in scan.columns] == ["SZ_CITIZEN_CARD", "SZ_STREET", None]
    assert scan.columns[0].role == "direct"
    assert not any(card in str(scan.columns[0].evidence) for card in cards)
    assert scan.rules_version == pack(*RULES[:2]).version
    assert scan.rules["SZ_CITIZEN_CARD"] == RULES[0].version
    assert scan.rules["CN_MOBILE"].startswith(load_rules().version)
    assert "+own." not in scan.rules["CN_MOBILE"]


def test_a_mention_in_text_is_found() -> None:
    notes = [f"来电反映卡号 SZ{number:010d} 无法使用,请尽快处理。" for number in range(200)]
    scan = scanned({"备注": notes}, RULES[0])
    column = scan.columns[0]
    assert "SZ_CITIZEN_CARD" in (column.entity_type, *(other.entity_type for other in column.other_types))


def test_a_column_of_numbers_is_searched_too() -> None:
    rule = rule_of(normal_form({**CARD, "expressions": [{"regex": "77[0-9]{8}"}], "strength": 1.0}))
    numbers = pa.array([7_700_000_000 + number * 7919 for number in range(300)])
    scan = scan_table(
        [ColumnInput("n", "", numbers.type)],
        [pa.record_batch({"n": numbers})],
        rules=pack(rule),
        text_budget_seconds=1,
    )
    assert scan.columns[0].entity_type == "SZ_CITIZEN_CARD"


def test_a_checksum_is_weighed_by_its_own_luck() -> None:
    document = {**CARD, "expressions": [{"regex": "[0-9]{12}"}], "checksum": "luhn", "unproven": 0.2}
    rule = rule_of(normal_form(document))
    draw = People(3)
    right = [number for number in (f"{draw.random.randrange(10**12):012d}" for _ in range(6000)) if luhn(number)][:400]
    column = scanned({"a": right}, rule).columns[0]
    assert (column.entity_type, column.checksum_proven) == ("SZ_CITIZEN_CARD", True)
    assert column.evidence["checksum_lift"] == pytest.approx(10.0)
    by_chance = [f"{draw.random.randrange(10**12):012d}" for _ in range(400)]
    assert scanned({"a": by_chance}, rule).columns[0].entity_type != "SZ_CITIZEN_CARD"
    named = scanned({"市民卡号": by_chance}, rule).columns[0]
    assert named.checksum_proven is False


def test_names_of_columns_alone_tell_a_type() -> None:
    document = {**CARD, "expressions": [], "shortest": 2, "longest": 8}
    rule = rule_of(normal_form(document))
    assert rule.family is Family.NAMED
    assert own_recognizer(rule) is None
    scan = scanned({"市民卡号": [f"卡{number}" for number in range(100)], "other": ["x"] * 100}, rule)
    assert [column.entity_type for column in scan.columns] == ["SZ_CITIZEN_CARD", None]


def test_a_rule_that_is_off_changes_nothing_that_scans_say() -> None:
    off = rule_of(normal_form({**CARD, "names": {"zh": ["手机号"]}}), on=False)
    rules = pack(off)
    assert rules.version == load_rules().version
    assert rules.running == load_rules().running
    assert rules.role_of("SZ_CITIZEN_CARD") == "direct"
    mobiles = [f"138{number:08d}" for number in range(0, 10**8, 10**6)]
    assert scanned({"手机号": mobiles}, off).columns == scanned({"手机号": mobiles}).columns


def test_lengths_bind_what_matches_and_not_words() -> None:
    document = {**CARD, "expressions": [{"regex": "[A-Z]{2,9}"}], "words": ["短"], "shortest": 3, "longest": 4}
    recognizer = own_recognizer(rule_of(normal_form(document)))
    assert recognizer is not None
    assert [bool(recognizer.analyze(text, [])) for text in ("AB", "ABC", "ABCD", "ABCDE", "短")] == [
        False,
        True,
        True,
        False,
        True,
    ]


def test_versions_are_told_for_every_rule_that_runs() -> None:
    rules = pack(*RULES)
    versions = rule_versions(rules, default_recognizers(rules))
    assert set(rules.running) < set(versions)
    assert {"names", "engine", "presidio"} <= set(versions)


# --- what is protected, and released ---------------------------------------------------------------------------------------


def test_an_own_direct_identifier_left_in_the_output_is_found_there() -> None:
    rules = pack(*RULES[:2])
    assert residual_types(rules) == STRONG_TYPES | {"SZ_CITIZEN_CARD"}
    left = pa.record_batch({"a": [f"SZ{number:010d}" for number in range(50)]})
    (found,) = find_residual_direct({"a": "keep"}, [left], rules=rules)
    assert (found.column, found.entity_type, found.rows) == ("a", "SZ_CITIZEN_CARD", 50)
    assert find_residual_direct({"a": "keep"}, [left]) == ()
    weak = rule_of(normal_form({**CARD, "strength": 0.8}))
    assert residual_types(pack(weak)) == STRONG_TYPES


def test_an_own_type_has_the_usual_canonical_form() -> None:
    forms = canonicalise("SZ_CITIZEN_CARD", pa.array([" ＳＺ0123456789 ", "SZ0123456789", None]))
    assert forms.to_pylist() == ["SZ0123456789", "SZ0123456789", None]


# --- documents ---------------------------------------------------------------------------------------------------------------


def test_what_is_left_out_has_its_usual_value_and_the_digest_does_not_depend_on_it() -> None:
    document = normal_form(CARD)
    assert (document["shortest"], document["longest"], document["unproven"], document["checksum"]) == (1, 64, 0.0, "")
    assert document["source"]["title"] == "本单位规则"
    assert normal_form(document) == document
    assert digest_of(normal_form(document)) == digest_of(document)
    assert rule_of(document).source.verified is False


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"type": "CN_MOBILE"}, "type"),
    ({"type": "US_ITIN"}, "type"),
    ({"type": "lower"}, "type"),
    ({"type": "A" * 41}, "type"),
    ({"zh": " "}, "zh"),
    ({"en": "x" * 61}, "en"),
    ({"zh": "a\nb"}, "zh"),
    ({"role": "owner"}, "role"),
    ({"pipl": "secret"}, "pipl"),
    ({"grade": "general_9"}, "grade"),
    ({"strength": 1.5}, "strength"),
    ({"strength": True}, "strength"),
    ({"strength": float("nan")}, "strength"),
    ({"unproven": 0.95}, "unproven"),
    ({"names": {"zh": ["x"] * 3, "de": []}}, "names.de"),
    ({"names": {"zh": [f"列{number}" for number in range(101)]}}, "names.zh"),
    ({"names": {"zh": ["x" * 41]}}, "names.zh"),
    ({"names": {"zh": [7]}}, "names.zh"),
    ({"expressions": [{"regex": f"a{at}"} for at in range(6)]}, "expressions"),
    ({"expressions": [{"name": "a", "regex": "a"}, {"name": "a", "regex": "b"}]}, "expressions"),
    ({"expressions": [{"regex": PATHOLOGICAL}]}, "expressions.1.regex"),
    ({"expressions": [{"regex": "SZ"}, {"regex": ""}]}, "expressions.2.regex"),
    ({"expressions": [{"regex": "a", "score": 0}]}, "expressions.1.score"),
    ({"expressions": [{"regex": "a", "inside": 1}]}, "expressions.1.inside"),
    ({"expressions": [{"regex": "a", "flags": "i"}]}, "expressions.1.flags"),
    ({"expressions": [], "words": ["x"], "checksum": "luhn"}, "checksum"),
    ({"checksum": "crc32"}, "checksum"),
    ({"checksum": "luhn", "longest": 65}, "longest"),
    ({"words": ["x" * 65]}, "words"),
    ({"words": ["无"]}, "words"),
    ({"words": ["\ud800"]}, "words"),
    ({"shortest": 0}, "shortest"),
    ({"shortest": 9, "longest": 8}, "longest"),
    ({"source": {"title": "x", "verified": True}}, "source.verified"),
    ({"source": "gbt37964"}, "source"),
    ({"expressions": [], "names": {}}, "expressions"),
    ({"family": "pattern"}, "family"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_what_is_wrong_with_a_rule_is_told_by_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(OwnRuleError) as refused:
        normal_form({**CARD, **change})
    assert [problem.field for problem in refused.value.problems] == [field]
    assert "%(" not in str(refused.value)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(OwnRuleError) as refused:
        normal_form({"type": "x", "role": "y"})
    assert {problem.field for problem in refused.value.problems} >= {"type", "zh", "en", "role", "pipl", "grade"}


def test_an_own_type_that_the_shipped_pack_has_is_refused_where_both_would_run() -> None:
    document = {**normal_form(CARD), "type": "CN_MOBILE"}
    with pytest.raises(RuleError):
        pack(rule_of(document))


# --- files -------------------------------------------------------------------------------------------------------------------

PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
NAMES = st.lists(st.text("abc市民卡 -", min_size=1, max_size=8), max_size=3)
DOCUMENTS = st.fixed_dictionaries(
    {
        **{key: st.just(CARD[key]) for key in ("type", "role", "pipl", "grade")},
        "zh": PLAIN.filter(str.strip),
        "en": PLAIN.filter(str.strip),
        "format": PLAIN,
        "names": st.fixed_dictionaries({"zh": NAMES, "weak": NAMES}),
        "words": st.lists(PLAIN.filter(lambda word: any(char.isalpha() for char in word)), max_size=4),
        "expressions": st.sampled_from(
            [[{"regex": r"S\d{3}\.\\[\"'#]"}], [{"name": 'q"\\', "regex": "[0-9]{9}", "score": 0.25, "inside": True}]]
        ),
        "checksum": st.sampled_from(["", *CHECK_SYSTEMS]),
        "strength": st.floats(0.3, 1),
        "source": st.fixed_dictionaries({"title": PLAIN, "article": PLAIN}),
    }
)


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS)
def test_a_file_gives_back_the_documents_that_it_was_made_of(said: dict[str, Any]) -> None:
    document = normal_form(said)
    text = as_file([document, normal_form(STREET)])
    tomllib.loads(text)
    assert [normal_form(entry) for entry in read_file(text)] == [document, normal_form(STREET)]


def test_a_file_may_name_its_sources_as_the_shipped_pack_does() -> None:
    text = as_file([normal_form(CARD)])
    line = next(line for line in text.splitlines() if line.startswith("source"))
    named = text.replace(line, 'source = "order"') + '\n[sources.order]\ntitle = "市民卡管理办法"\narticle = "第三条"\n'
    (rule,) = rules_in(named)
    assert (rule.source.title, rule.source.article_en) == ("市民卡管理办法", "第三条")
    with pytest.raises(OwnRuleError, match=r"sources\.other"):
        read_file(named.replace('"order"', '"other"'))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = = 1", "line 1"),
        ("[[entity]]\ntype = 'A'\n[[entity]]\ntype = 'A'", "twice"),
        ("entity = 3", "no rule"),
        ("entity = [3]", "no table"),
        ("version = '1'", "no rule"),
        ("[counter]\nzh = []\n[[entity]]", "counter"),
    ],
)
def test_a_file_that_is_none_says_where(text: str, told: str) -> None:
    with pytest.raises(OwnRuleError, match=told):
        read_file(text)


def test_a_pathological_expression_in_a_file_is_refused_with_rule_and_field() -> None:
    text = as_file([normal_form(STREET), normal_form(CARD)]).replace("SZ[0-9]{10}", "(x+)+")
    with pytest.raises(OwnRuleError) as refused:
        rules_in(text)
    assert (refused.value.number, refused.value.entity_type) == (2, "SZ_CITIZEN_CARD")
    assert "expressions.1.regex" in str(refused.value)


# --- check digits --------------------------------------------------------------------------------------------------------------

RIGHT = {
    "luhn": ["79927398713", "4111111111111111"],
    "mod_11_2": ["07940", "11010519491231002X"],
    "mod_11_10": ["07945"],
    "mod_37_36": ["A12425GABC1234002M"],
    "mod_97_10": ["79444", "529900T8BM49AURSDO55"],
    "gb_11714": ["000000000"],
}


@pytest.mark.parametrize(("system", "value"), [(system, value) for system, values in RIGHT.items() for value in values])
def test_published_examples_pass_and_no_neighbour_does(system: str, value: str) -> None:
    check = CHECK_SYSTEMS[system]
    assert check.one(value)
    assert check.many([value]).tolist() == [True]
    other = str((int(value[0], 36) + 1) % 10) + value[1:]
    assert not check.one(other)


@settings(max_examples=200)
@given(st.lists(st.text("0123456789AX", max_size=70), min_size=1, max_size=20))
def test_one_value_and_many_are_judged_alike(values: list[str]) -> None:
    for check in CHECK_SYSTEMS.values():
        assert check.many(values).tolist() == [check.one(value) for value in values]


@pytest.mark.parametrize("system", CHECK_SYSTEMS)
def test_as_many_pass_by_luck_as_the_system_says(system: str) -> None:
    draw = np.random.default_rng(5)
    length = 9
    values = ["".join(map(str, draw.integers(0, 10, length))) for _ in range(30_000)]
    share = CHECK_SYSTEMS[system].many(values).mean()
    assert share == pytest.approx(CHECK_SYSTEMS[system].luck, rel=0.2)


def test_mod_11_2_is_that_of_resident_ids() -> None:
    ids = [People(9).resident_id() for _ in range(50)]
    assert all(CHECK_SYSTEMS["mod_11_2"].one(number) == resident_id_checksum(number) for number in ids)


# --- the document ------------------------------------------------------------------------------------------------------------

OWN_RULES_PAGE = Path(__file__).resolve().parents[2] / "docs" / "own-rules.md"


@pytest.mark.parametrize(
    "example", re.findall(r"```toml\n(.*?)```", OWN_RULES_PAGE.read_text("utf-8"), flags=re.DOTALL)
)
def test_the_examples_of_the_document_are_rules(example: str) -> None:
    assert rules_in(example)


def test_the_program_of_the_document_finds_what_its_first_example_is_about() -> None:
    examples = re.findall(r"```toml\n(.*?)```", OWN_RULES_PAGE.read_text("utf-8"), flags=re.DOTALL)
    analyzer = build_analyzer(names=False, rules=load_rules().with_own(rules_in(examples[0])))
    (found,) = analyzer.analyze("卡号 SZ0123456789", language="zh", entities=["SZ_CITIZEN_CARD"])
    assert (found.start, found.end) == (3, 15)
