"""One way to write a document as bytes, so that the same content has the same SHA-256 everywhere.

Lives here: canonical JSON and its digest, used by the rule pack and by the assessment record. Keys are sorted, there is
no white space, text is UTF-8 as it stands. A float is refused: its shortest spelling is an implementation's business,
so measured figures go in as decimal text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence


def canonical_bytes(document: Mapping[str, object]) -> bytes:
    """The one spelling of `document` (dicts with text keys, lists, text, int, bool, None).

    Raises TypeError on anything else, a float included: that is a programming error, not bad input.
    """
    _refuse_inexact(document)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def digest(document: Mapping[str, object]) -> str:
    """`sha256:` and the hexadecimal SHA-256 of the canonical bytes."""
    return "sha256:" + hashlib.sha256(canonical_bytes(document)).hexdigest()


def _refuse_inexact(value: object) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            if type(key) is not str:
                raise TypeError(f"a canonical document has text keys, not {type(key).__name__}")
            _refuse_inexact(item)
        return
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        for item in value:
            _refuse_inexact(item)
        return
    raise TypeError(f"a canonical document holds no {type(value).__name__}")
