"""The codes a risk assessment is written in: questions, controls, grades, outcomes.

Lives here: the enumerations, nothing else. The codes are stable (they stand in stored records and in the API); what
they are called in Chinese and English stands in `rulepack.toml`, whose loader checks that each of them has a name.
"""

from __future__ import annotations

from enum import StrEnum


class ReleaseMode(StrEnum):
    """How the data leaves (GB/T 37964): to anybody, to named recipients, or not at all but to be worked on inside."""

    PUBLIC = "public"
    CONTROLLED = "controlled"
    ENCLAVE = "enclave"


class RiskGrade(StrEnum):
    """The four grades of GB/T 39335 table D.5, lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    SEVERE = "severe"

    @property
    def rank(self) -> int:
        """0 for low to 3 for severe."""
        return tuple(RiskGrade).index(self)


class Gate(StrEnum):
    """What must hold before a risk is worth weighing: one that fails blocks the release."""

    WITHIN_DUTY = "within_duty"
    PURPOSE_SPECIFIC = "purpose_specific"
    NOT_CORE = "not_core"
    NOT_WITHHELD = "not_withheld"
    RECIPIENT_IN_CHINA = "recipient_in_china"
    LAWFUL_BASIS = "lawful_basis"
    LAWFUL_PRICE = "lawful_price"
    SCAN_COMPLETE = "scan_complete"


class ImpactQuestion(StrEnum):
    """The four dimensions of impact on a person (GB/T 39335)."""

    AUTONOMY = "autonomy"
    DISCRIMINATION = "discrimination"
    REPUTATION = "reputation"
    PROPERTY_SAFETY = "property_safety"


class LikelihoodQuestion(StrEnum):
    """The four factors of the likelihood of an incident (GB/T 39335)."""

    NETWORK_MEASURES = "network_measures"
    PROCESSING = "processing"
    PARTICIPANTS = "participants"
    SCALE_TREND = "scale_trend"


Question = ImpactQuestion | LikelihoodQuestion


class Dimension(StrEnum):
    """The two sides of the matrix."""

    IMPACT = "impact"
    LIKELIHOOD = "likelihood"


class Control(StrEnum):
    """What the recipient has in place, each yes or no."""

    LEAST_PRIVILEGE = "least_privilege"
    NDA = "nda"
    RETENTION_DISPOSAL = "retention_disposal"
    NO_ONWARD_TRANSFER = "no_onward_transfer"
    TRAINING = "training"
    BREACH_TERMS = "breach_terms"
    ACCESS_LOG = "access_log"
    ENCRYPTION = "encryption"
    PHYSICAL_SECURITY = "physical_security"


class MotiveFactor(StrEnum):
    """What would make the recipient's people try to re-identify somebody, or able to."""

    PAST_INCIDENTS = "past_incidents"
    GAIN = "gain"
    SKILL = "skill"
    LINKABLE_DATA = "linkable_data"


class ControlLevel(StrEnum):
    """How well the recipient is controlled."""

    HIGH = "high"
    MID = "mid"
    LOW = "low"


class MotiveLevel(StrEnum):
    """How much motive and ability to re-identify there is."""

    LOW = "low"
    MID = "mid"
    HIGH = "high"


class Treatment(StrEnum):
    """De-identification techniques, by their names in ISO/IEC 20889."""

    STATISTICAL = "statistical"
    CRYPTOGRAPHIC = "cryptographic"
    SUPPRESSION = "suppression"
    PSEUDONYMISATION = "pseudonymisation"
    GENERALISATION = "generalisation"
    RANDOMISATION = "randomisation"
    SYNTHETIC_DATA = "synthetic_data"


class Outcome(StrEnum):
    """What the rules say about releasing these bytes as they are; people sign on top of it."""

    RELEASABLE = "releasable"
    TREAT = "treat"
    REFUSED = "refused"
    BLOCKED = "blocked"


class Reason(StrEnum):
    """Why an outcome is not `releasable`."""

    GATE_FAILED = "gate_failed"
    GRADE_SEVERE = "grade_severe"
    GRADE_HIGH = "grade_high"
    NOT_ACCEPTED = "not_accepted"
    TREATMENT_MISSING = "treatment_missing"


class Criterion(StrEnum):
    """What a measurement has to satisfy to be acceptable."""

    RISK = "risk"
    K_MIN = "k_min"
    R_MAX = "r_max"
    L_DISTINCT = "l_distinct"


class CriterionState(StrEnum):
    """Whether a criterion holds; `not_measured` and `not_applicable` are never a silent yes."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_MEASURED = "not_measured"
    NOT_APPLICABLE = "not_applicable"


class SignOff(StrEnum):
    """Who has to sign before these bytes may leave."""

    APPROVER = "approver"
    PRIVACY_OFFICER = "privacy_officer"


class FullAssessment(StrEnum):
    """What asks for a full assessment even where the grade is low."""

    IMPORTANT = "important"
    PERSONS = "persons"
    MINORS = "minors"
    MERGE = "merge"


class Measure(StrEnum):
    """What somebody could do to lower the grade, in the order in which it is offered."""

    APPLY_TREATMENT = "apply_treatment"
    GENERALISE_QUASI_IDENTIFIERS = "generalise_quasi_identifiers"
    DROP_SENSITIVE_FIELDS = "drop_sensitive_fields"
    EXCLUDE_MINORS = "exclude_minors"
    REDUCE_PERSONS = "reduce_persons"
    IMPROVE_RECIPIENT_CONTROLS = "improve_recipient_controls"
    RELEASE_UNDER_CONTROL = "release_under_control"
    ANSWER_UNKNOWNS = "answer_unknowns"


class Note(StrEnum):
    """What a reader of the result has to know about how it came about."""

    INHERENT_NOT_MEASURED = "inherent_not_measured"
    L_NOT_MEASURED = "l_not_measured"
    OVERLAP_NOT_MEASURED = "overlap_not_measured"
    ACQUAINTANCE_NOT_ESTIMATED = "acquaintance_not_estimated"
    NULL_SUBJECTS_COUNTED_AS_ONE = "null_subjects_counted_as_one"
    SUBJECTS_IN_SEVERAL_CLASSES = "subjects_in_several_classes"
    NEARLY_UNIQUE_FIELDS_COUNTED = "nearly_unique_fields_counted"
    SUBJECT_FINER_THAN_IDENTIFIER = "subject_finer_than_identifier"
    NO_DATA_SUBJECTS_DECLARED = "no_data_subjects_declared"
    UNVERIFIED_RULES = "unverified_rules"
    RULES_NOT_YET_IN_EFFECT = "rules_not_yet_in_effect"
    FACTS_UNKNOWN_COUNTED_AS_YES = "facts_unknown_counted_as_yes"


class Reassessment(StrEnum):
    """What makes an assessment out of date."""

    SCHEMA_CHANGED = "schema_changed"
    PURPOSE_CHANGED = "purpose_changed"
    NEW_OVERLAP = "new_overlap"
    INCIDENT = "incident"
    RULE_PACK_CHANGED = "rule_pack_changed"
    ROWS_CHANGED = "rows_changed"
    PERIOD_OVER = "period_over"
