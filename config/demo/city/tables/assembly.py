"""Columns put together to the table that its description promises.

Lives here: the one place where a table's rows meet its description. Writing them to a file lives in `writers`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from config.demo.city.columns import Column
from config.demo.city.manifest import CityTable


def assemble(table: CityTable, columns: Mapping[str, Column]) -> pa.Table:
    """An Arrow table in the order of the description, each field carrying its Chinese label as `comment`.

    Raises ValueError when the columns are not the ones described.
    """
    if set(columns) != set(table.column_names):
        raise ValueError(
            f"Columns of {table.key} differ from its description: {set(columns) ^ set(table.column_names)}"
        )
    fields = [
        pa.field(column.name, columns[column.name].type, metadata={"comment": column.label}) for column in table.columns
    ]
    return pa.Table.from_arrays([columns[column.name] for column in table.columns], schema=pa.schema(fields))
