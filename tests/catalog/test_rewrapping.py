"""Exchanging the wrapping key: everything sealed opens with the new one, nothing with the old, and a broken run is run again."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import models
from django.test import override_settings

from catalog import storage
from catalog.datasets.locations import _open_credentials, seal_credentials
from catalog.datasets.models import Source, SourceKind
from catalog.ledger.models import LedgerEntry
from catalog.rewrapping import require_right_key, rewrap_everything, sealed_columns, wrong_key
from catalog.sealed import SealDamaged, WrongKey
from privacy.services.domains import create_domain, open_domain, renew_key
from tests.cast import Cast

OLD, NEW, THIRD = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))
PLAIN = b"a sealed file " * 20_000


@pytest.fixture
def sealed(cast: Cast, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """One of everything, under the old key."""
    with override_settings(DATA_DIR=tmp_path, CANGLANG_KEK=OLD, CANGLANG_KEK_OLD=b""):
        names = {area: storage.new_name() for area in storage.AREAS}
        for area, name in names.items():
            with storage.sealed_output(area, name) as sink:
                sink.write(PLAIN)
        domain = renew_key(create_domain(name="研究"))
        source = Source.objects.create(
            name="his",
            organization=cast.health,
            kind=SourceKind.DATABASE,
            created_by=cast.stella,
            sealed_credentials=seal_credentials(user="reader", password="made up"),
        )
        yield {"names": names, "domain": domain, "source": source, "fingerprint": open_domain(domain).fingerprint()}


def exchanged() -> Any:
    return override_settings(CANGLANG_KEK=NEW, CANGLANG_KEK_OLD=OLD)


def assert_everything_opens(sealed: dict[str, Any]) -> None:
    for area, name in sealed["names"].items():
        with storage.open_sealed(area, name) as stream:
            assert stream.read() == PLAIN
    domain = sealed["domain"]
    domain.refresh_from_db()
    assert open_domain(domain).fingerprint() == sealed["fingerprint"]
    former = domain.former_keys.get().fingerprint
    assert open_domain(domain, fingerprint=former).fingerprint() == former
    sealed["source"].refresh_from_db()
    assert _open_credentials(bytes(sealed["source"].sealed_credentials))["user"] == "reader"


def test_everything_opens_with_the_new_key_and_nothing_with_the_old(sealed: dict[str, Any]) -> None:
    with exchanged():
        report = rewrap_everything()
        assert dict(report.changed) == {"accounts": 1, "domains": 1, "former_keys": 1, "files": 3}
        assert not report.refused
        assert_everything_opens(sealed)
        assert wrong_key() is None
    with pytest.raises(WrongKey):
        open_domain(sealed["domain"])
    with pytest.raises(WrongKey):
        storage.open_sealed(storage.STAGED, sealed["names"][storage.STAGED])


def test_the_content_of_a_file_is_not_encrypted_anew_and_its_time_stays(sealed: dict[str, Any]) -> None:
    path = storage.path_of(storage.STAGED, sealed["names"][storage.STAGED])
    os.utime(path, (1_000_000_000, 1_000_000_000))
    before = path.read_bytes()
    with exchanged():
        rewrap_everything()
    after = path.read_bytes()
    assert before != after
    assert before[200:] == after[200:]
    assert path.stat().st_mtime == 1_000_000_000
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(path.parent.glob("*.part"))


def test_a_run_that_was_cut_off_is_run_again(sealed: dict[str, Any]) -> None:
    def cut_off(done: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with exchanged():
        with pytest.raises(KeyboardInterrupt):
            rewrap_everything(progress=cut_off)
        assert wrong_key() is not None
        with pytest.raises(ImproperlyConfigured, match="rewrap_keys"):
            require_right_key()
        report = rewrap_everything()
        assert sum(report.changed.values()) == 2
        assert sum(report.already.values()) == 4
        assert_everything_opens(sealed)
    lines = LedgerEntry.objects.filter(action="key.rewrapped").order_by("sequence")
    assert [line.details.get("files") for line in lines] == [1, 2]


def test_what_neither_key_opens_stays_as_it_is_and_is_named(sealed: dict[str, Any]) -> None:
    path = storage.path_of(storage.UPLOADS, sealed["names"][storage.UPLOADS])
    damaged = path.read_bytes()[:-1]
    path.write_bytes(damaged)
    with override_settings(CANGLANG_KEK=THIRD):
        foreign = create_domain(name="别处")
    with exchanged():
        report = rewrap_everything()
    assert {(item["kind"], item["code"]) for item in report.refused} == {
        ("files", SealDamaged.code),
        ("domains", WrongKey.code),
    }
    assert path.read_bytes() == damaged
    with override_settings(CANGLANG_KEK=THIRD):
        foreign.refresh_from_db()
        open_domain(foreign)


def test_the_start_says_that_the_key_is_the_wrong_one(sealed: dict[str, Any]) -> None:
    require_right_key()
    with (
        override_settings(CANGLANG_KEK=THIRD),
        pytest.raises(ImproperlyConfigured, match="is not the one that data is sealed under"),
    ):
        require_right_key()
    with override_settings(CANGLANG_KEK=THIRD):
        (error,) = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert error.id == "catalog.E003"


def test_a_file_alone_betrays_the_wrong_key_too(cast: Cast, tmp_path: Path) -> None:
    with override_settings(DATA_DIR=tmp_path, CANGLANG_KEK=OLD):
        with storage.sealed_output(storage.STAGED, storage.new_name()) as sink:
            sink.write(b"x")
        with override_settings(CANGLANG_KEK=NEW):
            assert wrong_key() is not None


def test_the_command_tells_what_it_did_in_one_document(sealed: dict[str, Any]) -> None:
    with exchanged():
        out = io.StringIO()
        call_command("rewrap_keys", format="json", stdout=out)
        document = json.loads(out.getvalue())
        assert document["changed"] == {"accounts": 1, "domains": 1, "former_keys": 1, "files": 3}
        call_command("rewrap_keys", "--check", stdout=out)
    with pytest.raises(SystemExit) as ended:
        call_command("rewrap_keys", "--check", stdout=io.StringIO())
    assert ended.value.code == 1


@pytest.mark.parametrize("old", [b"", NEW])
def test_without_another_old_key_nothing_is_done(sealed: dict[str, Any], old: bytes) -> None:
    with override_settings(CANGLANG_KEK=NEW, CANGLANG_KEK_OLD=old), pytest.raises(CommandError) as refused:
        call_command("rewrap_keys")
    assert refused.value.returncode == 2
    assert_everything_opens(sealed)


def test_every_column_of_bytes_changes_keys() -> None:
    """A new sealed column that nobody registers would be lost with the old key."""
    registered = {(column.rows().model, column.column) for column in sealed_columns()}
    there = {
        (model, field.name)
        for label in ("catalog", "privacy", "access")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField)
    }
    assert registered == there
