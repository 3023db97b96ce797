"""Presidio recognizers for the identifiers of Chinese tables, usable in anybody's `AnalyzerEngine`.

Lives here: the list of them and a Presidio registry that holds them; the modules beside hold one `PatternRecognizer` per entity
type by subject, with what a column scan needs besides: which cells can be ruled out by counting characters, a vectorised
judgement of the hits, and how often the checksum passes by luck. Not here: running them over columns
(`privacy.detection.column`), names in text (`privacy.detection.person_names`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from presidio_analyzer import RecognizerRegistry

from privacy.detection.person_names import ChinesePersonRecognizer
from privacy.detection.recognizers.accounts import (
    MedicalRecordRecognizer,
    QqRecognizer,
    SocialSecurityRecognizer,
    WechatRecognizer,
)
from privacy.detection.recognizers.base import LANGUAGES, ColumnRecognizer, Judgement
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
from privacy.detection.recognizers.permits import (
    DrivingLicenceRecognizer,
    ExitPermitRecognizer,
    HkMacaoPermitRecognizer,
    OfficerCertificateRecognizer,
    TaiwanPermitRecognizer,
)
from privacy.detection.recognizers.places import AddressRecognizer, GpsRecognizer
from privacy.detection.recognizers.vehicles import PlateRecognizer, VinRecognizer
from privacy.detection.rules import load_rules

__all__ = ["COLUMN_RECOGNIZERS", "LANGUAGES", "ColumnRecognizer", "Judgement", "registry"]

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
    *INTERNATIONAL,
)


def registry(
    *, languages: Sequence[str] = LANGUAGES, names: bool = True, types: Collection[str] | None = None
) -> RecognizerRegistry:
    """A Presidio registry with the recognizers of `types` (None: those that the shipped rule pack runs), once per language.

    `names` adds the reader of person names in Chinese text, whose model is loaded at its first use.
    """
    chosen = load_rules().running if types is None else types
    recognizers: list[Any] = [
        kind(supported_language=language)
        for kind in COLUMN_RECOGNIZERS
        if kind.entity in chosen
        for language in languages
    ]
    if names:
        recognizers.extend(ChinesePersonRecognizer(supported_language=language) for language in languages)
    return RecognizerRegistry(recognizers=recognizers, supported_languages=list(languages))
