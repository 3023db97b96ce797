"""Which folders and servers the operator has opened to whom, and what an address asks of the connection."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from catalog.datasets.locations import location_of, open_source, seal_credentials
from catalog.datasets.models import Source, SourceKind
from catalog.datasets.openings import open_hosts, open_roots, read_host
from catalog.datasets.registration import register_database, register_file, try_database
from catalog.datasets.roots import list_roots
from catalog.errors import InvalidInput
from catalog.people.models import Organization, OrganizationKind, Role
from catalog.people.moving import move_organization
from catalog.people.services import create_organization, grant_role
from catalog.sources import DatabaseKind, Tls
from config.settings import organizations_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def folders(tmp_path: Path, settings: Settings) -> Path:
    """A folder for the health commission and one for everybody."""
    for name in ("clinic", "common"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "visits.csv").write_text("a,b\n1,2\n")
    settings.SOURCE_ROOTS = {name: str(tmp_path / name) for name in ("clinic", "common")}
    settings.SOURCE_ROOT_ORGANIZATIONS = {"clinic": ["11320500000000002A"]}
    return tmp_path


def _file(cast: Cast, who: str, organization: Organization, root: str = "clinic") -> Source:
    return register_file(
        actor=getattr(cast, who), organization=organization, name=f"{root} {who}", root=root, path="visits.csv"
    )


def test_without_a_binding_a_root_is_everybodys(cast: Cast, folders: Path, settings: Settings) -> None:
    settings.SOURCE_ROOT_ORGANIZATIONS = {}
    assert set(open_roots(cast.water)) == {"clinic", "common"}
    assert _file(cast, "wendy", cast.water).root == "clinic"


def test_a_bound_root_is_open_to_the_organisations_that_are_named(cast: Cast, folders: Path) -> None:
    assert set(open_roots(cast.health)) == {"clinic", "common"}
    assert set(open_roots(cast.water)) == {"common"}
    assert _file(cast, "stella", cast.health).root == "clinic"
    with pytest.raises(InvalidInput) as refused:
        _file(cast, "wendy", cast.water)
    assert refused.value.code == "unknown_root"
    assert _file(cast, "wendy", cast.water, "common").root == "common"


def test_who_lies_below_an_organisation_that_is_named_counts_as_named(cast: Cast, folders: Path) -> None:
    centre = create_organization(
        actor=cast.adam,
        name="中心血站",
        name_en="Blood Centre",
        code="12320500000000009A",
        kind=OrganizationKind.RESEARCH,
        parent=cast.health,
    )
    grant_role(actor=cast.adam, user=cast.stella, organization=centre, role=Role.DATA_STEWARD)
    source = _file(cast, "stella", centre)
    with closing(open_source(source)) as opened:
        assert opened.tables()
    assert "clinic" not in open_roots(cast.city)

    move_organization(actor=cast.adam, organization=centre, parent=cast.water)
    with pytest.raises(InvalidInput) as refused:
        open_source(Source.objects.get(pk=source.pk))
    assert refused.value.code == "unknown_root"


def test_a_source_is_closed_once_its_root_is_bound_to_others(cast: Cast, folders: Path, settings: Settings) -> None:
    source = _file(cast, "stella", cast.health)
    settings.SOURCE_ROOT_ORGANIZATIONS = {"clinic": ["11320500000000004A"]}
    with pytest.raises(InvalidInput) as refused:
        open_source(source)
    assert refused.value.code == "unknown_root"


def test_a_code_that_no_organisation_has_opens_to_nobody(cast: Cast, folders: Path, settings: Settings) -> None:
    settings.SOURCE_ROOT_ORGANIZATIONS = {"clinic": [""]}
    assert set(open_roots(cast.health)) == {"common"}


def test_what_lies_in_a_root_is_listed_for_those_it_is_open_to(cast: Cast, folders: Path) -> None:
    assert [one.root for one in list_roots(actor=cast.stella, organizations=[cast.health])] == ["clinic", "common"]
    assert [one.root for one in list_roots(actor=cast.wendy, organizations=[cast.water])] == ["common"]


def test_a_bound_host_is_neither_tried_nor_registered_by_others(cast: Cast, settings: Settings) -> None:
    settings.SOURCE_HOSTS = {"lake": "postgresql://127.0.0.1:1/lake"}
    settings.SOURCE_HOST_ORGANIZATIONS = {"lake": ["11320500000000002A"]}
    assert set(open_hosts(cast.health)) == {"lake"}
    assert open_hosts(cast.water) == {}
    account: dict[str, Any] = {"host": "lake", "user": "reader", "password": "p"}
    for act in (
        lambda: try_database(actor=cast.wendy, organization=cast.water, **account),
        lambda: register_database(actor=cast.wendy, organization=cast.water, name="lake", **account),
    ):
        with pytest.raises(InvalidInput) as refused:
            act()
        assert refused.value.code == "unknown_host"


def test_the_settings_name_organisations_by_their_codes() -> None:
    assert organizations_of({"clinic": "A:B", "tax": "C"}, {"clinic": "/srv", "tax": "/srv"}) == {
        "clinic": ["A", "B"],
        "tax": ["C"],
    }


def test_organisations_for_a_root_that_there_is_not_stop_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="clinc"):
        organizations_of({"clinc": "A"}, {"clinic": "/srv"})


# --- addresses ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "tls"),
    [
        ("postgresql://lake/city", None),
        ("postgresql://lake/city?sslmode=require", Tls()),
        ("postgresql://lake/city?sslmode=verify-full", Tls(verified=True)),
        (
            "postgresql://lake/city?sslmode=verify-full&sslrootcert=/etc/ca.pem",
            Tls(verified=True, authorities=Path("/etc/ca.pem")),
        ),
        ("postgresql://lake/city?sslmode=verify-full&sslrootcert=system", Tls(verified=True)),
        ("mysql://lake/city", None),
        ("mysql://lake/city?ssl=true", Tls()),
        ("mysql://lake/city?ssl=true&ca=/etc/ca.pem", Tls(verified=True, authorities=Path("/etc/ca.pem"))),
        ("mysql://lake/city?ssl=true&ca=system", Tls(verified=True)),
    ],
)
def test_an_address_asks_for_encryption_in_the_words_of_the_servers_clients(address: str, tls: Tls | None) -> None:
    host = read_host("lake", address)
    assert (host.host, host.database, host.tls) == ("lake", "city", tls)
    assert host.port == {DatabaseKind.POSTGRESQL: 5432, DatabaseKind.MYSQL: 3306}[host.kind]


@pytest.mark.parametrize(
    "address",
    [
        "oracle://lake/city",
        "postgresql://lake:port/city",
        "postgresql://lake/city?sslmode=disable",
        "postgresql://lake/city?sslmod=require",
        "postgresql://lake/city?sslmode=require&sslrootcert=/etc/ca.pem",
        "postgresql://lake/city?sslrootcert=/etc/ca.pem",
        "postgresql://lake/city?sslmode",
        "postgresql://lake/city?ssl=true",
        "mysql://lake/city?ssl=maybe",
        "mysql://lake/city?ca=/etc/ca.pem",
        "mysql://lake/city?sslmode=require",
    ],
)
def test_an_address_that_asks_for_something_unknown_is_not_used(address: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_host("lake", address)
    assert refused.value.code == "unknown_host"


def test_what_the_operator_asks_reaches_the_reader(cast: Cast, settings: Settings) -> None:
    settings.SOURCE_HOSTS = {"lake": "mysql://lake.example/city?ssl=true"}
    source = Source(
        organization=cast.health,
        kind=SourceKind.DATABASE,
        host="lake",
        sealed_credentials=seal_credentials(user="reader", password="p"),
    )
    location: Any = location_of(source)
    assert location.tls == Tls()
