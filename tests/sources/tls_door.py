"""A door in front of a database server that speaks TLS with a certificate of the test's own, or says that it has none.

The servers of the tests need not be configured for it: the door makes the agreement that precedes the encryption as either server would,
and hands everything after it on in clear.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from catalog.sources import DatabaseKind, DatabaseLocation

_PG_SSL, _PG_GSS = 80877103, 80877104
_MYSQL_SSL = 0x0800


class Authority:
    """Signs certificates; its own is a file for those who trust it."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        itself = self._certificate(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None))
        self.file.write_bytes(itself.public_bytes(serialization.Encoding.PEM))

    def certify(self, address: str) -> Path:
        """A certificate for a server at this IP address, and its key, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
        file = self._folder / f"{self.file.stem}-{address}.pem"
        file.write_bytes(
            self._certificate(subject, key, names).public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return file

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )


@contextmanager
def tls_door(location: DatabaseLocation, certificate: Path | None) -> Iterator[DatabaseLocation]:
    """The location of a door to the server at `location`. Without a certificate the door offers no TLS."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    agree = {DatabaseKind.POSTGRESQL: _agree_as_postgresql, DatabaseKind.MYSQL: _agree_as_mysql}[location.kind]
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_serve, args=(door, location, context, agree), daemon=True).start()
        try:
            yield replace(location, host="127.0.0.1", port=door.getsockname()[1])
        finally:
            door.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next one


Agree = Callable[[socket.socket, socket.socket, ssl.SSLContext | None], socket.socket]


def _serve(door: socket.socket, location: DatabaseLocation, context: ssl.SSLContext | None, agree: Agree) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _address = door.accept()
            server = socket.create_connection((location.host, location.port))
            threading.Thread(target=_pass, args=(client, server, context, agree), daemon=True).start()


def _pass(client: socket.socket, server: socket.socket, context: ssl.SSLContext | None, agree: Agree) -> None:
    """What either side says, to the other, until one of them is silent for good."""
    with client, server, contextlib.suppress(OSError, EOFError):
        client = agree(client, server, context)
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join()


def _copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _agree_as_postgresql(
    client: socket.socket, _server: socket.socket, context: ssl.SSLContext | None
) -> socket.socket:
    """`SSLRequest` is answered with one letter (the protocol's documentation, "SSL Session Encryption")."""
    while True:
        _length, code = struct.unpack("!II", _exactly(client, 8))
        if code == _PG_SSL and context is not None:
            client.sendall(b"S")
            return context.wrap_socket(client, server_side=True)
        if code not in (_PG_SSL, _PG_GSS):
            raise EOFError  # in clear: nobody is let through
        client.sendall(b"N")


def _agree_as_mysql(client: socket.socket, server: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    """The server's greeting says whether it can; the client's answer is then cut in two, and its numbers run one ahead."""
    greeting = bytearray(_packet(server))
    flags = greeting.index(b"\0", 5) + 14  # after the header, the version, the thread's number and the salt
    abilities = struct.unpack_from("<H", greeting, flags)[0]
    offered = abilities | _MYSQL_SSL if context is not None else abilities & ~_MYSQL_SSL
    struct.pack_into("<H", greeting, flags, offered)
    client.sendall(greeting)
    if context is None:
        raise EOFError  # in clear: nobody is let through
    _packet(client)
    client = context.wrap_socket(client, server_side=True)
    answer = bytearray(_packet(client))
    struct.pack_into("<I", answer, 4, struct.unpack_from("<I", answer, 4)[0] & ~_MYSQL_SSL)
    server.sendall(_renumbered(bytes(answer), -1))
    while True:
        said = _packet(server)
        client.sendall(_renumbered(said, +1))
        if said[4] in (0x00, 0xFF):  # in, or refused
            return client
        server.sendall(_renumbered(_packet(client), -1))


def _packet(connection: socket.socket) -> bytes:
    """Three bytes of length, one of number, and what it holds."""
    header = _exactly(connection, 4)
    return header + _exactly(connection, int.from_bytes(header[:3], "little"))


def _renumbered(packet: bytes, step: int) -> bytes:
    return packet[:3] + bytes([(packet[3] + step) % 256]) + packet[4:]
