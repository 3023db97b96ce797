"""Arrow's compute functions with the types that these modules rely on.

Lives here: a typed view of `pyarrow.compute`, whose stubs know neither all functions nor all argument types, and the few calls that
answer with a scalar. Nothing about personal data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, cast

import pyarrow as pa
import pyarrow.compute


class Compute(Protocol):
    """Functions of arrays that answer with an array."""

    def __getattr__(self, name: str) -> Callable[..., pa.Array[Any]]: ...


pc: Final = cast(Compute, pyarrow.compute)
_scalar: Final[Any] = pyarrow.compute


def anywhere(mask: pa.Array[Any]) -> bool:
    """Whether a boolean array is true somewhere (null is not)."""
    return bool(_scalar.any(mask).as_py())


def everywhere(mask: pa.Array[Any]) -> bool:
    """Whether a boolean array is true wherever it is not null."""
    return bool(_scalar.all(_scalar.fill_null(mask, True)).as_py())


def how_many(mask: pa.Array[Any]) -> int:
    """How many values of a boolean array are true."""
    return int(_scalar.sum(mask).as_py() or 0)


def decoded(array: pa.Array[Any]) -> pa.Array[Any]:
    """A dictionary array as plain values; any other array as it is."""
    return cast(Any, array).dictionary_decode() if pa.types.is_dictionary(array.type) else array
