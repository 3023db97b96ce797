"""What is looked for on every page: widths, words of the other language, and what axe finds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from playwright.sync_api import Page

from tests.journey.processes import ROOT

HAN = re.compile(r"[㐀-鿿]")
# Punctuation of the other language: beside Chinese, or at the head of a text that follows some (data is a word); of an English text.
HALF_WIDTH = re.compile(r"[㐀-鿿）”][,;:!?()]|[,;:!?(] ?[㐀-鿿]|^[,;:)]")
FULL_WIDTH = re.compile(r"[，。：；！？（）、]")
# Three words in a row are a sentence, or a part of one.
SENTENCE = re.compile(r"[A-Za-z][a-z’']+(?:[ ,;:]+[A-Za-z][a-z’'-]*){2,}")
# An English text may give a term of Chinese law in brackets behind its own word, a law by its name, and lead to a page in Chinese.
_TERM = re.compile(r"\([㐀-鿿, ]{1,20}\)|个人信息保护法第十三条第一款第三项|^中文$")

# Text as a reader meets it, what a label or a hint says included. Not: code, keys, the title of a document, another language's own words.
_TEXTS = """() => {
  const apart = "script, style, noscript, code, pre, kbd, cite, .code, .example, [lang]:not(html), :has(> mark)";
  const found = new Set();
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, text = node.textContent.trim();
    if (text && !node.parentElement.closest(apart)) found.add(text.replace(/\\s+/g, " "));
  }
  const names = ["placeholder", "aria-label", "title", "data-confirm", "data-ask", "data-kept"];
  for (const element of document.querySelectorAll(names.map((name) => `[${name}]`).join())) {
    if (element.closest(apart)) continue;
    for (const name of names)
      if (element.getAttribute(name)) found.add(element.getAttribute(name));
  }
  return [...found];
}"""
# The page is left as it is: a rule that needs another state of it would not be about what is read.
_AXE = """async () => {
  const result = await axe.run(document, { resultTypes: ["violations"], elementRef: false });
  return result.violations.filter((found) => ["serious", "critical"].includes(found.impact))
    .flatMap((found) => found.nodes.slice(0, 3).map((node) => {
      const why = node.any.concat(node.all).map((check) => check.message).join(" ");
      return `${found.id}: ${node.html.slice(0, 160)} | ${why.slice(0, 160)}`;
    }));
}"""
_WIDE = """() => {
  const width = document.scrollingElement.scrollWidth;
  if (width <= window.innerWidth + 1) return [];
  const clipped = (element) => {
    for (let box = element.parentElement; box; box = box.parentElement)
      if (getComputedStyle(box).overflowX !== "visible") return true;
    return false;
  };
  const out = [...document.body.querySelectorAll("*")].filter((element) =>
    element.getBoundingClientRect().right > window.innerWidth + 1 && !clipped(element));
  return [`${width} px wide: ` + out.slice(-2).map((element) => element.outerHTML.slice(0, 120)).join(" | ")];
}"""


@cache
def _axe() -> str:
    return (ROOT / "tests/vendor/axe-core/axe.min.js").read_text(encoding="utf-8")


def barriers(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    page.evaluate(_axe())
    found: list[str] = page.evaluate(_AXE)
    return found


def overflow(page: Page) -> list[str]:
    """What makes the page wider than its window."""
    found: list[str] = page.evaluate(_WIDE)
    return found


def foreign_words(page: Page, language: str, data: Iterable[str]) -> Iterator[str]:
    """Sentences in English on a Chinese page, Chinese on an English one, and the punctuation of either on the other, where it is
    not data. On a Chinese page data counts as a word: what stands beside it is Chinese."""
    english = language == "en"
    foreign, word = ((HAN, FULL_WIDTH), " ") if english else ((SENTENCE, HALF_WIDTH), "词")
    for text in page.evaluate(_TEXTS):
        rest = _TERM.sub(" ", text) if english else text
        if not any(pattern.search(rest) for pattern in foreign):
            continue
        for value in data:
            if value in rest:
                rest = rest.replace(value, word)
        if any(pattern.search(rest) for pattern in foreign):
            yield text[:120]


def stored_texts() -> list[str]:
    """Every text that stands in the database or in a rule pack, the longest first: it is shown as it was written."""
    found = {
        text for pack in ROOT.glob("privacy/*/*.toml") for text in _strings(tomllib.loads(pack.read_text("utf-8")))
    }
    for model in apps.get_models():
        names = [
            each.name
            for each in model._meta.concrete_fields
            if isinstance(each, models.CharField | models.TextField | models.JSONField)
        ]
        if names:
            for row in model._default_manager.values_list(*names):
                for value in row:
                    found.update(_strings(value))
    return sorted((text for text in found if HAN.search(text) or " " in text), key=len, reverse=True)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
        yield from (line.strip() for line in value.splitlines() if line.strip())
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
