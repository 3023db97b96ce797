"""The ledger's head and the triggers that keep it append-only, and the index that search reads."""

from typing import Any

from django.db import migrations

from catalog.datasets import search
from catalog.ledger import triggers
from catalog.ledger.chain import GENESIS_HASH


def plant_head(apps: Any, schema_editor: Any) -> None:
    apps.get_model("catalog", "LedgerHead").objects.create(id=1, sequence=0, entry_hash=GENESIS_HASH)


def pull_head(apps: Any, schema_editor: Any) -> None:
    apps.get_model("catalog", "LedgerHead").objects.all().delete()


def install_triggers(apps: Any, schema_editor: Any) -> None:
    triggers.install(schema_editor.connection)


def remove_triggers(apps: Any, schema_editor: Any) -> None:
    triggers.remove(schema_editor.connection)


def create_search(apps: Any, schema_editor: Any) -> None:
    search.create_index(schema_editor.connection)


def drop_search(apps: Any, schema_editor: Any) -> None:
    search.drop_index(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.RunPython(plant_head, pull_head),
        migrations.RunPython(install_triggers, remove_triggers),
        migrations.RunPython(create_search, drop_search),
    ]
