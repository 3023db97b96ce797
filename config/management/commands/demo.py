"""`manage.py demo`: the whole journey on the demo city, then serve it.

DEMO_SERVE=0 stops before serving; DEMO_PORT moves the address (8000). A demo that is there already is only served; one that was
cut short is begun again on SQLite, and on another database asks for an empty one.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from catalog.commands import advance
from catalog.ledger.verification import verify
from config.demo import accounts
from config.demo.catalogue import Catalogue
from config.demo.city import generate_city
from config.demo.client import Person, Refused
from config.demo.desks import Desks
from config.demo.environment import ROOT_NAME
from config.demo.journal import Journal
from config.demo.servers import ServerFailed, free_port, running
from config.demo.story import Story


class Command(BaseCommand):
    help = "Run the whole journey on the demo city, then serve it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        folder, journal = Path(settings.DATA_DIR), Journal()
        finished = folder / "demo-finished"
        if finished.exists():
            call_command("migrate", verbosity=0)
        else:
            self._start_afresh(folder / "demo-begun")
        port = free_port(int(os.environ.get("DEMO_PORT", "8000")))
        try:
            with running(port, folder) as address:
                if finished.exists():
                    journal.say("the demo city is here already")
                else:
                    self._tell(address, journal)
                    finished.touch()
                self._show(address)
                if os.environ.get("DEMO_SERVE", "1") != "0":
                    signal.pause()
        except KeyboardInterrupt:
            self.stderr.write("\nstopped")
        except (ServerFailed, Refused, TimeoutError) as error:
            raise CommandError(str(error), returncode=1) from error

    def _start_afresh(self, begun: Path) -> None:
        """A demo begins with an empty database. Only one that a demo itself began, in the demo's own file, is removed."""
        name = Path(str(connection.settings_dict["NAME"]))
        if connection.vendor == "sqlite" and begun.exists() and name.parent.resolve() == begun.parent.resolve():
            connection.close()
            for path in begun.parent.glob(f"{name.name}*"):
                path.unlink()
        call_command("migrate", verbosity=0)
        if accounts.is_loaded():
            raise CommandError("This database has people in it already; the demo needs an empty one.", returncode=2)
        begun.touch()

    def _tell(self, address: str, journal: Journal) -> None:
        """The story from the first row to the verified ledger."""
        journal.chapter("The city")
        with journal.bar("generate", None) as bar:
            manifest = generate_city(
                Path(settings.SOURCE_ROOTS[ROOT_NAME]),
                progress=lambda _, done, total: advance(bar, done, total),
            )
        rows = sum(table.row_count for table in manifest.tables)
        journal.say(f"generated {len(manifest.tables)} tables with {rows:,} rows; every person in them is made up")
        organizations = accounts.create_people(manifest)
        journal.say(f"created {len(organizations)} organisations and {len(accounts.ACCOUNTS)} accounts")
        people = {name: Person(address, name, settings.DEMO_PASSWORD) for name in accounts.ACCOUNTS}

        journal.chapter("Register, publish, scan, review, protect")
        catalogue = Catalogue(manifest, organizations, journal)
        catalogue.register(people["steward"])
        catalogue.publish(people["approver"])
        catalogue.scan(people["officer"])
        catalogue.review(people["officer"])
        catalogue.protect(people["officer"])

        story = Story(people, catalogue, journal)
        journal.chapter("Medical visits, free for the public good")
        story.medical_visits()
        journal.chapter("Population, with two departments to sign")
        story.population()
        journal.chapter("Utilities, paid, and revoked")
        story.revoke(story.utilities())

        journal.chapter("Work in hand")
        Desks(people, catalogue, story, journal, Path(settings.SOURCE_ROOTS[ROOT_NAME])).leave()

        journal.chapter("Account")
        result = verify()
        if not result.ok:
            raise CommandError(f"the ledger is broken at {result.first_bad}", returncode=1)
        journal.say(f"the ledger holds {result.entries} entries and verifies")

    def _show(self, address: str) -> None:
        self.stdout.write(f"\nCanglang 沧浪 is at {address}  (API: {address}/api/v1/)")
        self.stdout.write(f"Password of every account: {settings.DEMO_PASSWORD}")
        for name, (display_name, work) in accounts.ACCOUNTS.items():
            self.stdout.write(f"  {name:<11} {display_name}  {work}")
        self.stdout.write("Ctrl-C stops it." if os.environ.get("DEMO_SERVE", "1") != "0" else "")
