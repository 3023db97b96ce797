"""Generated numbers of permits, organisations, vehicles, telephones and accounts. None is anybody's; the same seed gives the same rows."""

from __future__ import annotations

from privacy.detection import check_digits, checksums
from tests.detection.people import AREAS, People

DIGITS = "0123456789"
VIN_CHARACTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
MAKERS = ("LSV", "LFV", "LGB", "LVS", "LZW", "LRW", "WBA", "JTD")
NETWORKS = ("00", "01", "02", "03", "06", "07", "11", "15")
COUNTRIES = (("124", "CAN"), ("840", "USA"), ("826", "GBR"), ("276", "DEU"), ("410", "KOR"), ("392", "JPN"))
MISTYPED = 3  # added to a check digit, it is wrong


def digits(people: People, count: int) -> str:
    return f"{people.random.randrange(10**count):0{count}d}"


def _checked(body: str, place: int, candidates: str, test: object, *, mistyped: bool) -> str:
    """`body` with the check character that `test` accepts put in at `place`; with another one when it is mistyped."""
    assert callable(test)
    right = next(c for c in candidates if test(body[:place] + c + body[place:]))
    chosen = candidates[(candidates.index(right) + MISTYPED) % len(candidates)] if mistyped else right
    return body[:place] + chosen + body[place:]


def residence_permit(people: People, *, mistyped: bool = False) -> str:
    body = f"{people.random.choice(check_digits.HMT_AREAS)}{people.born():%Y%m%d}{digits(people, 3)}"
    return _checked(body, 17, checksums.ID_CHECK, checksums.resident_id_checksum, mistyped=mistyped)


def permanent_residence(people: People, *, mistyped: bool = False) -> str:
    number, _ = people.random.choice(COUNTRIES)
    province = people.random.choice(("11", "31", "32", "44"))
    body = f"9{province}{number}{people.born():%Y%m%d}{digits(people, 3)}"
    return _checked(body, 17, checksums.ID_CHECK, checksums.resident_id_checksum, mistyped=mistyped)


def old_permanent_residence(people: People, *, mistyped: bool = False) -> str:
    _, letters = people.random.choice(COUNTRIES)
    body = f"{letters}{people.random.choice(('1101', '3101', '3205'))}{people.born():%y%m%d}{digits(people, 1)}"
    return _checked(body, 14, DIGITS, check_digits.permit_checksum, mistyped=mistyped)


def home_return_permit(people: People) -> str:
    return f"{people.random.choice('HHHM')}{digits(people, 8)}0{people.random.randrange(4)}"


def short_home_return_permit(people: People) -> str:
    return f"{people.random.choice('HHHM')}{digits(people, 8)}"


def exit_permit(people: People) -> str:
    return f"C{people.random.choice('ABCDEFGHJKLMN')}{digits(people, 7)}"


def taiwan_permit(people: People) -> str:
    return f"{people.random.randrange(10**7, 10**8)}"


def officer_certificate(people: People) -> str:
    return f"{people.random.choice('军军士文')}字第{digits(people, 7)}号"


def driving_licence(people: People) -> str:
    return f"3205{digits(people, 8)}"


def wechat(people: People) -> str:
    r = people.random
    return (
        f"{r.choice(('wx_', 'sz', 'lao', 'happy'))}{r.choice(('chen', 'wang', 'zhou', 'xu'))}{r.randrange(100, 99999)}"
    )


def qq(people: People) -> str:
    return f"{people.random.randrange(10**7, 10**10)}"


def credit_card(people: People, *, mistyped: bool = False) -> str:
    body = f"37{digits(people, 12)}"
    return _checked(body, 14, DIGITS, checksums.luhn, mistyped=mistyped)


def iban(people: People) -> str:
    tail = digits(people, 18)
    remainder = int("".join(str(int(char, 36)) for char in f"{tail}DE00")) % 97
    return f"DE{98 - remainder:02d}{tail}"


def organization_code(people: People, *, mistyped: bool = False) -> str:
    body = f"MA{digits(people, 6)}" if people.random.random() < 0.3 else digits(people, 8)
    return _checked(body, 8, "0123456789X", check_digits.organization_code_checksum, mistyped=mistyped)


def tax_id(people: People) -> str:
    return people.random.choice(AREAS) + organization_code(people)


def business_tax_id(people: People) -> str:
    return people.resident_id() + f"{people.random.randrange(1, 4):02d}"


def social_security(people: People) -> str:
    return f"{people.random.choice('ABEF')}{digits(people, 8)}"


def medical_record(people: People) -> str:
    return f"ZY{people.random.randrange(2018, 2025)}{digits(people, 6)}"


def vin(people: People, *, mistyped: bool = False) -> str:
    r = people.random
    body = r.choice(MAKERS) + "".join(r.choice(VIN_CHARACTERS) for _ in range(5)) + r.choice("LMNPR") + r.choice("1BX3")
    body += digits(people, 6)
    return _checked(body, 8, "0123456789X", check_digits.vin_checksum, mistyped=mistyped)


def imei(people: People, *, mistyped: bool = False) -> str:
    body = people.random.choice(("86", "35")) + digits(people, 12)
    return _checked(body, 14, DIGITS, checksums.luhn, mistyped=mistyped)


def imsi(people: People) -> str:
    return f"460{people.random.choice(NETWORKS)}{digits(people, 10)}"


def phone_abroad(people: People) -> str:
    r = people.random
    if r.random() < 0.5:
        return f"+{r.choice(('852', '44', '65'))} {r.randrange(2000, 9999)} {r.randrange(1000, 9999)}"
    return f"({r.randrange(201, 990)}) {r.randrange(200, 999)}-{digits(people, 4)}"


def ssn(people: People) -> str:
    r = people.random
    return f"{r.randrange(1, 665):03d}-{r.randrange(1, 99):02d}-{r.randrange(1, 9999):04d}"
