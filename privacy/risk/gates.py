"""The gates: what must hold before a risk is weighed at all (standards of sharing, not of risk).

Lives here: turning the answers to the eight gates into results. Finding the answers (reading the scan, the price, the
share type) is the caller's. A gate nobody answered, or passed without saying on what ground, has failed: silence
never lets data out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from privacy.risk.codes import Gate


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """Whether a gate is passed, and the citation or evidence for it."""

    passed: bool
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class GateResult:
    """The result of one gate. `problem` is empty, or `not_answered`, `no_evidence` or `not_met`."""

    gate: Gate
    passed: bool
    evidence: str
    problem: str


def evaluate_gates(answers: Mapping[Gate, GateAnswer]) -> tuple[GateResult, ...]:
    """The result of every gate, in the order of `Gate`."""
    return tuple(_result(gate, answers.get(gate)) for gate in Gate)


def _result(gate: Gate, answer: GateAnswer | None) -> GateResult:
    if answer is None:
        return GateResult(gate, passed=False, evidence="", problem="not_answered")
    evidence = answer.evidence.strip()
    problem = "not_met" if not answer.passed else "" if evidence else "no_evidence"
    return GateResult(gate, passed=not problem, evidence=evidence, problem=problem)
