"""The documents keep up with the program: settings, commands, codes, addresses, dependencies and links.

Lives here: what can be compared by a machine. Whether a page is any good is for its reader.
"""

from __future__ import annotations

import ast
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.management import get_commands
from drf_spectacular.generators import SchemaGenerator

from access.models import LegalBasis, OfferState, ReleaseFormat, ReleaseMode, Superseded
from access.pricing import Purpose
from access.workflow import Action, Side, State
from catalog.datasets.items import DATA_TYPES
from catalog.datasets.lineage import LinkKind
from catalog.datasets.models import (
    AffectedObject,
    DatasetState,
    Grade,
    Impact,
    Price,
    RightKind,
    ShareMode,
    ShareType,
    SourceKind,
    SubjectKind,
    UpdateCycle,
)
from catalog.jobs.models import JobState
from catalog.people.models import OrganizationKind, Role
from privacy.detection import model as detection
from privacy.detection.check_systems import CHECK_SYSTEMS
from privacy.detection.rules import load_rules
from privacy.masking.operators import Operator, Technique
from privacy.masking.policy import InvalidPolicy, NullPolicy
from privacy.models import FieldRole, FindingState, OwnRuleState, ScanMode
from privacy.risk import codes as risk
from privacy.risk.rules import shipped_rule_pack

ROOT = Path(settings.BASE_DIR)
DOCS = ROOT / "docs"
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*READMES, ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md")))
OUR_APPS = ("catalog", "privacy", "access", "config")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    """The prose of a page: a `#` in a shell example is no heading and `[a](b)` in a listing no link."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


# --- settings ---------------------------------------------------------------------------------------------------------------


@cache
def settings_read() -> Mapping[str, object]:
    """Every variable that config/settings.py reads, with its default where that is a plain value (else `...`)."""
    found: dict[str, object] = {}
    for node in ast.walk(ast.parse(text_of(ROOT / "config" / "settings.py"))):
        if not isinstance(node, ast.Call):
            continue
        reader = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if isinstance(reader, ast.Name) and reader.id == "env" and isinstance(node.args[0], ast.Constant):
            default = next((word.value for word in node.keywords if word.arg == "default"), None)
            found[str(node.args[0].value)] = ... if default is None else _plain(default)
    return found


def _plain(node: ast.expr) -> object:
    """The value of a literal or of arithmetic on literals; `...` for anything else."""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name | ast.Call)]
    return ... if names else eval(compile(ast.Expression(node), "<default>", "eval"))  # our own source


def variables_read(folders: Iterable[Path]) -> set[str]:
    """Every variable that code in `folders` reads with `os.environ.get`."""
    pages = [page for folder in folders for page in ([folder] if folder.is_file() else folder.rglob("*.py"))]
    found: set[str] = set()
    for page in pages:
        source = text_of(page)
        names = dict(re.findall(r'^(\w+) = "([A-Z_]+)"', source, flags=re.MULTILINE))
        for written in re.findall(r"os\.environ\.get\((\"[A-Z_]+\"|\w+)", source):
            found.add(written.strip('"') if written.startswith('"') else names[written])
    return found


def documented_variables(page: Path) -> dict[str, str]:
    """Variable → default, from the tables that begin with `Variable | Default`."""
    found = {}
    for cells in rows_under(text_of(page), ("Variable", "Default", "Meaning")):
        found[cells[0].strip("`")] = cells[1]
        assert cells[2], f"{cells[0]} is not explained"
    return found


def rows_under(text: str, head: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The rows of every table with these headings."""
    inside = False
    for line in text.splitlines():
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|")) if line.startswith("|") else ()
        if not cells:
            inside = False
        elif cells == head:
            inside = True
        elif inside and not set("".join(cells)) <= {"-"}:
            yield cells


def shown(default: object) -> str:
    """A default as the table writes it."""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if default == "":
        return "empty"
    if isinstance(default, list | dict):
        return f"`{','.join(default)}`" if default else "empty"
    return f"`{default}`"


def test_every_setting_is_documented_and_nothing_else() -> None:
    read = set(settings_read()) | variables_read(ROOT / app for app in OUR_APPS)
    assert set(documented_variables(DOCS / "operations.md")) == read


@pytest.mark.parametrize("name", [name for name, default in settings_read().items() if default is not ...])
def test_the_documented_default_is_the_real_one(name: str) -> None:
    assert documented_variables(DOCS / "operations.md")[name] == shown(settings_read()[name])


def test_every_variable_of_the_test_run_is_documented_and_nothing_else() -> None:
    read = variables_read([ROOT / "tests"])
    assert set(documented_variables(DOCS / "testing.md")) == read


# --- commands, targets, addresses ----------------------------------------------------------------------------------------------


def our_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in OUR_APPS)


@pytest.mark.parametrize("command", our_commands())
def test_every_management_command_is_documented(command: str) -> None:
    named = [cells[0] for cells in rows_under(text_of(DOCS / "operations.md"), ("Command", "What it does"))]
    assert any(cell.startswith(f"`manage.py {command}`") for cell in named)


def test_every_documented_command_exists() -> None:
    named = {name for page in PAGES for name in re.findall(r"manage\.py ([a-z_]+)", text_of(page))}
    assert named <= set(get_commands())


def make_targets() -> list[str]:
    return re.findall(r"^([a-z][a-z-]*):(?!=)", text_of(ROOT / "Makefile"), flags=re.MULTILINE)


@pytest.mark.parametrize("target", make_targets())
def test_every_make_target_is_documented(target: str) -> None:
    named = [cells[0] for cells in rows_under(text_of(DOCS / "operations.md"), ("Target", "What it does"))]
    assert f"`make {target}`" in named


def test_every_documented_make_target_exists() -> None:
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", text_of(page))}
    assert named <= set(make_targets())


@cache
def api_addresses() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(method, pattern of the address below /api/v1/) of everything the API answers."""
    paths = SchemaGenerator().get_schema(public=True)["paths"]  # type: ignore[no-untyped-call]  # the library is untyped
    found = []
    for path, methods in paths.items():
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path.removeprefix("/api/v1/")))
        found += [(method.upper(), re.compile(pattern)) for method in methods]
    return tuple(found)


@pytest.mark.parametrize("page", sorted((DOCS / "roles").rglob("*.md")), ids=name_of)
def test_every_request_of_a_role_page_is_one_the_api_answers(page: Path) -> None:
    for method, address in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) ([^`\s]+)`", text_of(page)):
        assert any(
            known == method and pattern.fullmatch(address.split("?")[0]) for known, pattern in api_addresses()
        ), f"{method} {address}"


def test_the_role_pages_of_both_languages_name_the_same_requests() -> None:
    for page in (DOCS / "roles").glob("*.md"):
        chinese = DOCS / "roles" / "zh" / page.name
        found = [re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) [^`\s]+)`", text_of(one)) for one in (page, chinese)]
        assert found[0] == found[1], page.name


def test_every_role_has_its_page_in_both_languages() -> None:
    for folder in (DOCS / "roles", DOCS / "roles" / "zh"):
        listed = {cells[0].strip("`") for cells in _table_of_roles(folder / "README.md")}
        assert listed == set(Role.values)


def _table_of_roles(page: Path) -> Iterator[tuple[str, ...]]:
    for head in (("Role", "Page"), ("角色", "说明页")):
        yield from rows_under(text_of(page), head)


# --- the glossary ----------------------------------------------------------------------------------------------------------------


def values(kind: type[Enum]) -> list[str]:
    return [str(member.value) for member in kind]


# Heading → every code that stands under it.
CODES: Mapping[str, Iterable[str]] = {
    "Role": values(Role),
    "Kind of organisation": values(OrganizationKind),
    "Dataset state": values(DatasetState),
    "Share type": values(ShareType),
    "Price": values(Price),
    "Share mode": values(ShareMode),
    "Update cycle": values(UpdateCycle),
    "Kind of source": values(SourceKind),
    "Kind of subject": values(SubjectKind),
    "Data type of a field": sorted(DATA_TYPES),
    "Right": values(RightKind),
    "Kind of link": values(LinkKind),
    "Grade": values(Grade),
    "Affected object": values(AffectedObject),
    "Degree of impact": values(Impact),
    "Job and scan state": values(JobState),
    "Scan mode": values(ScanMode),
    "Finding state": values(FindingState),
    "State of an own rule": values(OwnRuleState),
    "Check digits": sorted(CHECK_SYSTEMS),
    "Likelihood": values(detection.Likelihood),
    "Field role": values(FieldRole),
    "Entity type": sorted(load_rules().entities),
    "Operator": values(Operator),
    "Malformed value": values(InvalidPolicy),
    "Missing value": values(NullPolicy),
    "Technique": values(Technique),
    "Application state": values(State),
    "Application action": values(Action),
    "Side": values(Side),
    "Purpose": values(Purpose),
    "Legal basis": values(LegalBasis),
    "Release mode": values(ReleaseMode),
    "Release format": values(ReleaseFormat),
    "Offer state": values(OfferState),
    "Risk grade": values(risk.RiskGrade),
    "Gate": values(risk.Gate),
    "Question of impact": values(risk.ImpactQuestion),
    "Question of likelihood": values(risk.LikelihoodQuestion),
    "Control": values(risk.Control),
    "Motive": values(risk.MotiveFactor),
    "Outcome": values(risk.Outcome),
    "Signature asked for": values(risk.SignOff),
    "Full assessment": values(risk.FullAssessment),
    "Reason for re-assessment": values(risk.Reassessment),
    "Why another assessment was made": values(Superseded),
}
CODE_HEAD = ("English", "中文", "Meaning", "Code")


@cache
def glossary_sections() -> Mapping[str, str]:
    parts = re.split(r"^#{2,3} (.+)$", text_of(DOCS / "glossary.md"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("heading", CODES)
def test_the_glossary_has_each_code_and_no_other(heading: str) -> None:
    codes = [cells[3].strip("`") for cells in rows_under(glossary_sections()[heading], CODE_HEAD)]
    assert sorted(codes) == sorted(CODES[heading])


def test_every_table_of_codes_in_the_glossary_is_compared_with_the_program() -> None:
    with_codes = {name for name, text in glossary_sections().items() if any(rows_under(text, CODE_HEAD))}
    assert with_codes == set(CODES)


def test_every_term_of_the_glossary_is_in_both_languages() -> None:
    for text in glossary_sections().values():
        for head in (CODE_HEAD, CODE_HEAD[:3]):
            for cells in rows_under(text, head):
                assert cells[0], cells
                assert cells[1], cells


def test_the_glossary_speaks_of_entity_types_as_the_rule_pack_does() -> None:
    rows = {cells[3].strip("`"): cells[:2] for cells in rows_under(glossary_sections()["Entity type"], CODE_HEAD)}
    assert rows == {name: (rule.label_en, rule.label_zh) for name, rule in load_rules().entities.items()}


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Risk grade", "risk_grade"),
        ("Release mode", "release_mode"),
        ("Gate", "gate"),
        ("Question of impact", "impact_question"),
        ("Question of likelihood", "likelihood_question"),
        ("Control", "control"),
        ("Motive", "motive_factor"),
        ("Outcome", "outcome"),
        ("Signature asked for", "sign_off"),
        ("Full assessment", "full_assessment"),
    ],
)
def test_the_glossary_speaks_of_risk_as_the_rule_pack_does(heading: str, kind: str) -> None:
    terms = tomllib.loads(text_of(ROOT / "privacy" / "risk" / "rulepack.toml"))["terms"][kind]
    assert shipped_rule_pack().version
    for english, chinese, _meaning, code in rows_under(glossary_sections()[heading], CODE_HEAD):
        term = terms[code.strip("`")]
        assert (english.lower(), chinese) == (term["en"].lower(), term["zh"])


# --- decisions -------------------------------------------------------------------------------------------------------------------


def decisions() -> list[Path]:
    return [page for page in sorted((DOCS / "decisions").glob("*.md")) if page.name != "README.md"]


@pytest.mark.parametrize("page", decisions(), ids=name_of)
def test_a_decision_says_problem_rejected_decided_consequences(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", without_code(text_of(page)), flags=re.MULTILINE)
    assert headings == ["Problem", "Rejected", "Decided", "Consequences"]
    assert re.match(rf"# {page.name[:4]} ", text_of(page))


def test_every_decision_is_listed() -> None:
    listed = re.findall(r"\((\d{4}[^)]*\.md)\)", text_of(DOCS / "decisions" / "README.md"))
    assert listed == [page.name for page in decisions()]


def plain_name(requirement: str) -> str:
    """A package's name, as package indexes compare them."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_every_direct_dependency_has_its_reason_and_no_other_is_named() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    declared = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    record = text_of(DOCS / "decisions" / "0002-dependencies.md")
    reasons = {
        plain_name(cells[0].strip("`")): cells[1] for cells in rows_under(record, ("Package", "Need", "Why this one"))
    }
    assert set(reasons) == {plain_name(requirement) for requirement in declared}
    assert all(reasons.values())


# --- links -----------------------------------------------------------------------------------------------------------------------


def anchors_of(page: Path) -> set[str]:
    """The fragments of a page's headings, as the usual viewers of Markdown make them."""
    found: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} (.+)$", without_code(text_of(page)), flags=re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower().strip()
        kept = "".join(c for c in plain if c in "-_ " or unicodedata.category(c)[0] in "LN")
        anchor = kept.replace(" ", "-")
        number = found.get(anchor, 0)
        found[anchor] = number + 1
        if number:
            found[f"{anchor}-{number}"] = 1
    return set(found)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text_of(page))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, fragment = unquote(target).partition("#")
        found = (page.parent / place).resolve() if place else page
        assert found.is_relative_to(ROOT), target
        assert found.is_file(), target
        assert not fragment or fragment in anchors_of(found), target


def test_every_page_can_be_reached_from_the_readmes() -> None:
    reached, waiting = set(READMES), list(READMES)
    while waiting:
        page = waiting.pop()
        for target in re.findall(r"\]\(([^)#\s]+\.md)", without_code(text_of(page))):
            found = (page.parent / target).resolve()
            if found.is_file() and found not in reached:
                reached.add(found)
                waiting.append(found)
    assert {name_of(page) for page in PAGES} <= {name_of(page) for page in reached}


# --- the readmes -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_a_readme_shows_the_two_commands(page: Path) -> None:
    listings = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text_of(page), flags=re.MULTILINE | re.DOTALL))
    assert re.search(r"^make demo\b", listings, flags=re.MULTILINE)
    assert re.search(r"^make test\b", listings, flags=re.MULTILINE)


def test_the_readmes_are_equal_in_what_they_show_and_link_to() -> None:
    def shape(page: Path) -> tuple[list[str], int, int]:
        text = text_of(page)
        listings = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith("README")]
        same = [re.sub(r"^docs/roles/zh/", "docs/roles/", link) for link in links]
        code = [re.sub(r"\s*#.*", "", line) for listing in listings for line in listing.splitlines()]
        return (
            [*same, *code],
            len(re.findall(r"^## ", text, flags=re.MULTILINE)),
            len(re.findall(r"^\d\. ", text, flags=re.MULTILINE)),
        )

    assert shape(READMES[0]) == shape(READMES[1])


def test_chinese_pages_use_full_width_punctuation() -> None:
    for page in (READMES[1], *(DOCS / "roles" / "zh").glob("*.md")):
        prose = re.sub(r"`[^`]*`|\]\([^)]*\)", "", without_code(text_of(page)))
        assert not re.findall(r"[\u4e00-\u9fff][,;:?!](?:\s|[\u4e00-\u9fff]|$)|[\u4e00-\u9fff]\(", prose), name_of(page)
