"""Where a wrapping key comes from: a variable of the environment, or a file that only its owner can read.

Read by the settings, before anything else is there. What the key seals is `catalog.wrapping`.
"""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32


def read_wrapping_key(name: str, *, value: str, path: str) -> bytes | None:
    """The 32 bytes that `value` holds, or the file at `path`, in base64; None where neither is given.

    Raises ImproperlyConfigured, naming the variable and never what is in it, where both are given, where others than
    the owner can read the file, or where it is no key.
    """
    if value and path:
        raise ImproperlyConfigured(f"Give either {name} or {name}_FILE, not both.")
    if path:
        return _decoded(_read_private(f"{name}_FILE", Path(path)), f"The file that {name}_FILE names")
    return _decoded(value, name) if value else None


def require_wrapping_key(name: str, *, value: str, path: str) -> bytes:
    """The same, for a key without which nothing starts."""
    key = read_wrapping_key(name, value=value, path=path)
    if key is None:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE: the wrapping key, {KEY_BYTES} bytes in base64.")
    return key


def _read_private(name: str, path: Path) -> str:
    try:
        # Opened once: what is checked is what is read, whatever becomes of the name meanwhile.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise ImproperlyConfigured(f"The file that {name} names cannot be read ({error.strerror}).") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ImproperlyConfigured(f"{name} must name a file.")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ImproperlyConfigured(
                f"The file that {name} names is open to others than its owner "
                f"(mode {stat.S_IMODE(mode):o}): chmod 600 it."
            )
        return os.read(descriptor, 256).decode("ascii", errors="replace").strip()
    finally:
        os.close(descriptor)


def _decoded(text: str, what: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{what} must hold {KEY_BYTES} bytes in base64.")
    return key
