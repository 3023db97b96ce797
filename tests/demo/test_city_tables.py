"""The demo city's tables join, are as dirty as real ones, and can be released once they are generalised."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np
import pytest

from config.demo.city import REFERENCE_DATE, row_counts
from config.demo.city.places import DISTRICT_NAMES, DISTRICTS
from config.demo.city.records import CityRecords, record_city
from config.demo.city.tables.medical_visits import build_medical_visits
from tests.demo.reading import (
    SmallCity,
    credit_code_is_valid,
    luhn_is_valid,
    one_form,
    resident_id_is_valid,
    vin_is_valid,
)

ID_COLUMNS = [
    ("population", "id_no"),
    ("legal_entities", "法定代表人证件号码"),
    ("credit_records", "id_no"),
    ("vehicles", "owner_id_no"),
    ("housing", "owner_id_no"),
    ("medical_visits", "id_no"),
]
REMARK_COLUMNS = [
    ("government_cases", "bz"),
    ("housing", "remark"),
    ("medical_visits", "remark"),
    ("utilities", "备注"),
]
SOME_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def _ids(city: SmallCity, key: str, column: str) -> list[str]:
    return [one_form(value) for value in city.values(key, column)]


def _classes(rows: Iterable[tuple[object, object]]) -> list[int]:
    """Distinct subjects of each class, from pairs (class, subject)."""
    classes: dict[object, set[object]] = defaultdict(set)
    for key, subject in rows:
        classes[key].add(subject)
    return [len(subjects) for subjects in classes.values()]


@pytest.mark.parametrize(("key", "column"), ID_COLUMNS)
def test_about_one_id_in_seventy_is_mistyped_and_the_rest_are_valid(
    small_city: SmallCity, key: str, column: str
) -> None:
    ids = _ids(small_city, key, column)
    wrong = sum(not resident_id_is_valid(value) for value in ids) / len(ids)
    assert 0.002 < wrong < 0.035
    assert all(len(value) == 18 for value in ids)


def test_mistyped_ids_of_the_population_are_between_one_and_two_per_cent(small_city: SmallCity) -> None:
    ids = _ids(small_city, "population", "id_no")
    assert 0.01 <= sum(not resident_id_is_valid(value) for value in ids) / len(ids) <= 0.02


@pytest.mark.parametrize(("key", "column"), ID_COLUMNS[1:])
def test_an_id_leads_from_every_table_to_the_population(small_city: SmallCity, key: str, column: str) -> None:
    residents = set(_ids(small_city, "population", "id_no"))
    ids = _ids(small_city, key, column)
    assert sum(value in residents for value in ids) / len(ids) > 0.93


def test_spelling_must_be_brought_to_one_form_before_ids_join(small_city: SmallCity) -> None:
    raw = {value for value in small_city.values("population", "id_no") if resident_id_is_valid(value)}
    found = {value for value in _ids(small_city, "population", "id_no") if resident_id_is_valid(value)}
    assert len(found) > len(raw) * 1.03


def test_a_joined_person_has_the_same_name_birth_and_sex(small_city: SmallCity) -> None:
    people = {one_form(row["id_no"]): row for row in small_city.rows("population")}
    met = 0
    for visit in small_city.rows("medical_visits"):
        person = people.get(one_form(visit["id_no"] or ""))
        if person is None:
            continue
        met += 1
        assert re.sub(r"\s", "", visit["name"]) == re.sub(r"\s", "", person["name"])
        assert visit["birth_date"] == person["birth_date"].isoformat()
        assert visit["sex"] == person["sex"]
    assert met > 500


def test_the_id_agrees_with_the_columns_for_birth_and_sex(small_city: SmallCity) -> None:
    for row in small_city.rows("population"):
        value = one_form(row["id_no"])
        if resident_id_is_valid(value):
            assert value[6:14] == row["birth_date"].strftime("%Y%m%d")
            assert (int(value[16]) % 2 == 1) == (row["sex"] == "男")
            assert row["birth_date"] <= REFERENCE_DATE


def test_a_credit_code_leads_to_the_register_from_utilities_credit_cases_and_parcels(small_city: SmallCity) -> None:
    register = {one_form(value) for value in small_city.values("legal_entities", "统一社会信用代码")}
    assert sum(credit_code_is_valid(value) for value in register) / len(register) > 0.97
    cases = [row["zjhm"] for row in small_city.rows("government_cases") if row["zjlx"] == "统一社会信用代码"]
    parcels = [row["holder_code"] for row in small_city.rows("parcels") if row["holder_type"] == "法人"]
    for codes in (
        small_city.values("utilities", "统一社会信用代码"),
        small_city.values("credit_records", "uscc"),
        cases,
        parcels,
    ):
        assert len(codes) > 20
        assert sum(one_form(code) in register for code in codes) / len(codes) > 0.95


def test_firms_of_the_organisation_tree_stand_in_the_register(small_city: SmallCity) -> None:
    names = dict(
        zip(
            (one_form(value) for value in small_city.values("legal_entities", "统一社会信用代码")),
            (value.strip() for value in small_city.values("legal_entities", "企业名称")),
            strict=True,
        )
    )
    firms = [item for item in small_city.manifest.organizations if item.kind == "enterprise"]
    assert firms
    assert all(names.get(firm.uscc) in {firm.name_zh, None} for firm in firms)
    assert sum(firm.uscc in names for firm in firms) >= len(firms) - 1  # one may have been mistyped


def test_a_trip_leads_to_a_person_by_card_or_by_plate(small_city: SmallCity) -> None:
    cards = set(small_city.values("population", "citizen_card_no"))
    plates = {value.strip() for value in small_city.values("vehicles", "plate")}
    trips = small_city.rows("trips")
    assert all((row["card_no"] is None) != (row["plate"] is None) for row in trips)
    assert all(plate in plates for plate in small_city.values("trips", "plate"))
    ridden = small_city.values("trips", "card_no")
    assert sum(card in cards for card in ridden) / len(ridden) > 0.9


def test_an_account_is_one_person_whether_by_card_or_by_plate(small_city: SmallCity) -> None:
    holders: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in small_city.rows("trips"):
        holders[row["account_no"]].add((row["sex"], row["home_district"]))
    assert all(len(who) == 1 for who in holders.values())


def test_an_address_code_leads_to_the_address_book_and_agrees_with_the_district(small_city: SmallCity) -> None:
    book = {row["address_code"]: row for row in small_city.rows("addresses")}
    for key in ("population", "housing", "parcels"):
        assert all(code in book for code in small_city.values(key, "address_code")), key
    for row in small_city.rows("population"):
        if row["address_code"] and row["address"]:
            standard = book[row["address_code"]]
            assert row["address"].startswith(standard["full_address"].strip())
            assert row["district_code"] == standard["district_code"]


def test_ids_are_spelled_in_every_way_people_spell_them(small_city: SmallCity) -> None:
    ids = small_city.values("population", "id_no")
    for pattern in (r"\d{6} \d{8} .{4}", r"\d{6}-\d{8}-.{4}", r"[0-9]{17}[0-9X]", r"\d{17}x", r".{18} +"):
        assert any(re.fullmatch(pattern, value) for value in ids), pattern


def test_mobiles_are_spelled_in_every_way_people_spell_them(small_city: SmallCity) -> None:
    mobiles = small_city.values("population", "mobile")
    plain = sum(bool(re.fullmatch(r"1\d{10}", value)) for value in mobiles) / len(mobiles)
    assert 0.85 < plain < 0.97
    for pattern in (r"\+86\d{11}", r"\+86-\d{3}-\d{4}-\d{4}", r"\d{3}-\d{4}-\d{4}", r"\d{3} \d{4} \d{4}"):
        assert any(re.fullmatch(pattern, value) for value in mobiles), pattern


def test_dates_are_spelled_four_ways_where_hands_wrote_them(small_city: SmallCity) -> None:
    for key, column in (("legal_entities", "成立日期"), ("government_cases", "csrq")):
        values = small_city.values(key, column)
        for pattern in (r"\d{4}-\d\d-\d\d", r"\d{4}/\d{1,2}/\d{1,2}", r"\d{8}", r"\d{4}年\d{1,2}月\d{1,2}日"):
            assert any(re.fullmatch(pattern, value) for value in values), (key, pattern)


def test_districts_are_written_two_ways(small_city: SmallCity) -> None:
    for key, column in (("population", "district"), ("government_cases", "szq"), ("housing", "district")):
        written = set(small_city.values(key, column))
        assert all({place.name, place.other_name} <= written for place in DISTRICTS), key
    assert set(small_city.values("medical_visits", "district")) == set(DISTRICT_NAMES)


def test_values_are_missing_and_names_have_blanks(small_city: SmallCity) -> None:
    for key, column in (("population", "mobile"), ("medical_visits", "id_no"), ("credit_records", "phone")):
        assert len(small_city.values(key, column)) < len(small_city.rows(key)), key
    names = small_city.values("population", "name")
    assert any(name.endswith(" ") for name in names)
    assert any("\u3000" in name for name in names)


def test_somebody_is_registered_twice_in_another_spelling(small_city: SmallCity) -> None:
    raw = Counter(_ids(small_city, "population", "id_no"))
    assert sum(count > 1 for count in raw.values()) >= 10


@pytest.mark.parametrize(("key", "column"), REMARK_COLUMNS)
def test_remarks_mention_other_people(small_city: SmallCity, key: str, column: str) -> None:
    remarks = small_city.values(key, column)
    assert any(SOME_MOBILE.search(remark) for remark in remarks)
    assert len(set(remarks)) > 4


def test_remarks_name_people_of_the_population_with_their_ids(small_city: SmallCity) -> None:
    residents = set(_ids(small_city, "population", "id_no"))
    named = re.findall(r"\d{17}[\dX]", " ".join(small_city.values("medical_visits", "remark")))
    assert named
    assert set(named) & residents


def test_all_distinct_remarks_can_be_read_in_seconds_at_full_size(small_city: SmallCity) -> None:
    characters = sum(len(remark) for key, column in REMARK_COLUMNS for remark in set(small_city.values(key, column)))
    assert characters / small_city.manifest.scale < 500_000


def test_a_housing_remark_has_quotes_and_a_line_break_inside_the_field(small_city: SmallCity) -> None:
    assert any("\n" in remark and '"' in remark for remark in small_city.values("housing", "remark"))


def test_the_sheet_mixes_numbers_with_figures_typed_as_text(small_city: SmallCity) -> None:
    figures = small_city.values("utilities", "用水量(吨)_一季度") + small_city.values(
        "utilities", "用电量(千瓦时)_一季度"
    )
    assert sum(isinstance(value, float) for value in figures) / len(figures) > 0.9
    assert any(isinstance(value, str) for value in figures)


def test_bank_cards_vehicle_numbers_and_plates_are_well_formed(small_city: SmallCity) -> None:
    cards = small_city.values("housing", "fund_card_no") + small_city.values("government_cases", "yhkh")
    assert all(luhn_is_valid(card.replace(" ", "")) for card in cards)
    assert any(" " in card for card in cards)
    assert all(vin_is_valid(value) for value in small_city.values("vehicles", "vin"))
    assert all(plate.startswith("苏E") for plate in small_city.values("vehicles", "plate"))


def test_mail_addresses_stay_within_the_example_domains(small_city: SmallCity) -> None:
    mails = small_city.values("legal_entities", "电子邮箱") + small_city.values("government_cases", "dzyx")
    assert mails
    assert all(re.fullmatch(r"[a-z]+\d+@example\.(com|cn|org)", mail) for mail in mails)


def test_a_case_holds_ids_passports_and_credit_codes_in_one_column(small_city: SmallCity) -> None:
    kinds = Counter(row["zjlx"] for row in small_city.rows("government_cases"))
    assert set(kinds) == {"居民身份证", "普通护照", "统一社会信用代码"}
    assert kinds["居民身份证"] > sum(kinds.values()) / 2


def test_nobody_has_a_diagnosis_of_the_other_sex(small_city: SmallCity) -> None:
    for visit in small_city.rows("medical_visits"):
        assert not (visit["ward"] in {"产科", "妇科"} and visit["sex"] == "男")
        assert not (visit["diagnosis"] == "前列腺增生" and visit["sex"] == "女")


def test_exact_birth_dates_single_most_patients_out(small_city: SmallCity) -> None:
    rows = small_city.rows("medical_visits")
    sizes = _classes(((row["birth_date"], row["sex"], row["district"]), row["patient_no"]) for row in rows)
    assert sizes.count(1) / len(sizes) > 0.9


@pytest.fixture(scope="module")
def third_city() -> CityRecords:
    """The records of a city a third as large, without files: enough people for classes, too few to take long."""
    return record_city(row_counts(1 / 3), seed=20250801)


def test_population_generalised_to_decade_sex_and_district_has_no_small_class(third_city: CityRecords) -> None:
    people = third_city.people
    classes = np.stack([people.birth_years // 10, people.female, people.district])
    _, sizes = np.unique(classes, axis=1, return_counts=True)
    assert sizes.min() >= 3


def test_medical_visits_generalised_to_decade_sex_and_district_have_no_small_class(third_city: CityRecords) -> None:
    visits = build_medical_visits(third_city, row_counts(1 / 3)["medical_visits"])
    rows = visits.select(["birth_date", "sex", "district", "patient_no", "diagnosis"]).to_pylist()
    decades = [((row["birth_date"][:3], row["sex"], row["district"]), row) for row in rows]
    assert min(_classes((key, row["patient_no"]) for key, row in decades)) >= 3
    assert min(_classes((key, row["diagnosis"]) for key, row in decades)) >= 2


def test_households_share_an_address_and_generations_fit(third_city: CityRecords) -> None:
    people = third_city.people
    head = people.head
    assert (people.address == people.address[head]).all()
    assert (people.household == people.household[head]).all()
    child = people.relation == 2
    assert (people.age[head][child] - people.age[child] >= 17).mean() > 0.99
    spouse = people.relation == 1
    assert (people.female[head][spouse] != people.female[spouse]).all()
