"""The published catalogue as RDF: DCAT 3 in the profile of DCAT-AP 3, with SKOS themes and ODRL policies.

Pure: records to a graph, the graph to bytes, the same records to the same bytes. Every node has an address below the
base, made of codes only, so that it stays what it is from export to export. Code lists are the EU Publications Office's
authority tables, which DCAT-AP asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, ODRL2, PROV, RDF, SKOS, XSD
from rdflib.term import Node

from catalog.datasets.models import ShareType, UpdateCycle
from catalog.exchange import columns
from catalog.exchange.published import Agent, PublishedCatalogue, PublishedDataset
from catalog.messages import MessageError, gettext_noop

DEFAULT_BASE = "urn:canglang:"

_AUTHORITY = "http://publications.europa.eu/resource/authority/"
FREQUENCY = Namespace(_AUTHORITY + "frequency/")
ACCESS_RIGHT = Namespace(_AUTHORITY + "access-right/")
MEDIA_TYPE = Namespace("https://www.iana.org/assignments/media-types/")

FREQUENCIES: Mapping[str, URIRef] = {
    UpdateCycle.REALTIME: FREQUENCY.UPDATE_CONT,
    UpdateCycle.DAILY: FREQUENCY.DAILY,
    UpdateCycle.WEEKLY: FREQUENCY.WEEKLY,
    UpdateCycle.MONTHLY: FREQUENCY.MONTHLY,
    UpdateCycle.QUARTERLY: FREQUENCY.QUARTERLY,
    UpdateCycle.YEARLY: FREQUENCY.ANNUAL,
    UpdateCycle.IRREGULAR: FREQUENCY.IRREG,
}
MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
"""IANA's names. Of databases nothing is said: what leaves is a file, and their make is the operator's affair."""

_SHARE_TYPES_EN: Mapping[str, str] = {
    ShareType.UNCONDITIONAL: "Unconditional sharing",
    ShareType.CONDITIONAL: "Conditional sharing",
    ShareType.WITHHELD: "Withheld",
}
_PREFIXES = {"dcat": DCAT, "dct": DCTERMS, "foaf": FOAF, "odrl": ODRL2, "prov": PROV, "skos": SKOS, "xsd": XSD}
_BASE = re.compile(
    r"(?:https?://[^\s<>\"{}|\\^`/?#]+(?:/[^\s<>\"{}|\\^`?#]*)?|urn:[a-z0-9][a-z0-9-]{0,31}:[^\s<>\"{}|\\^`?#]*)"
)
# Of DCAT 3; the library's vocabulary is that of DCAT 2.
_VERSION = URIRef(f"{DCAT}version")
_HAN = re.compile(r"[\u3400-\u9fff]")


class Serialization(StrEnum):
    """How RDF is written."""

    JSON_LD = "jsonld"
    TURTLE = "turtle"


class BaseInvalid(MessageError):
    """The base of the addresses is none."""

    code = "base_invalid"
    message = gettext_noop("The base must be an http(s) address or a URN, without a query and a fragment.")


class Addresses:
    """The addresses of everything in the catalogue, below one base."""

    def __init__(self, base: str) -> None:
        if not _BASE.fullmatch(base):
            raise BaseInvalid
        self._separator = ":" if base.startswith("urn:") else "/"
        self._base = base if base.endswith((self._separator, "/")) else base + self._separator

    def _at(self, *path: str) -> URIRef:
        return URIRef(self._base + self._separator.join(quote(part, safe="/") for part in path))

    def catalogue(self) -> URIRef:
        return self._at("catalog")

    def dataset(self, code: str) -> URIRef:
        return self._at("dataset", code)

    def part(self, code: str, name: str) -> URIRef:
        """Something that belongs to a dataset alone: a distribution, its policy."""
        return URIRef(f"{self.dataset(code)}#{name}")

    def agent(self, code: str) -> URIRef:
        return self._at("organization", code)

    def scheme(self, name: str) -> URIRef:
        return self._at(name)

    def concept(self, scheme: str, code: str) -> URIRef:
        return self._at(scheme, code)


def catalogue_graph(catalogue: PublishedCatalogue, base: str = DEFAULT_BASE) -> Graph:
    """The graph of everything that is published. Raises BaseInvalid."""
    writer = _Writer(Addresses(base))
    writer.write(catalogue)
    return writer.graph


def serialise(graph: Graph, serialization: Serialization) -> bytes:
    """The graph as UTF-8. There are no blank nodes, so sorting makes one text of one graph."""
    if serialization is Serialization.TURTLE:
        return _turtle(graph).encode()
    context = {prefix: str(namespace) for prefix, namespace in _PREFIXES.items()}
    document = json.loads(graph.serialize(format="json-ld", context=context))
    return (json.dumps(_sorted(document), ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _turtle(graph: Graph) -> str:
    """Turtle with every list in order. The library's writer looks for a prefix for every address it meets, in a time that
    grows with the square of the catalogue: half a minute at 2,000 datasets."""
    lines = [f"@prefix {prefix}: <{namespace}> ." for prefix, namespace in sorted(_PREFIXES.items())]
    for subject in sorted(set(graph.subjects()), key=str):
        said: dict[str, list[str]] = {}
        for predicate, one in graph.predicate_objects(subject):
            said.setdefault("a" if predicate == RDF.type else _term(predicate), []).append(_term(one))
        clauses = [f"    {predicate} {', '.join(sorted(said[predicate]))}" for predicate in sorted(said)]
        lines.append(f"\n{_term(subject)}\n" + " ;\n".join(clauses) + " .")
    return "\n".join(lines) + "\n"


def _term(node: Node) -> str:
    """An address, shortened where its vocabulary has a prefix; or a text with its language or type."""
    if isinstance(node, Literal):
        return f"{Literal(str(node)).n3()}^^{_term(node.datatype)}" if node.datatype else node.n3()
    for prefix, namespace in _PREFIXES.items():
        name = str(node).removeprefix(str(namespace))
        if name.isidentifier() and name.isascii():
            return f"{prefix}:{name}"
    return node.n3()


def _sorted(node: Any) -> Any:
    """The JSON with its lists in order; none of them means an order in JSON-LD."""
    if isinstance(node, dict):
        return {name: _sorted(value) for name, value in node.items()}
    if isinstance(node, list):
        return sorted(map(_sorted, node), key=lambda value: json.dumps(value, sort_keys=True))
    return node


class _Writer:
    def __init__(self, at: Addresses) -> None:
        self.at = at
        self.graph = Graph(bind_namespaces="none")
        for prefix, namespace in _PREFIXES.items():
            self.graph.bind(prefix, namespace)

    def _say(self, subject: URIRef, predicate: URIRef, *objects: URIRef | Literal) -> None:
        for one in objects:
            self.graph.add((subject, predicate, one))

    def _say_text(self, subject: URIRef, predicate: URIRef, chinese: str, english: str = "") -> None:
        for text, language in ((chinese, "zh"), (english, "en")):
            if text:
                self._say(subject, predicate, Literal(text, lang=language))

    def write(self, catalogue: PublishedCatalogue) -> None:
        node = self.at.catalogue()
        self._say(node, RDF.type, DCAT.Catalog)
        self._say_text(node, DCTERMS.title, "政务信息资源目录", "Catalogue of government information resources")
        self._say_text(
            node,
            DCTERMS.description,
            "已发布的政务信息资源目录，元数据依据《政务信息资源目录编制指南（试行）》。",
            "The published records; metadata follow the national guide for catalogues of government information resources.",
        )
        if catalogue.publisher:
            self._say(node, DCTERMS.publisher, self._agent(catalogue.publisher))
        if catalogue.datasets:
            latest = max(dataset.modified for dataset in catalogue.datasets)
            self._say(node, DCTERMS.modified, Literal(latest.isoformat(), datatype=XSD.dateTime))
        for dataset in catalogue.datasets:
            self._say(node, DCAT.dataset, self.at.dataset(dataset.code))
            self._dataset(dataset)
        for scheme in set(self.graph.objects(None, SKOS.inScheme)):
            self.graph.add((scheme, RDF.type, SKOS.ConceptScheme))
        self._say(node, DCAT.themeTaxonomy, self.at.scheme("theme"), self.at.scheme("category"))

    def _agent(self, agent: Agent) -> URIRef:
        node = self.at.agent(agent.code)
        self._say(node, RDF.type, FOAF.Agent)
        self._say_text(node, FOAF.name, agent.name, agent.name_en)
        self._say(node, DCTERMS.identifier, Literal(agent.code))
        return node

    def _concept(self, scheme: str, code: str, chinese: str, english: str = "") -> URIRef:
        node = self.at.concept(scheme, code)
        self._say(node, RDF.type, SKOS.Concept)
        self._say(node, SKOS.notation, Literal(code))
        self._say_text(node, SKOS.prefLabel, chinese, english)
        self._say(node, SKOS.inScheme, self.at.scheme(scheme))
        return node

    def _dataset(self, dataset: PublishedDataset) -> None:
        node = self.at.dataset(dataset.code)
        self._say(node, RDF.type, DCAT.Dataset)
        self._say(node, DCTERMS.identifier, Literal(dataset.code))
        self._say_text(node, DCTERMS.title, dataset.title, dataset.title_en)
        self._say_text(node, DCTERMS.description, dataset.abstract, dataset.abstract_en)
        self._say(node, DCAT.keyword, *(Literal(word, lang=_language(word)) for word in dataset.keywords))
        self._say(node, DCTERMS.publisher, self._agent(dataset.provider))
        if dataset.owner:
            self._say(node, DCTERMS.rightsHolder, self._agent(dataset.owner))
        self._say(node, DCTERMS.accrualPeriodicity, FREQUENCIES[dataset.update_cycle])
        self._say(node, _VERSION, Literal(str(dataset.version)))
        self._say(node, DCTERMS.modified, Literal(dataset.modified.isoformat(), datatype=XSD.dateTime))
        if dataset.issued:
            self._say(node, DCTERMS.issued, Literal(dataset.issued.isoformat(), datatype=XSD.date))
        if dataset.theme:
            labels = (dataset.theme, "") if _language(dataset.theme) == "zh" else ("", dataset.theme)
            self._say(node, DCAT.theme, self._concept("theme", dataset.theme, *labels))
        self._say(node, DCTERMS.subject, self._concept("category", dataset.category, ""))
        self._say(node, DCTERMS.relation, *map(self.at.dataset, dataset.related))
        # DCAT-AP's word for it, and that of provenance.
        for source in map(self.at.dataset, dataset.derived_from):
            self._say(node, DCTERMS.source, source)
            self._say(node, PROV.wasDerivedFrom, source)
        self._access(node, dataset)
        for number, table in enumerate(dataset.tables, start=1):
            part = self.at.part(dataset.code, f"distribution-{number}")
            self._say(node, DCAT.distribution, part)
            self._say(part, RDF.type, DCAT.Distribution)
            # Where access is asked for; nothing is downloaded without a grant.
            self._say(part, DCAT.accessURL, node)
            if table.format in MEDIA_TYPES:
                self._say(part, DCAT.mediaType, MEDIA_TYPE[MEDIA_TYPES[table.format]])

    def _access(self, node: URIRef, dataset: PublishedDataset) -> None:
        """Access rights, the share type (国发〔2016〕51号) by its own name, and the policy that carries its condition."""
        share_type = self._concept(
            "share-type",
            dataset.share_type,
            columns.SHARE_TYPES[dataset.share_type][0],
            _SHARE_TYPES_EN[dataset.share_type],
        )
        self._say(share_type, RDF.type, DCTERMS.RightsStatement)
        self._say(node, DCTERMS.rights, share_type)
        self._say(node, DCTERMS.accessRights, _access_right(dataset))
        policy, rule = self.at.part(dataset.code, "policy"), self.at.part(dataset.code, "rule")
        withheld = dataset.share_type == ShareType.WITHHELD
        self._say(node, ODRL2.hasPolicy, policy)
        self._say(policy, RDF.type, ODRL2.Set if withheld else ODRL2.Offer)
        self._say(policy, ODRL2.uid, policy)
        self._say(policy, ODRL2.prohibition if withheld else ODRL2.permission, rule)
        self._say(rule, RDF.type, ODRL2.Prohibition if withheld else ODRL2.Permission)
        self._say(rule, ODRL2.target, node)
        self._say(rule, ODRL2.action, ODRL2.distribute if withheld else ODRL2.use)
        self._say(rule, ODRL2.assigner, self.at.agent((dataset.owner or dataset.provider).code))
        texts = (dataset.share_citation, dataset.share_condition) if withheld else (dataset.share_condition,)
        for text in (*texts, dataset.open_condition if dataset.open_to_public else ""):
            if text:
                self._say(rule, DCTERMS.description, Literal(text, lang=_language(text)))


def _access_right(dataset: PublishedDataset) -> URIRef:
    """Sharing is among public bodies: what is shared without a condition is not for that reason open to everybody."""
    if dataset.share_type == ShareType.WITHHELD:
        return ACCESS_RIGHT.NON_PUBLIC
    if dataset.open_to_public and not dataset.open_condition:
        return ACCESS_RIGHT.PUBLIC
    return ACCESS_RIGHT.RESTRICTED


def _language(text: str) -> str:
    return "zh" if _HAN.search(text) else "en"
