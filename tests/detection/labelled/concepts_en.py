"""The concepts of English tables: persons' data, and what only looks like it. Public tables spell headers as the schemas here do."""

from __future__ import annotations

import hashlib
from typing import Final

from tests.detection.labelled import texts
from tests.detection.labelled.concept import NONE, Concept
from tests.detection.labelled.concept import concept as c
from tests.detection.labelled.values import Values
from tests.detection.labelled.words import en


def _upc(v: Values) -> str:
    body = f"0{v.digits(10)}"
    return body + str(-sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(body)) % 10)


def _grouped(v: Values) -> str:
    card = v.credit_card()
    return " ".join(card[i : i + 4] for i in range(0, 16, 4))


PERSONS: Final[dict[str, Concept]] = {
    "name": c("PERSON", texts.name_en, en="name;full name | customer name;person;client name;participant"),
    "name_passenger": c("PERSON", texts.name_titled, en="name | passenger name"),
    "name_last_first": c("PERSON", texts.name_last_first, en="employee name | name;defendant name"),
    "name_upper": c("PERSON", texts.name_upper, en="cardholder name | insured name"),
    "first": c("PERSON", lambda v: v.of(en("first")), en="first name;fname | given name;first;forename"),
    "last": c("PERSON", lambda v: v.of(en("last")), en="last name;lname | surname;last;family name"),
    "doctor": c("PERSON", texts.name_en, en="doctor | attending physician;provider name"),
    "manager": c("PERSON", texts.name_en, en="manager name | supervisor;sales rep"),
    "host": c("PERSON", lambda v: v.of(en("first")), en="host name | reviewer name"),
    "author": c("PERSON", texts.name_en, en="author | book author"),
    "email": c("EMAIL_ADDRESS", texts.email, en="email;email address | e-mail;contact email;mail"),
    "phone": c(
        "PHONE_NUMBER", lambda v: v.phone_us(), en="phone;phone number | telephone;contact number;home phone;phone 1"
    ),
    "phone_uk": c("PHONE_NUMBER", lambda v: v.phone_uk(), en="phone | mobile number;telephone number"),
    "phone_int": c(
        "PHONE_NUMBER", lambda v: v.r.randrange(2010000000, 9890000000), en="phone number | cell phone", by_name=True
    ),
    "phone_masked": c(
        "PHONE_NUMBER",
        lambda v: v.one((f"***-***-{v.digits(4)}",), (f"XXX-XXX-{v.digits(4)}", f"(***) ***-{v.digits(4)}")),
        en="phone | contact phone",
        by_name=True,
        also="none",
    ),
    "ssn": c("US_SSN", lambda v: v.ssn(), en="ssn | social security number;ss no"),
    "address": c("CN_ADDRESS", texts.address_en, en="address | mailing address;full address;home address"),
    "street": c("CN_ADDRESS", texts.street_en, en="street address;street | address line 1;address1;residence street"),
    "city": c("REGION", lambda v: v.of(en("cities")), en="city | town;city of residence;birth city", by_name=True),
    "state": c("REGION", lambda v: v.of(en("states")), en="state | state name;province", by_name=True),
    "state_code": c("REGION", lambda v: v.of(en("state_codes")), en="state | state code;st", by_name=True),
    "county": c("REGION", lambda v: v.of(en("counties")), en="county | county name", by_name=True),
    "country": c(
        "REGION",
        lambda v: v.of(en("countries")),
        en="country;native country | country of residence;birth country",
        by_name=True,
        also="none",
    ),
    "hood": c(
        "REGION", lambda v: v.of(en("hoods")), en="neighbourhood | neighborhood;area name", by_name=True, also="none"
    ),
    "borough": c(
        "REGION", lambda v: v.of(en("boroughs")), en="neighbourhood group | borough", by_name=True, also="none"
    ),
    "zip": c(
        "POSTCODE",
        lambda v: f"{v.r.randrange(10001, 99950):05d}",
        en="zip;zip code | zipcode;postal code",
        by_name=True,
    ),
    "zip4": c(
        "POSTCODE",
        lambda v: f"{v.r.randrange(10001, 99950):05d}-{v.digits(4)}",
        en="zip code | zip plus4",
        by_name=True,
    ),
    "postcode_uk": c("POSTCODE", texts.postcode_uk, en="postcode | post code", by_name=True),
    "born": c("BIRTH_DATE", lambda v: v.born(), en="date of birth;dob | birth date;birthdate;birthday", by_name=True),
    "born_us": c("BIRTH_DATE", lambda v: texts.date_us(v, v.born()), en="birth date | dob;patient dob", by_name=True),
    "birth_year": c(
        "BIRTH_DATE", lambda v: v.born().year, en="birth year;year birth | year of birth;yob", by_name=True
    ),
    "age": c("AGE", lambda v: v.r.randrange(17, 91), en="age | patient age;age years;customer age", by_name=True),
    "age_float": c(
        "AGE", lambda v: v.r.choice((0.42, 0.75, *range(1, 75))) * 1.0, en="age | age in years", by_name=True
    ),
    "age_group": c("AGE", lambda v: v.of(en("age_groups")), en="age group | age range;age band", by_name=True),
    "gender": c("SEX", lambda v: v.r.choice(("Male", "Female")), en="gender;sex | patient gender"),
    "gender_letter": c("SEX", lambda v: v.r.choice("MF"), en="sex | gender;sex at birth"),
    "gender_lower": c("SEX", lambda v: v.r.choice(("male", "female")), en="sex | gender identity"),
    "gender_code": c("SEX", lambda v: v.r.choice((1, 2)), en="gender code | sex", by_name=True),
    "gender_binary": c("SEX", lambda v: v.r.choice((0, 1)), en="gender | male", by_name=True),
    "marital": c("MARITAL_STATUS", lambda v: v.of(en("marital")), en="marital status;maritalstatus | marital"),
    "marital_letter": c(
        "MARITAL_STATUS",
        lambda v: v.one(("S", "M", "D", "W"), ("M", "S", "D")),
        en="marital | marital status",
        by_name=True,
    ),
    "married": c("MARITAL_STATUS", lambda v: v.of(en("yes_no")), en="married | ever married", by_name=True),
    "race": c("ETHNICITY", lambda v: v.of(en("races")), en="race | ethnicity;race desc;race ethnicity"),
    "religion": c("RELIGION", lambda v: v.of(en("religions")), en="religion | religious affiliation"),
    "education": c("EDUCATION", lambda v: v.of(en("educations")), en="education | education level;highest education"),
    "education_code": c(
        "EDUCATION", lambda v: v.r.randrange(1, 5), en="education | education level", by_name=True, also="none"
    ),
    "job": c("OCCUPATION", lambda v: v.of(en("jobs")), en="occupation;job role | job title;job;profession"),
    "employer": c("EMPLOYER", texts.company_en, en="employer | employer name", also="ORGANIZATION"),
    "salary": c(
        "INCOME",
        lambda v: v.skewed(24000, 240000),
        en="salary;annual income | monthly income;income;base salary;applicant income",
        by_name=True,
    ),
    "salary_dollar": c(
        "INCOME", lambda v: f"${v.skewed(24000, 240000):,}.00", en="salary | annual salary;wages", by_name=True
    ),
    "income_band": c(
        "INCOME", lambda v: v.of(en("income_bands")), en="income | income category;household income", by_name=True
    ),
    "card": c(
        "CN_BANK_CARD",
        lambda v: v.credit_card(),
        en="credit card number;card number | cc num;card no;credit card",
        also="CREDIT_CARD",
    ),
    "card_grouped": c("CN_BANK_CARD", _grouped, en="card number | payment card", also="CREDIT_CARD"),
    "card_masked": c(
        "CN_BANK_CARD",
        lambda v: v.one(
            (f"XXXX-XXXX-XXXX-{v.digits(4)}",), (f"************{v.digits(4)}", f"**** **** **** {v.digits(4)}")
        ),
        en="credit card number | card number",
        also="none CREDIT_CARD",
    ),
    "amex": c("CREDIT_CARD", lambda v: v.amex(), en="credit card | amex number", also="CN_BANK_CARD"),
    "iban": c("IBAN_CODE", lambda v: v.iban(), en="iban | bank account iban"),
    "ip": c("IP_ADDRESS", lambda v: v.ip(), en="ip address;ip | login ip;client ip;src ip"),
    "ip6": c("IP_ADDRESS", lambda v: v.ip6(), en="ipv6 | ip v6 address"),
    "mac": c("MAC_ADDRESS", lambda v: v.mac(), en="mac address | device mac"),
    "imei": c("IMEI", lambda v: v.imei(), en="imei | device imei"),
    "vin": c("VIN", lambda v: v.vin(), en="vin | vehicle identification number"),
    "passport": c("CN_PASSPORT", lambda v: v.passport(), en="passport number | passport no;passport"),
    "lat": c(
        "CN_GPS",
        lambda v: round(v.r.uniform(*v.one(((40.5, 40.9),), ((33.7, 34.3),))), 6),
        en="latitude;pickup latitude | lat;dropoff latitude",
        by_name=True,
    ),
    "lon": c(
        "CN_GPS",
        lambda v: round(v.r.uniform(*v.one(((-74.1, -73.7),), ((-118.6, -118.1),))), 6),
        en="longitude;pickup longitude | long;lng;dropoff longitude",
        by_name=True,
    ),
    "position": c(
        "CN_GPS",
        lambda v: f"({v.r.uniform(25, 48):.5f}, {-v.r.uniform(70, 120):.5f})",
        en="location | geolocation;lat long",
        by_name=True,
    ),
    "diagnosis": c(
        "DIAGNOSIS",
        lambda v: v.of(en("conditions")),
        en="medical condition;diagnosis | disease;primary diagnosis;condition",
    ),
    "icd": c(
        "DIAGNOSIS",
        lambda v: v.one(("I10", "E11.9", "J45.909", "M54.5"), ("N18.30", "F32.9", "J18.9", "K21.9", "E66.01")),
        en="icd10 code | diagnosis code;icd code",
    ),
    "mrn": c(
        "MEDICAL_RECORD",
        lambda v: v.one((f"{v.r.randrange(10**6, 10**7)}",), (f"MRN{v.digits(7)}", f"P{v.digits(5)}")),
        en="patient id;mrn | medical record number;patient number",
        by_name=True,
    ),
}

THINGS: Final[dict[str, Concept]] = {
    "row": c(NONE, lambda v: v.row + 1, en="id;index | row id;unnamed: 0;s no"),
    "passenger_id": c(NONE, lambda v: v.row + 1, en="passenger id | passengerid"),
    "order": c(
        NONE,
        lambda v: v.one(
            (f"US-{v.recent().year}-{v.digits(6)}", f"{v.digits(7)}"), (f"ORD{v.digits(8)}", f"#{v.digits(5)}")
        ),
        en="order id;order number | order no;po number",
    ),
    "invoice": c(
        NONE,
        lambda v: v.one((f"{v.r.randrange(536365, 581587)}",), (f"INV-{v.digits(6)}", f"C{v.digits(6)}")),
        en="invoice no;invoice | invoice id;invoice number",
    ),
    "txn": c(
        NONE,
        lambda v: v.one((v.digits(16),), (f"{v.r.randrange(10**15, 10**16)}", f"T{v.digits(12)}")),
        en="transaction id | trans num;reference number",
    ),
    "txn_hash": c(
        NONE,
        lambda v: hashlib.sha1(v.digits(9).encode(), usedforsecurity=False).hexdigest(),
        en="trans hash | commit sha;tx hash",
    ),
    "customer_id": c(
        NONE,
        lambda v: v.one((f"{v.r.randrange(12000, 19000)}",), (f"{v.digits(4)}-{v.letters(5)}", f"CG-{v.digits(5)}")),
        en="customer id | client id;user id;account id",
    ),
    "employee_no": c(NONE, lambda v: v.r.randrange(1, 3000), en="employee number;employee count | emp id;staff id"),
    "sku": c(
        NONE,
        lambda v: v.one(
            (f"{v.digits(5)}{v.letters(1)}",), (f"FUR-BO-{v.digits(8)}", f"B0{v.letters(2)}{v.digits(2)}{v.letters(4)}")
        ),
        en="sku;stock code | product id;asin",
    ),
    "serial": c(
        NONE,
        lambda v: f"{v.one(('G', 'S'), ('E', 'H', 'C', 'P'))}{v.digits(8)}",
        en="serial number | part number;asset tag",
    ),
    "product": c(
        NONE, lambda v: v.of(en("products")), en="product;product name;item | item name;description of goods;article"
    ),
    "category": c(NONE, lambda v: v.of(en("categories")), en="category | product category;sub category;segment"),
    "book": c(NONE, lambda v: v.of(en("books")), en="title;book title | book name;work title"),
    "quantity": c(NONE, lambda v: v.r.randrange(1, 60), en="quantity;qty | units sold;num items"),
    "price": c(NONE, lambda v: v.money(900), en="unit price;price | sales;list price;subtotal"),
    "amount": c(NONE, lambda v: v.money(20000), en="total;amount | total amount;amt;loan amount"),
    "dollar": c(NONE, lambda v: f"${v.money(900):,.2f}", en="price | amount usd;cost"),
    "tax": c(NONE, lambda v: v.money(90), en="tax;mta tax | sales tax;tax amount"),
    "fare": c(NONE, lambda v: v.money(90), en="fare;fare amount | tip amount;tolls amount"),
    "discount": c(NONE, lambda v: v.one((0, 0.1, 0.2), (0.05, 0.15, 0.3)), en="discount | discount rate"),
    "percent": c(NONE, lambda v: f"{v.r.randrange(100)}%", en="margin percent | completion;response rate"),
    "rate": c(NONE, lambda v: round(v.r.uniform(2, 24), 2), en="interest rate | apr;int rate"),
    "credit_score": c(NONE, lambda v: v.r.randrange(350, 851), en="credit score | fico;cibil score"),
    "term": c(NONE, lambda v: v.one((12, 36, 60), (180, 240, 360)), en="term | loan term;tenure months"),
    "purpose": c(NONE, lambda v: v.of(en("purposes")), en="purpose | loan purpose"),
    "balance": c(NONE, lambda v: v.money(90000), en="balance | account balance;avg balance"),
    "moment": c(
        NONE,
        lambda v: v.moment(),
        en="created at;invoice date;pickup datetime | updated at;timestamp;event time;dropoff datetime",
    ),
    "epoch": c(NONE, lambda v: 1_500_000_000 + v.r.randrange(10**8), en="unix time | epoch;ts"),
    "day": c(
        NONE, lambda v: v.recent(), en="order date;date of admission | ship date;hire date;last review;discharge date"
    ),
    "day_us": c(NONE, lambda v: texts.date_us(v, v.recent()), en="order date | start date;join date"),
    "year": c(NONE, lambda v: v.r.randrange(1998, 2025), en="year | model year;year built;fiscal year"),
    "month": c(NONE, lambda v: v.of(en("months")), en="month | birth flower month;arrival month"),
    "weekday": c(NONE, lambda v: v.of(en("weekdays")), en="day of week | weekday"),
    "status": c(NONE, lambda v: v.of(en("statuses")), en="status;order status | loan status;state of order"),
    "payment": c(NONE, lambda v: v.of(en("payments")), en="payment method | payment type;pay mode"),
    "card_kind": c(NONE, lambda v: v.of(en("card_kinds")), en="card type | card brand;credit card type"),
    "cvv": c(NONE, lambda v: v.digits(3), en="cvv | security code;cvc"),
    "expiry": c(
        NONE, lambda v: f"{v.r.randrange(1, 13):02d}/{v.r.randrange(24, 32)}", en="expiry date | exp;card expires"
    ),
    "contract": c(NONE, lambda v: v.of(en("contracts")), en="contract | contract type;plan"),
    "yes": c(
        NONE,
        lambda v: v.of(en("yes_no")),
        en="churn;partner;over time | attrition;dependents;paperless billing;approved",
    ),
    "binary": c(NONE, lambda v: v.r.randrange(2), en="survived;senior citizen | is fraud;default;exited"),
    "pclass": c(NONE, lambda v: v.r.randrange(1, 4), en="pclass | plan level;job level"),
    "small": c(
        NONE, lambda v: v.r.randrange(0, 8), en="sibsp;parch;num companies worked | num of products;children;bedrooms"
    ),
    "tenure": c(NONE, lambda v: v.r.randrange(1, 73), en="tenure;years at company | months on book;hours per week"),
    "ticket": c(NONE, texts.ticket, en="ticket | ticket no"),
    "cabin": c(NONE, texts.cabin, en="cabin | seat;room number"),
    "embarked": c(NONE, lambda v: v.r.choice("SCQ"), en="embarked | port"),
    "fnlwgt": c(NONE, lambda v: v.r.randrange(12000, 900000), en="fnlwgt | sample weight"),
    "workclass": c(NONE, lambda v: v.of(en("workclasses")), en="workclass | work type", also="OCCUPATION"),
    "relationship": c(NONE, lambda v: v.of(en("kinships")), en="relationship | family role"),
    "hours": c(NONE, lambda v: v.r.randrange(10, 80), en="hours per week | weekly hours"),
    "gain": c(
        NONE, lambda v: v.r.choice((0, 0, 0, 2174, 7688, 15024)), en="capital gain | capital loss", also="INCOME"
    ),
    "department": c(NONE, lambda v: v.of(en("departments")), en="department | dept;team", also="ORGANIZATION"),
    "field": c(NONE, lambda v: v.of(en("fields")), en="education field | major", also="EDUCATION"),
    "rating": c(NONE, lambda v: round(v.r.uniform(1, 5), 1), en="rating | review score;stars"),
    "reviews": c(NONE, lambda v: v.skewed(1, 5000), en="number of reviews;ratings count | review count;votes"),
    "review": c(
        NONE,
        lambda v: f"{v.of(en('reviews'))}. {v.of(en('reviews'))}.",
        en="review text;comments | feedback;review body",
    ),
    "listing": c(NONE, texts.listing, en="name;listing name | listing title;headline"),
    "room": c(NONE, lambda v: v.of(en("rooms")), en="room type | property type"),
    "company": c("ORGANIZATION", texts.company_en, en="company;company name | organization;business name"),
    "merchant": c(
        "ORGANIZATION", lambda v: v.of(en("merchants")), en="merchant | merchant name;vendor", by_name=True, also="none"
    ),
    "hospital": c("ORGANIZATION", lambda v: v.of(en("hospitals")), en="hospital | hospital name;facility", also="none"),
    "university": c(
        "ORGANIZATION", lambda v: v.of(en("universities")), en="university | college;alma mater", also="EMPLOYER none"
    ),
    "insurer": c(NONE, lambda v: v.of(en("insurers")), en="insurance provider | insurer;payer", also="ORGANIZATION"),
    "drug": c(NONE, lambda v: v.of(en("drugs")), en="medication | drug name;prescription"),
    "result": c(NONE, lambda v: v.of(en("results")), en="test results | outcome;lab result"),
    "blood": c(NONE, lambda v: v.of(en("bloods")), en="blood type | blood group"),
    "lab": c(NONE, lambda v: round(v.r.uniform(60, 240), 1), en="glucose;bmi | cholesterol;avg glucose level"),
    "uuid": c(
        NONE,
        lambda v: "-".join(f"{v.r.getrandbits(4 * n):0{n}x}" for n in (8, 4, 4, 4, 12)),
        en="uuid | guid;session id",
    ),
    "version": c(
        NONE,
        lambda v: f"{v.r.randrange(20)}.{v.r.randrange(10)}.{v.r.randrange(10)}.{v.r.randrange(30)}",
        en="version;app version | firmware;release",
    ),
    "url": c(
        NONE, lambda v: f"https://www.example.com/item/{v.digits(6)}", en="url | image link;thumbnail url", also="URL"
    ),
    "colour": c(NONE, lambda v: v.of(en("colours")), en="color | colour"),
    "hex": c(NONE, lambda v: f"#{v.r.randrange(16**6):06X}", en="color code | hex"),
    "upc": c(NONE, _upc, en="upc | barcode;gtin"),
    "isbn": c(NONE, lambda v: f"978{v.digits(10)}", en="isbn13;isbn | ean"),
    "temperature": c(NONE, lambda v: round(v.r.uniform(20, 104), 1), en="temperature | temp f;body temperature"),
    "distance": c(NONE, lambda v: round(v.r.uniform(0.1, 30), 2), en="trip distance;distance | miles;km"),
    "passengers": c(NONE, lambda v: v.r.randrange(1, 7), en="passenger count;vendor id | party size;ratecode id"),
    "location_id": c(NONE, lambda v: v.r.randrange(1, 264), en="pulocation id | dolocation id;zone id"),
    "flag": c(NONE, lambda v: v.r.choice("NY"), en="store and fwd flag | promo flag"),
    "ticker": c(NONE, lambda v: v.of(en("tickers")), en="ticker | symbol"),
    "airport": c(NONE, lambda v: v.of(en("airports")), en="origin | destination airport;dest", also="REGION"),
    "flight": c(
        NONE, lambda v: f"{v.one(('AA', 'UA'), ('DL', 'WN'))}{v.r.randrange(1, 2999)}", en="flight number | flight"
    ),
    "tail": c(NONE, lambda v: f"N{v.digits(3)}{v.letters(2)}", en="tail number | tailnum"),
    "species": c(NONE, lambda v: v.of(en("species")), en="species | variety"),
    "plan": c(
        NONE,
        lambda v: v.one(("Basic", "Premium"), ("Silver", "Gold", "Platinum")),
        en="plan type | card category;membership",
    ),
    "area_code": c(
        NONE, lambda v: v.one((415, 408, 510), (212, 646, 718)), en="area code | phone area code", also="REGION"
    ),
    "account": c(NONE, lambda v: v.r.randrange(10**9, 10**10), en="account length | ledger no"),
    "version_like": c(NONE, lambda v: f"1.{v.r.randrange(10)}.{v.r.randrange(100)}", en="build | sw version"),
}

EN: Final[dict[str, Concept]] = PERSONS | THINGS
