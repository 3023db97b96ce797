"""A chart and the table that says the same, as one value for the template `components/chart.html`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Chart:
    """`kind` is bar, hbar, line or pie. `series` maps a name to one value per label."""

    id: str
    title: str
    kind: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float | int]]

    @property
    def data_id(self) -> str:
        return f"{self.id}-data"

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws."""
        return {
            "labels": list(self.labels),
            "series": [{"name": name, "values": list(values)} for name, values in self.series.items()],
        }

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What the table shows."""
        columns = list(self.series.values())
        return [
            {"label": label, "values": [values[place] for values in columns]} for place, label in enumerate(self.labels)
        ]
