"""The record of an assessment: complete, without floats, and the same bytes for the same inputs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.risk.assessment import assess
from privacy.risk.codes import Dimension, ImpactQuestion, ReleaseMode, SignOff, Treatment
from privacy.risk.facts import AssessmentInput
from privacy.risk.measurement import SensitiveMeasurement
from privacy.risk.questionnaire import Override
from privacy.risk.record import canonical_bytes, digest, record
from tests.risk.examples import ALL_GATES, HARMLESS, HASHES, NOBODY, PACK, TODAY, answers, facts, measured, request


def document(inputs: AssessmentInput) -> dict[str, Any]:
    return record(inputs, assess(inputs, PACK))


def backwards(mapping: Any) -> Any:
    return dict(reversed(list(mapping.items())))


OVERRIDES = (
    Override(Dimension.IMPACT, 3, "officer-7", "a village of 40 people", TODAY),
    Override(ImpactQuestion.AUTONOMY, 2, "officer-8", "a quota depends on it", TODAY),
)


def test_the_same_inputs_in_another_order_give_the_same_bytes() -> None:
    inputs = request(
        overrides=OVERRIDES, treatments=frozenset({Treatment.GENERALISATION, Treatment.SUPPRESSION}), facts=HARMLESS
    )
    shuffled = replace(
        inputs,
        hashes=backwards(HASHES),
        gates=backwards(ALL_GATES),
        answers=backwards(inputs.answers),
        controls=backwards(inputs.controls),
        motives=backwards(inputs.motives),
        overrides=tuple(reversed(OVERRIDES)),
        treatments=frozenset({Treatment.SUPPRESSION, Treatment.GENERALISATION}),
    )
    assert canonical_bytes(document(inputs)) == canonical_bytes(document(shuffled))


def test_the_digest_is_the_sha_256_of_the_bytes() -> None:
    written = document(request())
    assert digest(written) == "sha256:" + hashlib.sha256(canonical_bytes(written)).hexdigest()


def test_the_bytes_are_json_that_reads_back_as_the_record() -> None:
    inputs = request(facts=facts(sensitive=True), measured=measured(l_distinct=3, population=40_000))
    written = document(inputs)
    assert json.loads(canonical_bytes(written)) == written


def test_the_bytes_of_a_known_assessment_do_not_drift() -> None:
    written = document(request())
    # The pack has its own digest, which changes with it; all else must stay as it is from version to version.
    written["rules"] = {}
    expected = "sha256:6c9ebe278d3f3e874b8d4bebca4072bbb3dbb1005ddcf420099922765b2054e5"
    assert digest(written) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"hashes": {**HASHES, "artefact": "sha256:other"}},
        {"assessed_on": date(2026, 11, 3)},
        {"release_mode": ReleaseMode.ENCLAVE},
        {"answers": answers(1, 2)},
        {"facts": facts(merge=True)},
        {"measured": measured(classes=101)},
        {"inherent": None},
        {"rows_linkable": True},
        {"treatments": frozenset()},
        {"overrides": OVERRIDES},
        {"breach_probability": Decimal("0.01")},
    ],
)
def test_any_change_of_an_input_changes_the_digest(change: dict[str, Any]) -> None:
    assert digest(document(request(**change))) != digest(document(request()))


def test_every_override_is_recorded_with_name_and_reason() -> None:
    recorded = document(request(overrides=OVERRIDES))["inputs"]["overrides"]
    assert {(entry["target"], entry["by"], entry["reason"]) for entry in recorded} == {
        ("impact", "officer-7", "a village of 40 people"),
        ("autonomy", "officer-8", "a quota depends on it"),
    }


def test_the_record_holds_both_scores_the_rules_and_the_hashes() -> None:
    written = document(request())
    assert written["rules"]["version"] == PACK.version
    assert written["rules"]["sha256"] == PACK.digest
    assert written["inputs"]["hashes"] == HASHES
    assert written["result"]["residual"]["grade"] == "low"
    assert written["result"]["inherent"]["grade"] == "low"
    assert written["result"]["risk"]["risk"] == "0.0005"
    assert written["result"]["verdict"]["sign_offs"] == [SignOff.APPROVER]
    assert written["result"]["overlap"] == "not_measured"


def test_an_unknown_answer_is_recorded_as_unknown() -> None:
    assert document(request(answers=answers(None, 1)))["inputs"]["answers"]["autonomy"]["level"] == "unknown"


def test_data_without_data_subjects_is_recorded_as_not_applicable_with_who_declared_it() -> None:
    written = document(request(measured=NOBODY, inherent=None))
    assert written["inputs"]["measured"]["applicable"] is False
    assert written["inputs"]["measured"]["declared_by"] == "officer-7"
    assert written["result"]["risk"] is None
    assert written["result"]["accepted"] is None


def test_figures_are_decimal_text_and_rounded_in_one_way() -> None:
    table = measured(subjects=3, classes=1, k_min=3, population=7, rows=3)
    table = replace(table, sensitive=(SensitiveMeasurement("illness", 2, 1.8898815748423097, 1 / 3),))
    recorded = document(request(measured=table))["inputs"]["measured"]
    assert (recorded["r_max"], recorded["r_avg"], recorded["population_share"]) == (
        "0.333333333",
        "0.333333333",
        "0.428571429",
    )
    assert (recorded["l_entropy"], recorded["t"]) == ("1.889882", "0.333333")


def test_a_difference_in_the_last_bit_of_a_logarithm_does_not_change_the_bytes() -> None:
    def with_entropy(value: float) -> bytes:
        field = SensitiveMeasurement("illness", 2, value, 0.25)
        return canonical_bytes(document(request(measured=replace(measured(), sensitive=(field,)))))

    assert with_entropy(1.8898815748423097) == with_entropy(1.8898815748423100)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(content=st.dictionaries(st.text().filter(lambda text: text.isprintable()), plain, max_size=4))
def test_canonical_bytes_read_back_as_they_were_and_do_not_depend_on_the_order(content: dict[str, Any]) -> None:
    try:
        written = canonical_bytes(content)
    except UnicodeEncodeError:
        return
    assert json.loads(written) == content
    assert canonical_bytes(backwards(content)) == written


@pytest.mark.parametrize("value", [0.5, float("nan"), b"x", {1: 2}, Decimal(1), {"a": [{"b": 0.1}]}, {"s": {1}}])
def test_a_canonical_document_holds_nothing_that_can_be_spelt_in_two_ways(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_bytes({"value": value})
