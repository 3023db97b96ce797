"""Recognizers of devices and of their addresses on a network: IP, MAC, IMEI, IMSI."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from privacy.detection import check_digits, checksums
from privacy.detection.arrow import pc
from privacy.detection.cells import Features
from privacy.detection.checksums import LUCK, BoolArray
from privacy.detection.recognizers.base import (
    NOT_CODE_AFTER,
    NOT_CODE_BEFORE,
    NOT_DECIMAL,
    NOT_FRACTION,
    ColumnRecognizer,
    Expression,
    Judgement,
)

_PART: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4: Final = rf"^(?:{_PART}\.){{3}}{_PART}$"
_LARGE_PART: Final = r"(?:^|\.)(?:3[2-9]|[4-9][0-9]|[0-9]{3})(?:\.|$)"  # no number of a version


class IpAddressRecognizer(ColumnRecognizer):
    """IPv4 and IPv6 addresses, judged by the standard library."""

    entity = "IP_ADDRESS"
    compacts = False
    context_words = ("ip", "地址")
    expressions = (
        Expression(
            "IPv4",
            r"[0-9](?<![0-9A-Za-z.].)[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z])(?!\.[0-9])",
            0.6,
            4,
        ),
        Expression(
            "IPv6", r"[0-9A-Fa-f:](?<![0-9A-Za-z:.].)[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])", 0.6
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return ((features.dots >= 3) & (features.digits >= 4)) | (features.colons >= 2)

    def stands(self, value: str) -> bool:
        return _is_ip(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        """`checked` are addresses that cannot be a version number: one of their numbers is large."""
        texts = pa.array(list(values), type=pa.string())
        version_4 = pc.and_(pc.match_substring_regex(texts, pattern=_IPV4), pc.not_equal(texts, "0.0.0.0"))  # noqa: S104
        keep = version_4.to_numpy(zero_copy_only=False)
        large = keep & pc.match_substring_regex(texts, pattern=_LARGE_PART).to_numpy(zero_copy_only=False)
        for at in np.flatnonzero(~keep).tolist():  # few, or of version 6
            keep[at] = self.stands(values[at])
            large[at] = keep[at] and ":" in values[at]
        return Judgement(keep, large, np.zeros(len(values), dtype=np.bool_))


def _is_ip(text: str) -> bool:
    if ":" in text and "::" not in text and text.count(":") != 7:
        return False  # 12:30:45 is a time
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_unspecified and not (address.version == 6 and len(text) < 6)


class MacAddressRecognizer(ColumnRecognizer):
    """MAC addresses as six pairs or three groups of four."""

    entity = "MAC_ADDRESS"
    compacts = False
    context_words = ("mac",)
    expressions = (
        Expression(
            "MAC",
            rf"[0-9A-Fa-f]{NOT_CODE_BEFORE}[0-9A-Fa-f]([:-])(?:[0-9A-Fa-f]{{2}}\1){{4}}[0-9A-Fa-f]{{2}}(?![0-9A-Za-z:])"
            rf"|[0-9A-Fa-f]{NOT_CODE_BEFORE}[0-9A-Fa-f]{{3}}\.[0-9A-Fa-f]{{4}}\.[0-9A-Fa-f]{{4}}(?![0-9A-Za-z.])",
            0.8,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits + features.letters >= 12) & features.solid()

    def stands(self, value: str) -> bool:
        return any(char in "0123456789" for char in value) or ":" in value


class ImeiRecognizer(ColumnRecognizer):
    """IMEI of a telephone (3GPP TS 23.003): fifteen digits that begin with a reporting body and pass Luhn.

    Fifteen digits are much else: what fails Luhn, or is a resident ID of before 1999, is not one.
    """

    entity = "IMEI"
    luck = LUCK["IMEI"]
    context_words = ("imei", "手机串号", "设备号")
    expressions = (
        Expression(
            "IMEI",
            rf"[0-9]{NOT_CODE_BEFORE}{NOT_FRACTION}[0-9][ -]?[0-9]{{6}}[ -]?[0-9]{{6}}[ -]?[0-9]{NOT_CODE_AFTER}{NOT_DECIMAL}",
            0.2,
            15,
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= check_digits.IMEI_LENGTH) & features.solid(check_digits.IMEI_LENGTH)

    def checksum(self, value: str) -> bool:
        return checksums.luhn(value) and check_digits.imei_plausible(value)

    def stands(self, value: str) -> bool:
        return self.checksum(value) and not checksums.resident_id_plausible(value)

    def judge(self, values: Sequence[str]) -> Judgement:
        plausible, valid = check_digits.imeis(values)
        plausible &= ~checksums.resident_ids(values)[0]
        return Judgement(plausible & valid, plausible, plausible & valid)


# 460 is China (ITU-T E.212); 00 02 04 07 08 中国移动, 01 06 09 中国联通, 03 05 11 中国电信, 13 应急管理, 15 中国广电, 20 铁路.
_NETWORKS: Final = r"(?:0[0-9]|1[135]|20)"


class ImsiRecognizer(ColumnRecognizer):
    """IMSI of a SIM card in China (ITU-T E.212): 460, the operator's network, ten digits. It has no check digit."""

    entity = "IMSI"
    context_words = ("imsi", "sim")
    expressions = (
        Expression(
            "IMSI", rf"4{NOT_CODE_BEFORE}{NOT_FRACTION}60{_NETWORKS}[0-9]{{10}}{NOT_CODE_AFTER}{NOT_DECIMAL}", 0.4, 15
        ),
    )

    def may_hold(self, features: Features) -> BoolArray:
        return (features.digits >= check_digits.IMEI_LENGTH) & features.solid(check_digits.IMEI_LENGTH)
