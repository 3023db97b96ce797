"""The first part of the story: the steward registers the city's tables, the reviewer publishes them, the officer scans and protects.

Everything goes through the REST API, as the people whose work it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from catalog.commands import advance
from catalog.people.models import Organization
from config.demo.city.manifest import CityManifest, CityTable, ShareType, SubjectKind
from config.demo.client import FINISHED, Person
from config.demo.environment import ROOT_NAME
from config.demo.journal import Journal

# Where the officer knows better than the scanner: what the field is, and why. An empty role rejects the finding.
CORRECTIONS: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("legal_entities", "企业类型"): ("", "", "企业类型的分类代码，不是名称"),
    ("credit_records", "document_no"): ("", "", "文书编号，不含姓名"),
    ("trips", "origin"): ("CN_ADDRESS", "sensitive", "上车地点，属行踪轨迹"),
    ("trips", "destination"): ("CN_ADDRESS", "sensitive", "下车地点，属行踪轨迹"),
    ("addresses", "full_address"): ("CN_ADDRESS", "quasi", "标准地址库，一行是一个地址，不对应个人"),
    ("parcel_addresses", "full_address"): ("CN_ADDRESS", "quasi", "宗地地址，不对应个人"),
}
# Fields the scanner has no rule for and the officer knows: a number that means one person inside the department.
DECLARATIONS: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("trips", "account_no"): ("", "direct", "出行账号，一人一号"),
    ("population", "citizen_card_no"): ("", "direct", "市民卡号，一人一号"),
}


class Catalogue:
    """The datasets of the demo city as they come into being."""

    def __init__(self, manifest: CityManifest, organizations: Mapping[str, Organization], journal: Journal) -> None:
        self.manifest, self.organizations, self.journal = manifest, organizations, journal
        self.datasets: dict[str, Any] = {}
        self.distributions: dict[str, int] = {}

    def register(self, steward: Person) -> None:
        """Sources, records, tables, rights; then each record is submitted, and linked to the others."""
        sources: dict[str, int] = {}
        with self.journal.bar("register", len(self.manifest.tables), " datasets") as bar:
            for table in self.manifest.tables:
                if table.file_name not in sources:
                    sources[table.file_name] = self._source(steward, table)
                self._dataset(steward, table, sources[table.file_name])
                bar.update()
        links = self._link(steward)
        count, owners = len(self.datasets), len({table.provider for table in self.manifest.tables})
        self.journal.say(
            f"steward registered {count} datasets of {owners} departments from {len(sources)} sources, and {links} links"
        )

    def _source(self, steward: Person, table: CityTable) -> int:
        answer = steward.post(
            "sources/",
            {
                "kind": "file",
                "organization": self.organizations[table.provider].pk,
                "name": f"city-{table.file_name.split('.')[0].replace('_', '-')}",
                "root": ROOT_NAME,
                "path": table.file_name,
            },
        )
        return int(answer["id"])

    def _dataset(self, steward: Person, table: CityTable, source: int) -> None:
        dataset = steward.post(
            "datasets/",
            {
                "provider": self.organizations[table.provider].pk,
                "category": "/".join([table.category.code]),
                "title": table.title_zh,
                "title_en": table.title_en,
                "abstract": table.abstract_zh,
                "abstract_en": table.abstract_en,
                "theme": table.theme.value,
                "keywords": list(table.category.labels),
                "share_type": table.share_type.value,
                "share_condition": table.share_condition or "",
                "share_citation": table.share_citation or "",
                "update_cycle": table.update_cycle.value,
                "open_to_public": table.open_to_public,
                "open_condition": table.open_condition or "",
                "issued": table.issued.isoformat(),
            },
        )
        distribution = steward.post(
            f"datasets/{dataset['id']}/distributions/", {"source": source, "table": table.table_name}
        )
        labels = {column.name: column for column in table.columns}
        for field in distribution["fields"]:
            column = labels.get(field["name"])
            if column is not None and column.label and column.label != field["label"]:
                steward.patch(f"fields/{field['id']}/", {"label": column.label, "data_type": column.data_type.value})
        self._rights(steward, table, dataset["id"])
        steward.post(f"datasets/{dataset['id']}/submit/")
        self.datasets[table.key], self.distributions[table.key] = dataset["id"], distribution["id"]

    def _rights(self, steward: Person, table: CityTable, dataset: int) -> None:
        """Ownership, control, and the standing usage right of the bureau that runs the city brain."""
        rights: Iterable[tuple[str, str, str, bool]] = (
            ("ownership", table.provider, table.ownership_basis, True),
            ("control", table.controller, table.control_basis or table.ownership_basis, True),
            ("usage", "big_data", "城市大脑数据归集实施方案（演示）第三条", False),
        )
        for kind, holder, basis, exclusive in rights:
            if kind == "usage" and table.share_type is ShareType.WITHHELD:
                holder, basis = table.provider, table.ownership_basis  # noqa: PLW2901
            steward.post(
                f"datasets/{dataset}/rights/",
                {
                    "kind": kind,
                    "holder": self.organizations[holder].pk,
                    "basis": basis,
                    "valid_from": table.issued.isoformat(),
                    "exclusive": exclusive,
                },
            )

    def _link(self, steward: Person) -> int:
        """What goes with what, once for each pair, and what was made from what."""
        links = {(table.key, origin): "derived_from" for table in self.manifest.tables for origin in table.derived_from}
        for table in self.manifest.tables:
            for other in table.related:
                if (other, table.key) not in links:
                    links[table.key, other] = "related"
        for (key, other), kind in links.items():
            steward.post(f"datasets/{self.datasets[key]}/links/", {"target": self.datasets[other], "kind": kind})
        return len(links)

    def publish(self, approver: Person) -> None:
        """Someone who is not the author reads each record and publishes it."""
        for dataset in self.datasets.values():
            approver.post(f"datasets/{dataset}/publish/")
        self.journal.say(f"approver reviewed and published {len(self.datasets)} records")

    def scan(self, officer: Person) -> None:
        """Every row of every table."""
        total = sum(table.row_count for table in self.manifest.tables)
        scans = {
            key: officer.post("scans/", {"distribution": distribution, "mode": "full"})["id"]
            for key, distribution in self.distributions.items()
        }
        finished_rows = 0
        with self.journal.bar("scan", total) as bar:
            for key, scan in scans.items():
                answer = officer.wait_for(
                    f"scans/{scan}/",
                    lambda found: found["state"] in FINISHED,
                    partial(_watch, bar, finished_rows),
                )
                finished_rows += answer["rows"] or 0
                found = [f"{c['name']} {c['entity_type']}" for c in answer["columns"] if c["role"] == "direct"]
                self.journal.say(
                    f"scanned {key}: {answer['state']}, {answer['rows']:,} rows, direct identifiers: {', '.join(found) or 'none'}"
                )

    def review(self, officer: Person) -> None:
        """Confirm what the scanner found, or correct it with the reason."""
        confirmed = corrected = 0
        for key, distribution in self.distributions.items():
            for finding in officer.rows("findings/", distribution=distribution, state="proposed"):
                better = CORRECTIONS.get((key, finding["field"]["name"]))
                if better is None:
                    officer.post(f"findings/{finding['id']}/confirm/")
                    confirmed += 1
                    continue
                entity_type, role, reason = better
                verdict = {"entity_type": entity_type, "role": role} if role else {}
                act = "correct" if role else "reject"
                officer.post(f"findings/{finding['id']}/{act}/", {**verdict, "reason": reason})
                corrected += 1
        for (key, name), (entity_type, role, reason) in DECLARATIONS.items():
            body = {"field": self.field(officer, key, name), "entity_type": entity_type, "role": role, "reason": reason}
            officer.post("findings/", body)
        self.journal.say(
            f"officer confirmed {confirmed} findings, corrected {corrected}, and declared {len(DECLARATIONS)} by hand"
        )

    def protect(self, officer: Person) -> None:
        """Say whom the rows are about, and give every field a rule."""
        rules = 0
        for table in self.manifest.tables:
            distribution = self.distributions[table.key]
            if table.subject_kind is SubjectKind.NONE:
                officer.post(f"distributions/{distribution}/subject/", {"kind": "none"})
            else:
                fields = officer.get(f"distributions/{distribution}/")["fields"]
                subject = next(field["id"] for field in fields if field["name"] == table.subject_column)
                officer.post(
                    f"distributions/{distribution}/subject/", {"kind": table.subject_kind.value, "field": subject}
                )
            rules += len(officer.post("protections/propose/", {"distribution": distribution}))
        self.journal.say(
            f"officer declared the subject of {len(self.distributions)} tables and set {rules} protection rules"
        )

    def field(self, officer: Person, key: str, name: str) -> int:
        """The id of a field, by its table and name."""
        fields = officer.get(f"distributions/{self.distributions[key]}/")["fields"]
        return int(next(field["id"] for field in fields if field["name"] == name))


def _watch(bar: Any, before: int, scan: Mapping[str, Any]) -> None:
    advance(bar, before + (scan["progress"]["done"] or 0))
