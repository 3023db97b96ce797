"""An encrypted connection that the operator asks for: a server without it is refused, and one whose certificate is not its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.sources import CertificateUnverified, DatabaseLocation, Tls, TlsUnavailable, open_source
from tests.sources.conftest import Server
from tests.sources.reading import rows_of
from tests.sources.tls_door import Authority, tls_door

pytestmark = pytest.mark.service


@pytest.fixture(params=["postgres", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    """Either server, with a table."""
    found: Server = request.getfixturevalue(request.param)
    found.execute("CREATE TABLE people (name varchar(20))", "INSERT INTO people VALUES ('苏州')")
    return found


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def door(server: Server, authority: Authority) -> Iterator[DatabaseLocation]:
    """The server behind a door that lets nobody through in clear; the certificate is for the address it stands at."""
    with tls_door(server.location, authority.certify("127.0.0.1")) as location:
        yield location


def _rows(location: DatabaseLocation, tls: Tls | None) -> list[tuple[object, ...]]:
    with open_source(replace(location, tls=tls)) as source:
        return rows_of(source.table("people"))


def test_a_server_without_tls_is_refused_where_the_operator_asks_for_it(server: Server, authority: Authority) -> None:
    with tls_door(server.location, None) as clear:
        for tls in (Tls(), Tls(verified=True, authorities=authority.file)):
            with pytest.raises(TlsUnavailable) as refused:
                _rows(replace(clear, password="s3cret"), tls)
            assert refused.value.params["port"] == clear.port
            assert "s3cret" not in f"{refused.value} {refused.value.params} {refused.value!r}"
            assert refused.value.__suppress_context__


def test_rows_are_read_over_an_encrypted_connection(door: DatabaseLocation) -> None:
    assert _rows(door, Tls()) == [("苏州",)]


def test_a_certificate_of_a_known_authority_is_verified(door: DatabaseLocation, authority: Authority) -> None:
    assert _rows(door, Tls(verified=True, authorities=authority.file)) == [("苏州",)]


def test_a_certificate_of_an_unknown_authority_is_refused(door: DatabaseLocation, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    for authorities in (stranger.file, None):
        with pytest.raises(CertificateUnverified):
            _rows(door, Tls(verified=True, authorities=authorities))


def test_a_certificate_for_another_address_is_refused(server: Server, authority: Authority) -> None:
    with tls_door(server.location, authority.certify("10.0.0.5")) as location:
        assert _rows(location, Tls()) == [("苏州",)]
        with pytest.raises(CertificateUnverified):
            _rows(location, Tls(verified=True, authorities=authority.file))


def test_authorities_that_cannot_be_read_verify_nothing(door: DatabaseLocation, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    for name in ("empty.pem", "gone.pem"):
        with pytest.raises(CertificateUnverified):
            _rows(door, Tls(verified=True, authorities=tmp_path / name))
