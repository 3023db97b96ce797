"""What the operator has opened to sources, and to whom: folders and database servers by name, some of them to certain branches only.

Looked at when a source is registered and again at each opening: what is closed in the settings is closed from the next start on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from catalog import sources
from catalog.errors import InvalidInput
from catalog.messages import gettext_noop
from catalog.people.models import Organization

_KINDS = {"postgresql": sources.DatabaseKind.POSTGRESQL, "mysql": sources.DatabaseKind.MYSQL}
_PORTS = {sources.DatabaseKind.POSTGRESQL: 5432, sources.DatabaseKind.MYSQL: 3306}


def open_roots(organization: Organization) -> dict[str, str]:
    """The folders that sources of this organisation may lie in, by name."""
    return _open_to(organization, settings.SOURCE_ROOTS, settings.SOURCE_ROOT_ORGANIZATIONS)


def open_hosts(organization: Organization) -> dict[str, str]:
    """The addresses of the databases that sources of this organisation may be, by name."""
    return _open_to(organization, settings.SOURCE_HOSTS, settings.SOURCE_HOST_ORGANIZATIONS)


def _open_to(organization: Organization, places: Mapping[str, str], bound: Mapping[str, list[str]]) -> dict[str, str]:
    """Whoever lies below an organisation that is named counts as named."""
    branch: set[str] = set()
    if bound:
        above = Organization.objects.ancestors(organization, include_self=True)
        branch = set(above.values_list("code", flat=True))
    return {name: place for name, place in places.items() if name not in bound or branch & set(bound[name])}


@dataclass(frozen=True, slots=True)
class Host:
    """A database server as the operator configured it."""

    kind: sources.DatabaseKind
    host: str
    port: int
    database: str
    tls: sources.Tls | None


def read_host(name: str, address: str) -> Host:
    """The address of a host: `postgresql://host:port/database?sslmode=verify-full`. A user and a password in it are not used.

    An option that is not known is refused: one that was mistyped might have been the one that asks for encryption.
    """
    try:
        parts = urlsplit(address)
        kind = _KINDS[parts.scheme]
        return Host(
            kind=kind,
            host=parts.hostname or "localhost",
            port=parts.port or _PORTS[kind],
            database=parts.path.lstrip("/"),
            tls=_tls_of(kind, parts.query),
        )
    except (KeyError, ValueError) as error:
        raise InvalidInput(
            gettext_noop("The operator configured the host %(name)s with an address that cannot be used."),
            code="unknown_host",
            name=name,
        ) from error


def _tls_of(kind: sources.DatabaseKind, query: str) -> sources.Tls | None:
    """What the address asks of the connection, in the words of the servers' own clients. Raises ValueError for any other word."""
    options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    named = ("sslmode", "sslrootcert") if kind is sources.DatabaseKind.POSTGRESQL else ("ssl", "ca")
    mode, authorities = (options.pop(name, None) for name in named)
    if options:
        raise ValueError(sorted(options))
    file = Path(authorities) if authorities and authorities != "system" else None
    match kind, mode, authorities:
        case _, None, None:
            return None
        case (sources.DatabaseKind.POSTGRESQL, "require", None) | (sources.DatabaseKind.MYSQL, "true", None):
            return sources.Tls()
        case (sources.DatabaseKind.POSTGRESQL, "verify-full", _) | (sources.DatabaseKind.MYSQL, "true", _):
            return sources.Tls(verified=True, authorities=file)
    raise ValueError(mode)
