"""The records the tables are written from: one address book, one population, its enterprises and its cars.

Lives here: the frozen bundle handed to every table, and the cars, which belong to people. Because every table takes
its rows from the same records, the same ID number, credit code, plate or card stands in all of them, and joins work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from config.demo.city.columns import Indices, Mask, Text, stream
from config.demo.city.enterprises import Enterprises, found_enterprises
from config.demo.city.identifiers import bank_cards, plates
from config.demo.city.people import People, populate
from config.demo.city.places import AddressBook, build_address_book


@dataclass(frozen=True, slots=True)
class Cars:
    """One record per car: plate, whether it runs on new energy, and the row of its owner in the people record."""

    plate: Text
    new_energy: Mask
    owner: Indices

    def __len__(self) -> int:
        return len(self.plate)


@dataclass(frozen=True, slots=True)
class CityRecords:
    """Everything and everyone in the demo city. `bank_card` is the bank card of each person, in the order of the
    people."""

    seed: int
    book: AddressBook
    people: People
    enterprises: Enterprises
    cars: Cars
    bank_card: Text


def record_city(counts: Mapping[str, int], *, seed: int) -> CityRecords:
    """Draw the records. `counts` gives rows of `people`, `addresses`, `legal_entities` and `vehicles`."""
    book = build_address_book(counts["addresses"], seed=seed)
    people = populate(counts["people"], book, seed=seed)
    enterprises = found_enterprises(counts["legal_entities"], book, people, seed=seed)
    rng = stream(seed, "cars")
    drivers = np.flatnonzero((people.age >= 18) & (people.age < 76))
    owners = drivers[rng.permutation(drivers.size)[np.arange(counts["vehicles"]) % int(drivers.size * 0.7)]]
    new_energy = rng.random(owners.size) < 0.32
    cars = Cars(plates(new_energy, rng=rng), new_energy, owners)
    return CityRecords(seed, book, people, enterprises, cars, bank_cards(len(people), rng=rng))
