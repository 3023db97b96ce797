"""Makers of single values for labelled tables: identifiers with right and wrong check digits, names, addresses, and what looks like them.

Everything is drawn from one seeded generator. `Values.half` chooses the words and, where a value is written in several ways, the ways.
Check digits are computed here anew, so that a mistake in the engine's is not repeated.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from tests.detection.labelled.words import Halves

TUNED, HELD_OUT = 0, 1
Value = TypeVar("Value")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VIN = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_VIN_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", (*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_AREAS = (
    ("321002", "321003", "321102", "330702", "440604", "370705", "130602"),
    ("340202", "350502", "420606", "430603", "410703", "360702", "210302"),
)
_HEADS = (
    ("131", "136", "137", "151", "157", "180", "188", "198"),
    ("132", "134", "152", "159", "166", "173", "185", "191"),
)
_PLATES = (("苏K", "苏L", "浙G", "粤E"), ("皖B", "闽C", "鄂F", "豫G", "京A"))
_LAND = (("0514", "0511", "0579"), ("0553", "0595", "010", "021"))


class Values:
    """One column's source of values. `row` counts them, for running numbers."""

    def __init__(self, seed: str, half: int) -> None:
        self.r = random.Random(seed)  # test data
        self.half = half
        self.row = 0
        self.base = self.r.randrange(10**6)

    # -- small things ---------------------------------------------------------------------------------------------

    def of(self, words: Halves) -> str:
        """One of the words of this half."""
        return self.r.choice(words[self.half])

    def one(self, tuned: Sequence[Value], held_out: Sequence[Value]) -> Value:
        """One of a few, by half."""
        return self.r.choice((tuned, held_out)[self.half])

    def digits(self, count: int) -> str:
        return f"{self.r.randrange(10**count):0{count}d}"

    def letters(self, count: int, alphabet: str = "ABCDEFGHJKLMNPQRSTUVWXYZ") -> str:
        return "".join(self.r.choice(alphabet) for _ in range(count))

    def day(self, first: int, last: int) -> date:
        start = date(first, 1, 1)
        return start + timedelta(days=self.r.randrange((date(last, 12, 31) - start).days + 1))

    def born(self) -> date:
        return self.day(1938, 2016)

    def grown(self) -> date:
        return self.day(1955, 2004)

    def recent(self) -> date:
        return self.day(2019, 2024)

    def moment(self) -> datetime:
        return datetime.combine(self.recent(), datetime.min.time()) + timedelta(seconds=self.r.randrange(86400))

    def money(self, most: float = 5000) -> float:
        return round(self.r.random() * most, 2)

    def skewed(self, least: int, most: int) -> int:
        return round(least * float((most / least) ** self.r.random()))

    # -- numbers of persons ---------------------------------------------------------------------------------------

    def resident_id(self, born: date | None = None, *, wrong: bool = False) -> str:
        body = f"{self.r.choice(_AREAS[self.half])}{born or self.born():%Y%m%d}{self.r.randrange(1, 999):03d}"
        place = sum(int(d) * w for d, w in zip(body, _ID_WEIGHTS, strict=True)) % 11
        return body + "10X98765432"[(place + (self.r.randrange(1, 11) if wrong else 0)) % 11]

    def old_resident_id(self) -> str:
        return f"{self.r.choice(_AREAS[self.half])}{self.day(1938, 1985):%y%m%d}{self.r.randrange(1, 999):03d}"

    def mobile(self) -> str:
        return self.r.choice(_HEADS[self.half]) + self.digits(8)

    def mobile_written(self) -> str:
        m = self.mobile()
        return self.one(
            (f"+86{m}", f"+86-{m}", f"{m[:3]}-{m[3:7]}-{m[7:]}"),
            (f"+86 {m[:3]} {m[3:7]} {m[7:]}", f"86-{m}", f"(+86){m}"),
        )

    def landline(self) -> str:
        area = self.r.choice(_LAND[self.half])
        number = f"{self.r.choice('2568')}{self.digits(7 if len(area) == 3 or self.half == 0 else 6)}"
        return area + self.one(("-",), ("-", "", " ")) + number

    def local_line(self) -> str:
        return f"8{self.digits(7)}"

    def bank_card(self, *, wrong: bool = False) -> str:
        body = self.one(("622202", "621700", "623059"), ("622848", "621226", "436742")) + self.digits(
            self.r.choice((9, 12))
        )
        return body + str((self._luhn(body) + (self.r.randrange(1, 10) if wrong else 0)) % 10)

    @staticmethod
    def _luhn(body: str) -> int:
        total = 0
        for place, char in enumerate(reversed(body)):
            doubled = int(char) * (2 if place % 2 == 0 else 1)
            total += doubled - 9 if doubled > 9 else doubled
        return -total % 10

    def credit_card(self) -> str:
        body = self.one(("4", "51", "55"), ("4", "52", "6011", "2221"))
        body += self.digits(15 - len(body))
        return body + str(self._luhn(body))

    def amex(self) -> str:
        body = f"37{self.digits(12)}"
        return body + str(self._luhn(body))

    def uscc(self, *, wrong: bool = False) -> str:
        body = (
            self.one(("91", "92"), ("91", "93", "52"))
            + self.r.choice(_AREAS[self.half])
            + "MA"
            + self.letters(7, _USCC)
        )
        total = sum(_USCC.index(c) * pow(3, i, 31) for i, c in enumerate(body))
        return body + _USCC[(-total + (self.r.randrange(1, 31) if wrong else 0)) % 31]

    def org_code(self) -> str:
        body = self.digits(8)
        check = 11 - sum(int(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        return f"{body}{self.one(('-',), ('', '-'))}{'0' if check == 11 else 'X' if check == 10 else check}"

    def passport(self) -> str:
        return self.one((f"E{self.digits(8)}",), (f"E{self.digits(8)}", f"E{self.letters(1)}{self.digits(7)}"))

    def home_return(self) -> str:
        return self.r.choice("HHM") + self.digits(8) + self.one(("",), ("", "00", "01"))

    def exit_permit(self) -> str:
        return self.one(
            (f"C{self.digits(8)}",), (f"C{self.digits(8)}", f"C{self.letters(1, 'ABCDEFGH')}{self.digits(7)}")
        )

    def plate(self) -> str:
        head, form = self.r.choice(_PLATES[self.half]), self.r.random()
        if form < 0.25:
            return f"{head}{self.r.choice('DF')}{self.digits(5)}"
        tail = self.r.choice((self.digits(5), self.digits(3) + self.letters(2), self.letters(1) + self.digits(4)))
        return f"{head}{self.one(('',), ('', '·', '-'))}{tail}"

    def vin(self) -> str:
        body = (
            self.one(("LSV", "LFV", "LGX"), ("LHG", "LRW", "LB3"))
            + self.letters(5, _VIN)
            + "0"
            + self.letters(2, _VIN)
            + self.letters(2, "0123456789")
            + self.digits(4)
        )
        check = sum(_VIN_VALUES[c] * w for c, w in zip(body, _VIN_WEIGHTS, strict=True)) % 11
        return f"{body[:8]}{'X' if check == 10 else check}{body[9:]}"

    def imei(self) -> str:
        body = self.one(("86", "35"), ("86", "01", "35")) + self.digits(12)
        return body + str(self._luhn(body))

    def iban(self) -> str:
        country, size = self.r.choice((("DE", 18), ("NL", 14), ("GB", 18), ("FR", 23)))
        tail = self.letters(4) + self.digits(size - 4) if country in ("NL", "GB") else self.digits(size)
        check = 98 - int("".join(str(int(c, 36)) for c in f"{tail}{country}00")) % 97
        return f"{country}{check:02d}{tail}"

    def ip(self) -> str:
        return self.one(
            (
                f"192.168.{self.r.randrange(256)}.{self.r.randrange(1, 255)}",
                ".".join(str(self.r.randrange(1, 255)) for _ in range(4)),
            ),
            (
                f"10.{self.r.randrange(30)}.{self.r.randrange(256)}.{self.r.randrange(1, 255)}",
                ".".join(str(self.r.randrange(1, 224)) for _ in range(4)),
            ),
        )

    def ip6(self) -> str:
        return ":".join(f"{self.r.randrange(1, 65536):x}" for _ in range(8))

    def mac(self) -> str:
        return self.one((":",), ("-", ":")).join(f"{self.r.randrange(256):02X}" for _ in range(6))

    def ssn(self) -> str:
        return f"{self.r.randrange(1, 665):03d}-{self.r.randrange(1, 99):02d}-{self.r.randrange(1, 9999):04d}"

    def phone_us(self) -> str:
        area, exchange, line = f"{self.r.randrange(201, 989)}", f"{self.r.randrange(201, 999)}", self.digits(4)
        if self.half == TUNED:
            return self.r.choice(
                (
                    f"+1-{area}-{exchange}-{line}",
                    f"({area}) {exchange}-{line}",
                    f"{area}-{exchange}-{line}",
                    f"{area}-{exchange}-{line}x{self.digits(3)}",
                )
            )
        forms = (
            f"001-{area}-{exchange}-{line}",
            f"({area}){exchange}-{line}x{self.digits(5)}",
            f"{area}.{exchange}.{line}",
            f"+1 {area} {exchange} {line}",
        )
        return self.r.choice(
            (
                *forms,
                f"{area}{exchange}{line}",
                f"+1-{area}-{exchange}-{line}x{self.digits(4)}",
                f"{area}.{exchange}.{line}x{self.digits(3)}",
            )
        )

    def phone_uk(self) -> str:
        return self.one(
            (f"+44 20 {self.digits(4)} {self.digits(4)}", f"+44 7{self.digits(9)}"),
            (
                f"+44(0)1{self.digits(3)} {self.digits(6)}",
                f"07{self.digits(9)}",
                f"0161 496 0{self.digits(3)}",
                f"(0118) 4960{self.digits(3)}",
            ),
        )
