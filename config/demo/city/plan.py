"""How many rows each table gets at a scale.

Lives here: the figures for scale 1 and the rule for the rest. A table never has fewer than MINIMUM_ROWS rows, except
the list of towns, which is as long as it is.
"""

from __future__ import annotations

from catalog.messages import MessageError, gettext_noop
from config.demo.city.tables.geography import SUBDISTRICT_COUNT
from config.demo.city.tables.macro_economy import CELLS_A_QUARTER

MINIMUM_ROWS = 120
MAXIMUM_SCALE = 2.0

# Rows at scale 1.
_PEOPLE = 205_000
_REPEATED_REGISTRATIONS = 1_000
_QUARTERS = 12
_ROWS = {
    "legal_entities": 20_000,
    "government_cases": 40_000,
    "addresses": 20_000,
    "parcels": 3_000,
    "credit_records": 30_000,
    "vehicles": 40_000,
    "trips": 100_000,
    "utilities": 8_000,
    "housing": 60_000,
    "medical_visits": 30_000,
}


class CityScaleInvalid(MessageError):
    """The scale of the demo city is not a positive number or is beyond what its lists can fill."""

    code = "city_scale_invalid"
    message = gettext_noop("The scale of the demo city must be above 0 and at most %(maximum)s.")


def row_counts(scale: float) -> dict[str, int]:
    """Rows of every table by its key, and of the records behind them (`people`).

    Raises CityScaleInvalid when `scale` is not in the range above 0 up to MAXIMUM_SCALE.
    """
    if not 0 < scale <= MAXIMUM_SCALE:
        raise CityScaleInvalid(maximum=MAXIMUM_SCALE)
    counts = {key: max(MINIMUM_ROWS, round(rows * scale)) for key, rows in _ROWS.items()}
    # Every enterprise that is measured must be registered, every parcel must have an address, and patients, owners and
    # riders must be found among the people.
    counts["legal_entities"] = max(counts["legal_entities"], 2 * MINIMUM_ROWS)
    counts["addresses"] = max(counts["addresses"], 2 * MINIMUM_ROWS)
    counts["people"] = max(8 * MINIMUM_ROWS, round(_PEOPLE * scale))
    counts["population"] = counts["people"] + max(1, round(_REPEATED_REGISTRATIONS * scale))
    counts["macro_economy"] = max(1, round(_QUARTERS * scale)) * CELLS_A_QUARTER
    counts["subdistricts"] = SUBDISTRICT_COUNT
    counts["parcel_addresses"] = counts["parcels"]
    return counts
