"""Presidio recognizers for the identifiers of Chinese tables, usable in anybody's `AnalyzerEngine`.

Lives here: the list of them, a Presidio registry that holds them, and which versions of everything a scan runs; the modules beside hold
one `PatternRecognizer` per entity type by subject, with what a column scan needs besides: which cells can be ruled out by counting
characters, a vectorised judgement of the hits, and how often the checksum passes by luck. Not here: running them over columns
(`privacy.detection.column`), names in text (`privacy.detection.person_names`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from presidio_analyzer import RecognizerRegistry

from privacy.detection.filters import HYPERSCAN_IS_THERE
from privacy.detection.person_names import MODEL_VERSION, TEXT_RECOGNIZERS
from privacy.detection.recognizers.accounts import (
    MedicalRecordRecognizer,
    QqRecognizer,
    SocialSecurityRecognizer,
    WechatRecognizer,
)
from privacy.detection.recognizers.base import LANGUAGES, ColumnRecognizer, Judgement
from privacy.detection.recognizers.birth import BirthDateRecognizer
from privacy.detection.recognizers.contact import EmailRecognizer, LandlineRecognizer, MobileRecognizer
from privacy.detection.recognizers.devices import (
    ImeiRecognizer,
    ImsiRecognizer,
    IpAddressRecognizer,
    MacAddressRecognizer,
)
from privacy.detection.recognizers.identity import (
    PassportRecognizer,
    PermanentResidenceRecognizer,
    ResidencePermitRecognizer,
    ResidentIdRecognizer,
)
from privacy.detection.recognizers.international import INTERNATIONAL
from privacy.detection.recognizers.money import BankCardRecognizer, CreditCardRecognizer, IbanRecognizer
from privacy.detection.recognizers.organizations import OrganizationCodeRecognizer, TaxIdRecognizer, UsccRecognizer
from privacy.detection.recognizers.own import own_recognizer
from privacy.detection.recognizers.permits import (
    DrivingLicenceRecognizer,
    ExitPermitRecognizer,
    HkMacaoPermitRecognizer,
    OfficerCertificateRecognizer,
    TaiwanPermitRecognizer,
)
from privacy.detection.recognizers.places import AddressRecognizer, GpsRecognizer
from privacy.detection.recognizers.vehicles import PlateRecognizer, VinRecognizer
from privacy.detection.rules import OWN_MARK, RuleSet, load_rules

__all__ = ["COLUMN_RECOGNIZERS", "LANGUAGES", "ColumnRecognizer", "Judgement", "registry", "rule_versions"]

# What a scan runs besides rules. No entity type is spelt in lower case.
NAMES_MODEL: Final = "names"
ENGINE: Final = "engine"

# Every recognizer there is. Which of them run is the rule pack's to say.
COLUMN_RECOGNIZERS: Final[tuple[type[ColumnRecognizer], ...]] = (
    ResidentIdRecognizer,
    ResidencePermitRecognizer,
    PermanentResidenceRecognizer,
    PassportRecognizer,
    HkMacaoPermitRecognizer,
    ExitPermitRecognizer,
    TaiwanPermitRecognizer,
    OfficerCertificateRecognizer,
    DrivingLicenceRecognizer,
    MobileRecognizer,
    LandlineRecognizer,
    EmailRecognizer,
    WechatRecognizer,
    QqRecognizer,
    BankCardRecognizer,
    CreditCardRecognizer,
    IbanRecognizer,
    UsccRecognizer,
    OrganizationCodeRecognizer,
    TaxIdRecognizer,
    SocialSecurityRecognizer,
    MedicalRecordRecognizer,
    PlateRecognizer,
    VinRecognizer,
    IpAddressRecognizer,
    MacAddressRecognizer,
    ImeiRecognizer,
    ImsiRecognizer,
    GpsRecognizer,
    AddressRecognizer,
    BirthDateRecognizer,
    *INTERNATIONAL,
)


def registry(
    *,
    languages: Sequence[str] = LANGUAGES,
    names: bool = True,
    types: Collection[str] | None = None,
    rules: RuleSet | None = None,
) -> RecognizerRegistry:
    """A Presidio registry with the recognizers of `types` (None: those that `rules` run), once per language.

    `rules` is the shipped pack where none is given; a bureau's own rules that it runs have recognizers here too. `names` adds the
    reader of person names in Chinese text, whose model is loaded at its first use.
    """
    running = (rules or load_rules()).running
    chosen = running if types is None else types
    recognizers: list[Any] = [
        kind(supported_language=language)
        for kind in COLUMN_RECOGNIZERS
        if kind.entity in chosen
        for language in languages
    ]
    own = [rule for rule in running.values() if rule.entity_type in chosen]
    recognizers.extend(filter(None, (own_recognizer(rule, language) for rule in own for language in languages)))
    if names:
        recognizers.extend(kind(supported_language=language) for kind in TEXT_RECOGNIZERS for language in languages)
    return RecognizerRegistry(recognizers=recognizers, supported_languages=list(languages))


def rule_versions(rules: RuleSet, recognizers: Sequence[ColumnRecognizer]) -> Mapping[str, str]:
    """What a scan under `rules` runs: entity type → the version of its rule and, after a slash, of its recognizer.

    A bureau's own rule has a version of its own, and is its recognizer. `names` is the model that reads names in text, and `engine`
    what rules cells out; Presidio stands there because it runs the same recognizers one text at a time.
    """
    shipped = rules.version.partition(OWN_MARK)[0]
    of_recognizer = {recognizer.entity: recognizer.rule_version for recognizer in recognizers}
    versions = {
        entity_type: rule.version or "/".join(filter(None, (shipped, of_recognizer.get(entity_type))))
        for entity_type, rule in rules.running.items()
    }
    engine = f"hyperscan {version('hyperscan')}" if HYPERSCAN_IS_THERE else f"RE2, pyarrow {version('pyarrow')}"
    return versions | {
        NAMES_MODEL: MODEL_VERSION,
        ENGINE: engine,
        "presidio": f"presidio-analyzer {version('presidio-analyzer')}",
    }
