"""The Chinese of the program: complete, each word in its own sense, set with the punctuation of Chinese."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils.translation import override

from access.models import ReleaseMode
from access.services.staging import StagingRefused
from catalog.errors import WrongState, translated
from catalog.pages import wording
from catalog.pages.wording import code_word
from catalog.templatetags.canglang import bracketed, colon, listed
from config import translations
from privacy.models import FieldRole, FindingState
from tests.journey.processes import ROOT

HAN = "[㐀-鿿]"
MARK = "[,;:!?()]"
HALF = re.compile(rf"{HAN}{MARK}|{MARK} ?{HAN}|{HAN}\"|\"{HAN}")
GAP = re.compile(r"[㐀-鿿，。：；、？！（）“”《》] +[㐀-鿿，。：；、？！（）“”《》]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
# What these stand for is Chinese on a Chinese page: a person, an organisation, a title.
NAMES = {"actor", "counterpart", "dataset", "names", "object", "organization", "owner", "person", "title", "who"}
SPACED = re.compile(rf"(?<=[㐀-鿿，。：；”]) %\((?:{'|'.join(NAMES)})\)s|%\((?:{'|'.join(NAMES)})\)s (?={HAN})")


def messages() -> Iterator[tuple[str, str | None, str]]:
    """(msgid, context, msgstr), each form of a plural by itself."""
    with translations.CATALOGUES["zh-hans"].open("rb") as handle:
        for message in read_po(handle):
            if message.id:
                first = message.id if isinstance(message.id, str) else message.id[0]
                forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
                yield from ((first, message.context, form) for form in forms)


def test_every_message_is_translated_and_none_for_nothing() -> None:
    assert translations.problems() == []


def test_no_chinese_text_has_half_width_punctuation_spaces_inside_or_a_pronoun_for_the_reader() -> None:
    faults = []
    for msgid, _, text in messages():
        # A placeholder is a word; a host with its port is one, and a scheme.
        plain = PLACEHOLDER.sub("词", text.replace("%(host)s:%(port)d", "词").replace("http(s)", "x"))
        if (
            HALF.search(plain)
            or GAP.search(PLACEHOLDER.sub("x", text))
            or SPACED.search(text)
            or re.search("[你您]", text)
        ):
            faults.append((msgid[:60], text))
    assert not faults


def test_a_message_with_several_senses_says_which_everywhere() -> None:
    contexts: dict[str, set[str | None]] = defaultdict(set)
    for msgid, context, _ in messages():
        contexts[msgid].add(context)
    assert [msgid for msgid, found in contexts.items() if None in found and len(found) > 1] == []
    assert contexts["Submitted"] == {"application", "dataset"}
    assert {context for msgid, context, text in messages() if text == "已否定"} == {"finding"}


def test_one_word_of_english_reads_by_its_subject() -> None:
    with override("zh-hans"):
        assert str(FindingState.REJECTED.label) == "已否定"
        assert translated(WrongState(state=FindingState("rejected"))) == "当前状态（已否定）下不能办理。"
    assert WrongState(state=FindingState("rejected")).params == {"state": "rejected"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_code_of_the_common_table_stands_for_two_things(language: str) -> None:
    with override(language):
        for choices in (*wording.SHARED, FieldRole, ReleaseMode):
            for code, label in choices.choices:
                assert code_word(code) == str(label), code


def test_lists_labels_and_brackets_are_set_in_the_language_of_the_reader() -> None:
    with override("en"):
        assert (listed(["a", "b"]), colon("Name") + "Wang", bracketed("x")) == ("a, b", "Name: Wang", " (x)")
    with override("zh-hans"):
        assert (listed(["甲", "乙"]), colon("姓名") + "王", bracketed("甲")) == ("甲、乙", "姓名：王", "（甲）")
        gone = StagingRefused("The table no longer has these columns: %(columns)s.", columns="a, b")
        assert translated(gone) == "数据表中已没有这些列：a、b。"


# --- what pages put together ---------------------------------------------------------------------------------------------

SENTENCES = re.compile(
    r"\{% blocktranslate.*?\{% endblocktranslate %\}|\{#.*?#\}|<script.*?</script>|<span class=\"code\">.*?</span>",
    re.DOTALL,
)
HARD = re.compile(r"""(?:\}\}|%\}|<[^>]+>)[:;,](?=[ <{])|\((?:\{\{|\{%)|join:"[,;] """)
JOINED = re.compile(r"""["'][,;] ["']\.join|f["'][^"'\n]*\}: \{""")


def test_templates_leave_commas_colons_and_brackets_to_the_filters() -> None:
    faults = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = SENTENCES.sub("", path.read_text("utf-8"))
        faults += [f"{path.name}: {text[found.start() - 30 : found.end() + 20]!r}" for found in HARD.finditer(text)]
    assert not faults


def test_pages_leave_commas_and_colons_to_the_filters() -> None:
    modules = [
        path for app in ("catalog", "privacy", "access", "config") for path in (ROOT / app / "pages").glob("*.py")
    ]
    assert len(modules) > 40
    assert [str(path.name) for path in modules if JOINED.search(path.read_text("utf-8"))] == []


# --- extraction ------------------------------------------------------------------------------------------------------------

MODULE = """
from django.utils.translation import npgettext, pgettext, pgettext_lazy
A = pgettext("offer", "Retired")
B = pgettext_lazy("dataset", "Retired")
C = npgettext("finding", "%(n)d rejected", "%(n)d rejected ones", 2)
"""
TEMPLATE = """{% load i18n %}
{% translate "From" context "payment" %}{% translate 'From' context 'right' as label %}{% translate "Ground"|colon %}
{% blocktranslate context "finding" %}Rejected by {{ name }}{% endblocktranslate %}
{% blocktranslate count n=rows context "row" %}{{ n }} left{% plural %}{{ n }} are left{% endblocktranslate %}
"""


def test_contexts_of_code_and_templates_are_extracted_and_their_translations_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "catalog" / "words.py").write_text(MODULE)
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    catalogue = tmp_path / "django.po"
    monkeypatch.setattr(translations, "BASE_DIR", tmp_path)
    monkeypatch.setattr(translations, "CATALOGUES", {"zh-hans": catalogue})
    translations.update()
    assert {(context, msgid) for msgid, context, _ in messages()} == {
        ("offer", "Retired"),
        ("dataset", "Retired"),
        ("finding", "%(n)d rejected"),
        ("payment", "From"),
        ("right", "From"),
        (None, "Ground"),
        ("finding", "Rejected by %(name)s"),
        ("row", "%(n)s left"),
    }
    assert len(translations.problems()) == 8, "each context is a message of its own"
    written = catalogue.read_text("utf-8")
    filled = written.replace(
        'msgctxt "offer"\nmsgid "Retired"\nmsgstr ""', 'msgctxt "offer"\nmsgid "Retired"\nmsgstr "已失效"'
    )
    assert filled != written
    catalogue.write_text(filled, "utf-8")
    translations.update()
    kept = {(msgid, context): text for msgid, context, text in messages()}
    assert (kept["Retired", "offer"], kept["Retired", "dataset"]) == ("已失效", "")
    assert sum("not translated" in problem for problem in translations.problems()) == 7
