"""Chinese search: two-character tokens made in Python, matched as a phrase by the database's own index.

Word segmentation splits the same term differently in a title and in a query; overlapping pairs never do, and find every
two-character word. SQLite: an FTS5 table ranked by bm25. PostgreSQL: a `simple` tsvector with a GIN index.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

# Runs of Han characters become pairs; runs of letters and digits stay words.
_RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z0-9]+")
FTS_TABLE = "catalog_dataset_fts"


def tokens(text: str) -> list[str]:
    """The index terms of a text, in order: 苏州市 → 苏州 州市; a lone character stays itself."""
    found: list[str] = []
    for run in _RUNS.findall(unicodedata.normalize("NFKC", text).lower()):
        if run[0] < "\u3400" or len(run) == 1:
            found.append(run)
        else:
            found.extend(run[place : place + 2] for place in range(len(run) - 1))
    return found


def _phrases(query: str) -> list[list[str]]:
    """One phrase per word of the query; all must match. At most 12 words, so that a huge query stays cheap."""
    return [phrase for word in query.split()[:12] if (phrase := tokens(word)[:64])]


def matching(datasets: Any, query: str) -> Any:
    """`datasets` that hold every word of `query`, best first. A query without any letter finds nothing."""
    phrases = _phrases(query)
    if not phrases:
        return datasets.none()
    if connection.vendor == "sqlite":
        match = " AND ".join('"' + " ".join(phrase) + '"' + ("*" if _is_open(phrase) else "") for phrase in phrases)
        found = RawSQL(f"SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s", (match,))  # noqa: S611, S608
        rank = f"(SELECT bm25({FTS_TABLE}) FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s AND rowid = catalog_dataset.id)"  # noqa: S608
        ranked = RawSQL(rank, (match,), output_field=models.FloatField())  # noqa: S611
        return datasets.filter(pk__in=found).annotate(rank=ranked).order_by("rank", "code")
    match = " & ".join(
        "(" + " <-> ".join(f"'{token}'" + (":*" if _is_open(phrase) else "") for token in phrase) + ")"
        for phrase in phrases
    )
    vector = "to_tsvector('simple', catalog_dataset.search_text)"
    found = RawSQL(f"{vector} @@ to_tsquery('simple', %s)", (match,), output_field=models.BooleanField())  # noqa: S611
    ranked = RawSQL(f"-ts_rank({vector}, to_tsquery('simple', %s))", (match,), output_field=models.FloatField())  # noqa: S611
    return datasets.annotate(hit=found, rank=ranked).filter(hit=True).order_by("rank", "code")


def _is_open(phrase: list[str]) -> bool:
    """A lone Han character or a Latin word may be the beginning of a longer term."""
    return len(phrase) == 1 and (len(phrase[0]) == 1 or phrase[0][0] < "\u3400")


def index(dataset_id: int, text: str) -> None:
    """Write the index row of one dataset (SQLite; PostgreSQL's index follows `search_text` by itself)."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {FTS_TABLE} WHERE rowid = %s", [dataset_id])  # noqa: S608
        cursor.execute(f"INSERT INTO {FTS_TABLE} (rowid, body) VALUES (%s, %s)", [dataset_id, text])  # noqa: S608


def create_index(connection_: Any) -> None:
    """Create what the database needs to search (called by a migration)."""
    with connection_.cursor() as cursor:
        if connection_.vendor == "sqlite":
            cursor.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {FTS_TABLE} USING fts5(body, tokenize='unicode61')")
        else:
            cursor.execute(
                "CREATE INDEX IF NOT EXISTS catalog_dataset_search ON catalog_dataset "
                "USING gin (to_tsvector('simple', search_text))"
            )


def drop_index(connection_: Any) -> None:
    """Undo `create_index`."""
    with connection_.cursor() as cursor:
        if connection_.vendor == "sqlite":
            cursor.execute(f"DROP TABLE IF EXISTS {FTS_TABLE}")
        else:
            cursor.execute("DROP INDEX IF EXISTS catalog_dataset_search")
