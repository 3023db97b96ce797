"""From a registered source to something the pure readers can open, within what the operator has configured.

The web names a root or host of the settings and what lies in it. Paths are resolved below the root without following
symlinks; a DSN string is never taken; the application's own database is refused.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import connection

from catalog import sources, storage
from catalog.datasets.models import Source, SourceKind
from catalog.datasets.openings import Host, open_hosts, open_roots, read_host
from catalog.errors import InvalidInput, WrongState
from catalog.messages import gettext_noop
from catalog.rewrapping import SealedColumn, register_sealed_column
from catalog.wrapping import wrapping_key

_CREDENTIALS = b"canglang source credentials"


register_sealed_column(
    SealedColumn("accounts", Source.objects.all, "sealed_credentials", context=lambda _source: _CREDENTIALS)
)


def seal_credentials(*, user: str, password: str) -> bytes:
    """Encrypt a database account for `Source.sealed_credentials`."""
    account = json.dumps({"user": user, "password": password}).encode()
    return wrapping_key().wrap(account, context=_CREDENTIALS)


def _open_credentials(sealed: bytes) -> dict[str, str]:
    return dict(json.loads(wrapping_key().unwrap(sealed, context=_CREDENTIALS)))


def location_of(source: Source) -> sources.FileLocation | sources.DatabaseLocation:
    """Where the source's bytes are. Raises `InvalidInput` where the operator does not let this organisation there."""
    require_not_retired(source)
    if source.kind == SourceKind.UPLOAD:
        sealed_name = source.sealed_name
        return sources.FileLocation(
            name=source.file_name, open=lambda: storage.open_sealed(storage.UPLOADS, sealed_name), path=None
        )
    if source.kind == SourceKind.FILE:
        root = open_roots(source.organization).get(source.root)
        if root is None:
            raise InvalidInput(
                gettext_noop("The operator has opened no folder named “%(name)s” to this organisation."),
                code="unknown_root",
                name=source.root,
            )
        _refuse_our_own_file(Path(root) / source.path)
        return sources.file_location(source.path, root=Path(root))
    return _database_location(source)


def require_not_retired(source: Source) -> None:
    """Raise `WrongState` for a source that was retired: there is nothing left to read."""
    if source.retired_at is not None:
        raise WrongState(gettext_noop("The source “%(name)s” was retired."), code="source_retired", name=source.name)


def _refuse_our_own_file(path: Path) -> None:
    """Raise `InvalidInput` where the path leads to this program's SQLite database, whatever it is called there.

    It is told by its status, never opened: closing any handle on the file would drop the locks that this process's own
    connections hold on it (sqlite.org/howtocorrupt.html, 2.2), and another process could then take its log away.
    """
    if connection.vendor != "sqlite":
        return
    for suffix in ("", "-wal", "-shm"):
        try:
            is_ours = path.samefile(f"{connection.settings_dict['NAME']}{suffix}")
        except (OSError, ValueError):  # one of them is not there; a NUL byte in the path
            continue
        if is_ours:
            raise _own_database()


def _own_database() -> InvalidInput:
    return InvalidInput(
        gettext_noop("This is the catalogue's own database; it cannot be a source."), code="own_database"
    )


def _database_location(source: Source) -> sources.DatabaseLocation:
    address = open_hosts(source.organization).get(source.host)
    if address is None:
        raise InvalidInput(
            gettext_noop("The operator has opened no database server named “%(name)s” to this organisation."),
            code="unknown_host",
            name=source.host,
        )
    place = read_host(source.host, address)
    if _is_our_own(place):
        raise _own_database()
    account = _open_credentials(bytes(source.sealed_credentials or b""))
    return sources.DatabaseLocation(
        kind=place.kind,
        host=place.host,
        port=place.port,
        database=place.database,
        user=account["user"],
        password=account["password"],
        schema=source.schema or None,
        tls=place.tls,
    )


def _is_our_own(place: Host) -> bool:
    """Whether the address is the database this program runs on. Loopback names are one host."""
    ours: dict[str, Any] = connection.settings_dict
    if connection.vendor != place.kind:
        return False

    def plain(name: str) -> str:
        return "localhost" if name in {"", "localhost", "127.0.0.1", "::1"} or name.startswith("/") else name.lower()

    here = (plain(str(ours["HOST"])), int(ours["PORT"] or 5432), str(ours["NAME"]))
    return (plain(place.host), place.port, place.database) == here


def open_source(source: Source, *, up_to_damage: bool = False) -> sources.Source:
    """Open a registered source for reading. The caller closes it. `up_to_damage`: see `catalog.sources.FileLocation`."""
    location = location_of(source)
    if up_to_damage and isinstance(location, sources.FileLocation):
        location = replace(location, up_to_damage=True)
    return sources.open_source(location)
