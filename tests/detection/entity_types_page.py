"""The table of docs/entity-types.md, made from the rule pack. `python -m tests.detection.entity_types_page` writes it anew."""

from __future__ import annotations

from pathlib import Path

from privacy.detection.checksums import LUCK
from privacy.detection.rules import EntityRule, RuleSet, load_rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "entity-types.md"
BEGIN, END = "<!-- begin of the table -->", "<!-- end of the table -->"
HEAD = ("Type", "English", "中文", "Role", "Category", "Grade", "Told by", "Luck", "Format", "Source", "On")


def luck_of(entity_type: str) -> str:
    """How often a value of the right shape passes the checksum by luck."""
    luck = LUCK.get(entity_type)
    if luck is None:
        return ""
    return f"1/{round(1 / luck)}" if luck > 1e-6 else "less than 1 in a million"


def source_of(rule: EntityRule) -> str:
    """The document behind role, category and grade; what nobody has read yet says so."""
    text = ", ".join(part for part in (rule.source.title_en.split(" — ")[0], rule.source.article_en) if part)
    return text if rule.source.verified else f"{text} (unverified)"


def row_of(rule: EntityRule) -> str:
    """One line of the table."""
    cells = (
        f"`{rule.entity_type}`",
        rule.label_en,
        rule.label_zh,
        rule.role.value,
        rule.pipl.replace("_", " "),
        f"`{rule.grade}`",
        rule.family.value,
        luck_of(rule.entity_type),
        rule.format_en or rule.format,
        source_of(rule),
        "yes" if rule.on else "no",
    )
    return "| " + " | ".join(cells) + " |"


def table(rules: RuleSet) -> str:
    """The whole table, in the order of the pack."""
    lines = [f"Rule pack {rules.version}: {len(rules.entities)} types, {len(rules.running)} of them on.", ""]
    lines += ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return "\n".join([*lines, *(row_of(rule) for rule in rules.entities.values())])


def with_table(page: str, rules: RuleSet) -> str:
    """The page with its table as the rule pack has it."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{table(rules)}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), load_rules()), "utf-8")
