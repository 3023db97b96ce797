"""The help: the documents of `docs/` that people read, rendered in the dress of the pages.

The documents are ours, and still nothing in them is taken for markup: raw HTML is shown as text, and links lead only to other pages of
the help, to places on the page, or out with `https:`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from catalog.pages.navigation import roles_of
from catalog.people.models import Role

DOCS = Path(settings.BASE_DIR) / "docs"


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page of the help: its file below docs/ (below docs/roles/ and docs/roles/zh/ for a role), and whose it is."""

    slug: str
    title: Any
    file: str
    icon: str
    role: Role | None = None


CHAPTERS: Sequence[Chapter] = (
    Chapter("start", _("First steps, for everybody"), "roles/README.md", "signpost", None),
    Chapter("steward", Role.DATA_STEWARD.label, "roles/steward.md", "database", Role.DATA_STEWARD),
    Chapter(
        "privacy-officer", Role.PRIVACY_OFFICER.label, "roles/privacy-officer.md", "shield-lock", Role.PRIVACY_OFFICER
    ),
    Chapter("requester", Role.REQUESTER.label, "roles/requester.md", "file-earmark-text", Role.REQUESTER),
    Chapter("approver", Role.APPROVER.label, "roles/approver.md", "file-earmark-check", Role.APPROVER),
    Chapter("finance", Role.FINANCE.label, "roles/finance.md", "cash-coin", Role.FINANCE),
    Chapter("auditor", Role.AUDITOR.label, "roles/auditor.md", "journal-text", Role.AUDITOR),
    Chapter("administrator", Role.ADMINISTRATOR.label, "roles/administrator.md", "diagram-3", Role.ADMINISTRATOR),
    Chapter("glossary", _("Glossary: every word in both languages"), "glossary.md", "book", None),
    Chapter("permissions", _("Who may do what with an application"), "application-permissions.md", "table", None),
    Chapter("exchange", _("Catalogue sheets and exchange formats"), "exchange.md", "arrow-left-right", None),
    Chapter("operations", _("For operators: installing and running"), "operations.md", "terminal", None),
    Chapter("api", _("For programs: the API"), "api.md", "braces", None),
)
_BY_SLUG: Mapping[str, Chapter] = {chapter.slug: chapter for chapter in CHAPTERS}


def _file_of(chapter: Chapter) -> Path:
    """The document in the reader's language; what exists in English only is shown in English."""
    if chapter.file.startswith("roles/") and (get_language() or "").startswith("zh"):
        return DOCS / "roles" / "zh" / chapter.file.removeprefix("roles/")
    return DOCS / chapter.file


def _slug_of(target: Path) -> str | None:
    """Which page of the help a document is."""
    for chapter in CHAPTERS:
        name = chapter.file.removeprefix("roles/")
        places = {DOCS / chapter.file}
        if chapter.file.startswith("roles/"):
            places.add(DOCS / "roles" / "zh" / name)
        if target in places:
            return chapter.slug
    return None


def anchor_of(heading: str) -> str:
    """The fragment of a heading, as the usual viewers of Markdown make it."""
    kept = "".join(c for c in heading.lower().strip() if c in "-_ " or unicodedata.category(c)[0] in "LN")
    return kept.replace(" ", "-")


def _address(href: str, page: Path) -> str:
    """Where a link of a document leads here: to another page of the help, or nowhere."""
    if re.match(r"https?://|#|/", href):
        return href
    place, _separator, fragment = href.partition("#")
    slug = _slug_of((page.parent / place).resolve())
    if slug is None:
        return ""
    return reverse("help-page", args=[slug]) + (f"#{fragment}" if fragment else "")


def _walk(tokens: Sequence[Token], page: Path) -> None:
    """Give headings their fragments and links their addresses; tables are told apart by the template's style."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor_of(tokens[place + 1].content))
        if token.type == "table_open":
            token.attrSet("class", "table")
        if token.children:
            token.children = _linked(token.children, page)


def _linked(tokens: Sequence[Token], page: Path) -> list[Token]:
    """The pieces of a line with their links put right; a link to what is no page of the help is plain text."""
    kept: list[Token] = []
    opened: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrGet("href") or ""), page)
            token.attrSet("href", address)
            opened.append(bool(address))
        if token.type in ("link_open", "link_close") and not opened[-1]:
            if token.type == "link_close":
                opened.pop()
            continue
        if token.type == "link_close":
            opened.pop()
        kept.append(token)
    return kept


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as markup, and its headings of the second level as (fragment, text)."""

    body: SafeString
    headings: tuple[tuple[str, str], ...]


@lru_cache(maxsize=64)
def _rendered(page: Path, _changed_at: float, _prefix: str) -> Rendered:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(page.read_text(encoding="utf-8"))
    _walk(tokens, page)
    text = str(markdown.renderer.render(tokens, markdown.options, {}))
    text = text.replace("<table", '<div class="scroll" tabindex="0"><table').replace("</table>", "</table></div>")
    headings = tuple(
        (anchor_of(tokens[place + 1].content), tokens[place + 1].content.replace("`", ""))
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    )
    # Raw HTML is switched off above: every tag in here is the renderer's own.
    return Rendered(mark_safe(text), headings)  # noqa: S308


def render_page(page: Path) -> Rendered:
    """A document as markup; read again when the file has changed."""
    return _rendered(page, page.stat().st_mtime, reverse("help"))


@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    """Every page of the help, the reader's own roles first."""
    held = roles_of(request) if request.user.is_authenticated else frozenset()
    roles = [chapter for chapter in CHAPTERS if chapter.role is not None]
    context = {
        "start": _BY_SLUG["start"],
        "own": [chapter for chapter in roles if chapter.role in held],
        "others": [chapter for chapter in roles if chapter.role not in held],
        "general": [chapter for chapter in CHAPTERS if chapter.role is None and chapter.slug != "start"],
    }
    return render(request, "help.html", context)


@require_safe
def help_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of the help."""
    chapter = _BY_SLUG.get(slug)
    if chapter is None or not (page := _file_of(chapter)).is_file():
        raise Http404(slug)
    in_english = (
        (get_language() or "").startswith("zh") and not chapter.file.startswith("roles/") and slug != "glossary"
    )
    context = {"chapter": chapter, "page": render_page(page), "chapters": CHAPTERS, "only_english": in_english}
    return render(request, "help_page.html", context)
