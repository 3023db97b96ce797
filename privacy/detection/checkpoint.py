"""A reading that ended in the middle, as bytes: what a scan has counted, so that another process goes on from there.

Lives here: `TablePartial` and what the scanners remember, written by their own declarations: a value of another shape than the program has
now is refused and never guessed at. Not here: where the bytes are kept, and whether the table is still the one that was read.

The bytes hold no cell as it stood in the table: counts, masked examples, hashes, beginnings of values such as the three digits of a
mobile operator, words of the lexicons, keys of JSON documents. The hashes bear no key, for two processes have to agree on them, so
whoever holds the bytes can test guesses. They are therefore as confidential as the table: they are kept sealed under the deployment's
key like an upload, are shown to nobody, and are deleted when the scan is over.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
import types
import typing
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import numpy as np

from catalog.messages import MessageError, gettext_noop
from privacy.detection.scan import ReadingState

_MAGIC: Final = b"canglang reading\n"
_LENGTH: Final = struct.Struct("<Q")
_SOURCES: Final = (".py", ".toml")


class CheckpointUnusable(MessageError):
    """The bytes are damaged, or were written by another version of the program."""

    code = "checkpoint_unusable"
    message = gettext_noop("What had been read was kept by another version of the program.")


@cache
def program() -> str:
    """A digest of the program text of this package: counts of one version are not added to another's."""
    digest = hashlib.sha256()
    for path in sorted(_files(files("privacy.detection"))):
        digest.update(path[0].encode() + b"\0" + path[1].read_bytes())
    return digest.hexdigest()


def _files(folder: Traversable, below: str = "") -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        name = f"{below}/{entry.name}"
        if entry.is_dir():
            found += _files(entry, name)
        elif entry.name.endswith(_SOURCES):
            found.append((name, entry))
    return found


program()  # now, while the files are those that are loaded: a long-running worker may see them replaced


def to_bytes(state: ReadingState, *, versions: Mapping[str, str]) -> bytes:
    """`state` as bytes. `versions`: of every rule and model that was run (`rule_versions`)."""
    arrays: list[bytes] = []
    document = {
        "program": program(),
        "versions": dict(versions),
        "state": _plain(state, arrays, [0]),
    }
    text = json.dumps(document).encode("ascii")
    return b"".join([_MAGIC, _LENGTH.pack(len(text)), text, *arrays])


def from_bytes(data: bytes, *, versions: Mapping[str, str]) -> ReadingState:
    """What `to_bytes` was given.

    Raises: CheckpointUnusable where the program, its rules or its models are others now, or the bytes are damaged.
    """
    try:
        begin = len(_MAGIC) + _LENGTH.size
        if data[: len(_MAGIC)] != _MAGIC:
            raise CheckpointUnusable
        (size,) = _LENGTH.unpack(data[len(_MAGIC) : begin])
        document = json.loads(data[begin : begin + size])
        if document["program"] != program() or document["versions"] != dict(versions):
            raise CheckpointUnusable
        state: ReadingState = _read(document["state"], ReadingState, memoryview(data)[begin + size :])
        return state
    except (ValueError, KeyError, TypeError, IndexError, struct.error):
        raise CheckpointUnusable from None


def _plain(value: Any, arrays: list[bytes], size: list[int]) -> Any:
    """`value` as JSON; arrays go to `arrays`, of `size` bytes so far, and leave their place, length and kind."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value).tobytes()
        place = [size[0], len(value), value.dtype.str]
        arrays.append(data)
        size[0] += len(data)
        return place
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _plain(getattr(value, name), arrays, size) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _plain(item, arrays, size) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(item, arrays, size) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in a checkpoint")


def _read(plain: Any, kind: Any, arrays: memoryview) -> Any:  # noqa: PLR0911 - one return a kind
    """The value of type `kind` that `_plain` made `plain` of. Raises: ValueError, KeyError, TypeError."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        if plain.keys() != hints.keys():
            raise ValueError("other fields")
        return kind(**{name: _read(plain[name], hint, arrays) for name, hint in hints.items()})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        (some,) = (one for one in inner if one is not type(None))
        return None if plain is None else _read(plain, some, arrays)
    if origin is np.ndarray:
        place, length, dtype = plain
        return np.frombuffer(arrays, dtype=np.dtype(dtype), count=length, offset=place).copy()
    if origin is frozenset:
        return frozenset(plain)
    if origin is tuple:
        members = [inner[0]] * len(plain) if inner[1:] == (Ellipsis,) else inner
        return tuple(_read(item, member, arrays) for item, member in zip(plain, members, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _read(item, inner[1], arrays) for key, item in plain.items()}
    if kind is float and isinstance(plain, int) and not isinstance(plain, bool):
        return float(plain)
    if type(plain) is not kind:
        raise TypeError("another type")
    return plain


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
