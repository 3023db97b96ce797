"""Comments people leave in a CREATE TABLE statement.

Lives here: reading `-- 姓名` and `/* 姓名 */` beside the columns of a table, which is the only place SQLite has for
comments. A scanner, not a parser: what it cannot follow has no comment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<newline>\n)
    | (?P<space>[^\S\n]+)
    | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*')
    | (?P<word>\w+)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class StatementComments:
    """The table's comment and those of its columns by name; "" and absent where there is none."""

    table: str
    columns: dict[str, str]


def read_comments(statement: str) -> StatementComments:
    """The comments in a CREATE TABLE statement.

    A comment belongs to the column defined before it on its line; alone on its line, to the column that follows. The
    table's is the one before the first column that stands on the line of the opening parenthesis or before it.
    """
    reader = _Reader()
    for token in _TOKEN.finditer(statement):
        kind = token.lastgroup or ""
        reader.take(kind, token.group())
    reader.finish()
    return StatementComments(reader.table, reader.columns)


class _Reader:
    """Follows the statement token by token."""

    def __init__(self) -> None:
        self.table = ""
        self.columns: dict[str, str] = {}
        self._depth = 0
        self._column: str | None = None  # defined last
        self._expects_name = False  # the next word in the outer parentheses is a column's name
        self._fresh_line = False  # nothing but space since the line began
        self._waiting: list[str] = []  # comments on lines of their own

    def take(self, kind: str, text: str) -> None:
        if kind == "comment":
            self._comment(_comment_text(text))
        elif kind == "newline":
            self._fresh_line = True
        elif kind in {"word", "quoted"}:
            self._fresh_line = False
            if self._depth == 1 and self._expects_name:
                self._begin_column(_unquoted(text) if kind == "quoted" else text)
        elif kind == "mark":
            self._fresh_line = False
            self._mark(text)

    def finish(self) -> None:
        self._flush()

    def _mark(self, text: str) -> None:
        if text == "(":
            self._depth += 1
            self._expects_name = self._expects_name or self._depth == 1
        elif text == ")":
            self._depth -= 1
        elif text == "," and self._depth == 1:
            self._expects_name = True

    def _begin_column(self, name: str) -> None:
        self._expects_name = False
        waiting, self._waiting = self._waiting, []
        self._column = name
        if waiting:
            self.columns[name] = " ".join(waiting)

    def _comment(self, text: str) -> None:
        if not text:
            return
        if self._fresh_line and self._depth >= 1:
            self._waiting.append(text)
        elif self._column is None:
            self.table = f"{self.table} {text}".strip()
        else:
            known = self.columns.get(self._column, "")
            self.columns[self._column] = f"{known} {text}".strip()

    def _flush(self) -> None:
        if self._waiting and self._column is not None and self._column not in self.columns:
            self.columns[self._column] = " ".join(self._waiting)


def _comment_text(token: str) -> str:
    inner = token[2:] if token.startswith("--") else token[2:-2]
    return re.sub(r"\s+", " ", inner).strip(" -*")


def _unquoted(token: str) -> str:
    mark = token[-1] if token[0] != "[" else ""
    return token[1:-1].replace(mark * 2, mark) if mark else token[1:-1]
