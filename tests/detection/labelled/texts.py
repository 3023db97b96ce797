"""Makers of written values for labelled tables: names of persons and firms, addresses, dates in the ways they are written, remarks."""

from __future__ import annotations

from datetime import date

from tests.detection.labelled.values import TUNED, Values
from tests.detection.labelled.words import en, zh


def name_zh(v: Values) -> str:
    surname, given = v.of(zh("surnames")), v.of(zh("given"))
    return surname + (given if v.r.random() < 0.8 else given[0])


def name_masked(v: Values) -> str:
    name = name_zh(v)
    return v.one(
        (name[0] + "*" * (len(name) - 1),), (name[0] + "*" * (len(name) - 1), name[0] + "某某"[: len(name) - 1])
    )


def name_spaced(v: Values) -> str:
    name = name_zh(v)
    return f"{name[0]} {name[1]}" if len(name) == 2 else name


def company_zh(v: Values) -> str:
    city = v.of(zh("cities")) if v.r.random() < 0.6 else v.of(zh("cities"))[:-1]
    return city + v.of(zh("company_cores")) + v.of(zh("trades")) + v.of(zh("company_ends"))


def region_zh(v: Values) -> str:
    return v.one(
        (v.of(zh("cities")) + v.of(zh("districts")), v.of(zh("districts"))),
        (v.of(zh("provinces")) + v.of(zh("cities")) + v.of(zh("districts")), v.of(zh("districts"))),
    )


def address_zh(v: Values) -> str:
    number = f"{v.r.randrange(1, 800)}号"
    house = f"{v.r.randrange(1, 40)}幢{v.r.randrange(1, 5)}单元{v.r.randrange(101, 2405)}室"
    if v.half == TUNED:
        return v.r.choice(
            (
                v.of(zh("cities")) + v.of(zh("districts")) + v.of(zh("roads")) + number,
                v.of(zh("districts")) + v.of(zh("estates")) + house,
                v.of(zh("roads")) + number + v.of(zh("estates")) + house,
            )
        )
    village = f"{v.of(zh('streets'))}{v.of(zh('communities'))}{v.r.randrange(1, 18)}组{v.r.randrange(1, 90)}号"
    flat = f"{v.of(zh('estates'))}{v.r.randrange(1, 40)}栋{v.r.randrange(101, 2405)}"
    return v.r.choice(
        (
            v.of(zh("provinces")) + v.of(zh("cities")) + v.of(zh("districts")) + v.of(zh("roads")) + number,
            v.of(zh("districts")) + village,
            v.of(zh("cities")) + v.of(zh("roads")) + number + flat,
            f"{v.of(zh('estates'))}{v.r.randrange(1, 40)}-{v.r.randrange(1, 4)}-{v.r.randrange(101, 1800)}",
        )
    )


def date_written(v: Values, day: date) -> str:
    if v.half == TUNED:
        return v.r.choice((day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day:%Y%m%d}"))
    return v.r.choice((f"{day.year}年{day.month}月{day.day}日", f"{day:%Y.%m.%d}", f"{day:%Y-%m-%d} 00:00:00"))


def date_us(v: Values, day: date) -> str:
    return v.one(
        (f"{day:%m/%d/%Y}", f"{day:%m-%d-%Y}"),
        (f"{day.month}/{day.day}/{day.year}", f"{day:%d-%b-%Y}", f"{day:%B} {day.day}, {day.year}"),
    )


def remark_zh(v: Values) -> str:
    return f"{v.of(zh('sentences'))},{v.of(zh('sentences'))}"


def remark_with_person(v: Values) -> str:
    who = name_zh(v)
    if v.r.random() < 0.4:
        return remark_zh(v)
    return v.one(
        (f"{who}来电反映{v.of(zh('sentences'))},联系电话{v.mobile()}", f"已联系户主{who},{v.of(zh('sentences'))}"),
        (f"经与{who}本人({v.mobile()})核实,{v.of(zh('sentences'))}", f"当事人{who}到场签字,{v.of(zh('sentences'))}"),
    )


def case_number_zh(v: Values) -> str:
    court, kind = v.one(("苏1002", "苏1003"), ("皖0202", "闽0503")), v.one(("执", "民初"), ("执恢", "刑初"))
    return f"({v.r.randrange(2019, 2025)}){court}{kind}{v.r.randrange(1, 9999)}号"


def drug_spec(v: Values) -> str:
    return v.one(("0.25g*24片", "10mg*7片", "100ml"), ("5mg×14片/盒", "20mg*28s", "0.5g:2ml"))


# ---- English ----------------------------------------------------------------------------------------------------


def name_en(v: Values) -> str:
    middle = f" {v.letters(1)}." if v.r.random() < 0.15 else ""
    return f"{v.of(en('first'))}{middle} {v.of(en('last'))}"


def name_last_first(v: Values) -> str:
    return f"{v.of(en('last'))}, {v.of(en('first'))}"


def name_titled(v: Values) -> str:
    wife = f" ({v.of(en('first'))} {v.of(en('last'))})" if v.r.random() < 0.2 else ""
    return f"{v.of(en('last'))}, {v.of(en('titles'))} {v.of(en('first'))} {v.of(en('first'))}{wife}"


def name_upper(v: Values) -> str:
    return name_en(v).upper()


def company_en(v: Values) -> str:
    return (
        f"{v.of(en('company_heads'))} {v.of(en('company_ends'))}"
        if v.r.random() < 0.7
        else f"{v.of(en('last'))}, {v.of(en('last'))} and {v.of(en('last'))}"
    )


def street_en(v: Values) -> str:
    unit = (
        v.one(
            (f" Apt {v.r.randrange(1, 99)}",),
            (f", Suite {v.r.randrange(100, 999)}", f" Apt. {v.r.randrange(100, 999)}"),
        )
        if v.r.random() < 0.3
        else ""
    )
    return f"{v.r.randrange(1, 9999)} {v.of(en('streets'))} {v.of(en('street_kinds'))}{unit}"


def address_en(v: Values) -> str:
    joint = v.one((", ",), (", ", "\n"))
    if v.half != TUNED and v.r.random() < 0.1:
        return f"PSC {v.digits(4)}, Box {v.digits(4)}{joint}APO AE {v.digits(5)}"
    return f"{street_en(v)}{joint}{v.of(en('cities'))}, {v.of(en('state_codes'))} {v.digits(5)}"


def email(v: Values) -> str:
    first, last = v.of(en("first")).lower(), v.of(en("last")).lower().replace("'", "")
    return v.one(
        (f"{first}.{last}@example.com", f"{first}{v.r.randrange(99)}@mail.example.org"),
        (f"{first[0]}{last}@example.net", f"{last}_{first}@corp.example.co.uk", f"{v.digits(9)}@qq.example.cn"),
    )


def email_zh(v: Values) -> str:
    return v.one(
        (f"{v.digits(8)}@qq.com", f"{v.letters(5).lower()}{v.digits(3)}@163.com"),
        (
            f"{v.mobile()}@139.com",
            f"{v.letters(6).lower()}@sina.com.cn",
            f"{v.letters(3).lower()}_{v.digits(4)}@foxmail.com",
        ),
    )


def postcode_uk(v: Values) -> str:
    return f"{v.letters(v.r.randrange(1, 3), 'BCDEGHLMNRSW')}{v.r.randrange(1, 29)} {v.r.randrange(1, 9)}{v.letters(2, 'ABDEFGHJLNPQRSTUWXYZ')}"


def cabin(v: Values) -> str:
    return f"{v.letters(1, 'ABCDEF')}{v.r.randrange(2, 148)}"


def ticket(v: Values) -> str:
    return v.r.choice(
        (
            f"{v.r.randrange(2000, 400000)}",
            f"PC {v.r.randrange(17000, 17999)}",
            f"A/5 {v.r.randrange(2000, 39999)}",
            f"STON/O2. {v.r.randrange(3100000, 3109999)}",
        )
    )


def listing(v: Values) -> str:
    return v.of(en("listings")) + (f" {v.r.randrange(1, 30)}" if v.r.random() < 0.5 else "")
