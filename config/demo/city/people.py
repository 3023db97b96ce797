"""The made-up people of the demo city: households first, then a name, an ID and a life for each.

Lives here: one clean record per person, from which every table about people takes its rows. No value is taken from a
real person: names, dates, numbers and addresses are drawn from lists and a seed. What makes the tables dirty lives in
`dirt`.

People born from 1935 up to the reference date; every year of birth, sex and district has several of them at full
scale, so that a table generalised to those three can reach k = 3 while the exact date of birth leaves most people
alone in their class.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from config.demo.city.columns import (
    Days,
    Indices,
    Mask,
    Text,
    digits,
    distinct_numbers,
    draw,
    hide,
    join,
    numbers_as_text,
    pick,
    stream,
)
from config.demo.city.identifiers import area_codes, mobiles, resident_ids
from config.demo.city.names import Names, draw_names, draw_surnames
from config.demo.city.places import (
    DISTRICT_CODES,
    DISTRICT_WEIGHTS,
    DISTRICTS,
    ELSEWHERE_CODES,
    RETIRED_CODES,
    AddressBook,
)

REFERENCE_DATE = date(2025, 8, 1)
OLDEST = 89  # years
NOBODY = -1

ETHNICITIES = (
    "汉族",
    "回族",
    "苗族",
    "满族",
    "土家族",
    "壮族",
    "蒙古族",
    "维吾尔族",
    "布依族",
    "侗族",
    "彝族",
    "朝鲜族",
)
_ETHNICITY_WEIGHTS = (965, 8, 6, 4, 5, 3, 2, 1, 2, 1, 2, 1)
EDUCATION = ("未上学", "小学", "初中", "高中", "中专", "大学专科", "大学本科", "硕士研究生", "博士研究生")
# Shares of the levels per period of birth: before 1955, before 1975, before 1990, since.
_EDUCATION_WEIGHTS = (
    (12, 38, 32, 11, 3, 2.5, 1.5, 0, 0),
    (2, 14, 42, 20, 8, 8, 5.5, 0.4, 0.1),
    (0.3, 3, 27, 15, 10, 21, 20, 3.2, 0.5),
    (0.2, 1, 13, 14, 8, 25, 32, 6, 0.8),
)
OCCUPATIONS = (
    "学龄前儿童",
    "学生",
    "退休人员",
    "企业管理人员",
    "专业技术人员",
    "办事人员",
    "商业服务业人员",
    "生产制造人员",
    "农林牧渔人员",
    "个体经营者",
    "自由职业者",
    "无业人员",
)
_WORKING = np.array([0, 0, 0, 5, 19, 14, 27, 22, 3, 6, 2.5, 1.5])
MARRIAGE = ("未婚", "已婚", "离异", "丧偶")
HOUSEHOLD_KINDS = ("家庭户", "集体户")
RELATIONS = ("户主", "配偶", "子女", "父母", "其他亲属")
HEAD, SPOUSE, CHILD, PARENT, OTHER = range(5)


@dataclass(frozen=True, slots=True)
class People:
    """One clean record per person, household after household; all columns have one length.

    `household` numbers households; `relation` indexes RELATIONS; `head` and `contact` are rows of this same record
    (the contact is another member of the household, NOBODY for people who live alone). `address` is a row of the
    address book.
    """

    id_number: Text
    names: Names
    female: Mask
    birth: Days
    age: Indices
    district: Indices
    address: Indices
    full_address: Text
    household: Indices
    relation: Indices
    head: Indices
    contact: Indices
    marriage: Indices
    ethnicity: Indices
    education: Indices
    occupation: Indices
    local: Mask
    mobile: Text
    card_number: Text

    def __len__(self) -> int:
        return len(self.id_number)

    @property
    def birth_years(self) -> Indices:
        return self.birth.astype("datetime64[Y]").astype(np.int64) + 1970

    def adults(self) -> Indices:
        """Rows of people of 18 years and more."""
        return np.flatnonzero(self.age >= 18)


def populate(rows: int, book: AddressBook, *, seed: int) -> People:
    """Draw `rows` people, household by household."""
    rng = stream(seed, "people")
    household, position = _households(rows, rng)
    head = np.flatnonzero(position == 0)[household]
    relation, age = _ages(household, position, head, rng)
    size = np.bincount(household)[household]

    female = rng.random(rows) < 0.487
    # A spouse is of the other sex; a second parent would be too, but one parent is what most households have.
    female[relation == SPOUSE] = ~female[head[relation == SPOUSE]]
    birth = np.datetime64(REFERENCE_DATE, "D") - np.timedelta64(1, "D") * _days_lived(age, rng)
    years = birth.astype("datetime64[Y]").astype(np.int64) + 1970

    surname = draw_surnames(rows, rng=rng)
    heirs = (relation == CHILD) | ((relation == PARENT) & ~female)
    surname[heirs] = surname[head[heirs]]
    names = draw_names(surname, years, female, rng=rng)

    households = int(household[-1]) + 1
    home_district = draw(rng, DISTRICT_WEIGHTS, households)
    home_address = book.draw_homes(home_district, rng=rng)
    district, address = home_district[household], home_address[household]
    full_address = join(pick(book.full, address), pick(_rooms(households, rng), household))

    local = _local(household, relation, rng)
    contact = np.where(relation == HEAD, np.minimum(head + 1, rows - 1), head)
    contact[size == 1] = NOBODY

    own_mobile = mobiles(rows, rng=rng)
    carrier = np.where(age < 12, head, np.arange(rows))  # a child is reached at the head's number

    return People(
        id_number=resident_ids(_areas(district, years, local, rng), birth, female, rng=rng),
        names=names,
        female=female,
        birth=birth,
        age=age,
        district=district,
        address=address,
        full_address=full_address,
        household=household,
        relation=relation,
        head=head,
        contact=contact,
        marriage=_marriage(relation, age, head, rng),
        ethnicity=_ethnicity(household, names, rng),
        education=_education(age, years, rng),
        occupation=_occupation(age, female, rng),
        local=local,
        mobile=pick(own_mobile, carrier),
        card_number=join("205", digits(distinct_numbers(rng, rows, 10**9), 9)),
    )


def _households(rows: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Household number and position in it, of each person."""
    sizes = draw(rng, (0.2, 0.3, 0.27, 0.13, 0.1), rows) + 1
    ends = np.cumsum(sizes)
    household = np.searchsorted(ends, np.arange(rows), side="right")
    starts = np.concatenate([[0], ends])[household]
    return household, np.arange(rows) - starts


def _ages(household: Indices, position: Indices, head: Indices, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Relation to the head and age, so that the generations of a household fit each other."""
    rows = household.size
    ages = np.arange(20, OLDEST + 1)
    # Three and more under one roof are mostly parents with a child; one or two are the young and the old. The oldest
    # are a few more than in life, so that the last, broken year of birth does not leave people alone in their class.
    large = np.interp(ages, [20, 26, 33, 45, 55, 65, OLDEST], [0.0, 0.6, 1.6, 1.4, 0.6, 0.3, 0.1])
    small = np.interp(ages, [20, 25, 32, 45, 56, 66, 75, OLDEST], [0.8, 1.3, 0.9, 0.7, 1.1, 1.1, 0.8, 0.95])
    is_large = np.bincount(household)[household] >= 3
    head_age = (np.where(is_large, draw(rng, large, rows), draw(rng, small, rows)) + 20)[head]

    chance = rng.random(rows)
    relation = np.full(rows, CHILD)
    relation[(position == 1) & (chance < 0.86) & (head_age >= 23)] = SPOUSE
    relation[(position >= 2) & (chance > 0.62) & (head_age <= 60)] = PARENT
    relation[(position >= 1) & (head_age < 23)] = OTHER
    relation[position == 0] = HEAD

    age = head_age.copy()
    gap = rng.integers(23, 34, rows)
    age = np.where(relation == SPOUSE, np.maximum(head_age + rng.integers(-4, 4, rows), 22), age)
    child = np.where(head_age - gap >= 0, head_age - gap, rng.integers(0, 4, rows) % np.maximum(head_age - 20, 1))
    age = np.where(relation == CHILD, child, age)
    age = np.where(relation == PARENT, head_age + rng.integers(21, 32, rows), age)
    age = np.where(relation == OTHER, rng.integers(18, 26, rows), age)
    return relation, np.where(age > OLDEST, rng.integers(70, OLDEST + 1, rows), age)


def _days_lived(age: Indices, rng: np.random.Generator) -> Indices:
    """Days since birth for people of a full age in years: the year's 365 days, shifted by the leap days lived
    through."""
    return age * 365 + age // 4 + 1 + rng.integers(0, 364, age.size)


def _local(household: Indices, relation: Indices, rng: np.random.Generator) -> Mask:
    """Whether a person was registered here at birth: a household's own affair, with children mostly born here."""
    came = rng.random(int(household[-1]) + 1) < 0.34
    local: Mask = ~came[household] | ((relation == CHILD) & (rng.random(household.size) < 0.7))
    return local


def _areas(district: Indices, years: Indices, local: Mask, rng: np.random.Generator) -> Indices:
    """Area code on the ID: of this district, of a retired code for the older, or of the place a person came from."""
    rows = district.size
    areas = area_codes(DISTRICT_CODES)[district]
    older = (years < 2001) & (rng.random(rows) < 0.35)
    for index, place in enumerate(DISTRICTS):
        retired = RETIRED_CODES.get(place.key)
        if retired is not None:
            here = older & (district == index)
            areas[here] = area_codes(retired)[rng.integers(0, len(retired), int(here.sum()))]
    elsewhere = area_codes(ELSEWHERE_CODES)[rng.integers(0, len(ELSEWHERE_CODES), rows)]
    return np.where(local, areas, elsewhere)


def _ethnicity(household: Indices, names: Names, rng: np.random.Generator) -> Indices:
    """A household's own, but for people whose dotted name says another."""
    ethnicity = draw(rng, _ETHNICITY_WEIGHTS, int(household[-1]) + 1)[household]
    ethnicity[names.dotted] = ETHNICITIES.index("维吾尔族")
    return ethnicity


def _rooms(households: int, rng: np.random.Generator) -> Text:
    """Building and room of each household."""
    room = rng.integers(1, 19, households) * 100 + rng.integers(1, 5, households)
    return join(numbers_as_text(rng.integers(1, 31, households)), "幢", numbers_as_text(room), "室")


def _marriage(relation: Indices, age: Indices, head: Indices, rng: np.random.Generator) -> Indices:
    """Marital status: couples of a household are married, the rest as their age makes likely."""
    chance = rng.random(age.size)
    alone = np.select(
        [age < 22, age < 30, age < 45, age < 65],
        [
            0,
            np.where(chance < 0.8, 0, 1),
            np.where(chance < 0.3, 0, np.where(chance < 0.8, 1, 2)),
            np.where(chance < 0.75, 1, 2),
        ],
        np.where(chance < 0.55, 1, 3),
    )
    with_spouse = np.zeros(age.size, dtype=np.bool_)
    with_spouse[relation == SPOUSE] = True
    with_spouse[head[relation == SPOUSE]] = True
    return np.where(with_spouse, 1, alone).astype(np.int64)


def _education(age: Indices, years: Indices, rng: np.random.Generator) -> Indices:
    """Level of education by period of birth; children have the level of their age."""
    period = np.searchsorted((1955, 1975, 1990), years, side="right")
    edges = np.cumsum(np.asarray(_EDUCATION_WEIGHTS), axis=1)
    level = (rng.random(age.size)[:, None] * edges[period][:, -1:] > edges[period]).sum(axis=1)
    so_far = np.select([age < 7, age < 13, age < 16, age < 19], [0, 1, 2, 3], 8)
    return np.where(age < 19, so_far, level).astype(np.int64)


def _occupation(age: Indices, female: Mask, rng: np.random.Generator) -> Indices:
    """Occupation by age; women retire from 52, men from 60."""
    working = draw(rng, _WORKING, age.size)
    student_until = 18 + rng.integers(0, 6, age.size)
    retired = age >= np.where(female, 52, 60)
    return np.select([age < 6, age < student_until, retired], [0, 1, 2], working).astype(np.int64)


def contact_of(people: People, rows: Indices, values: Text) -> Text:
    """`values` (a column of the people record) of the household contact of each row; null for those who have none."""
    contact = people.contact[rows]
    taken: Text = hide(pick(values, np.maximum(contact, 0)), contact == NOBODY)
    return taken
