"""What the top floor adds to the frame: the first page, administration, the ledger and the jobs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from catalog.pages.navigation import register_entry, register_worklists
from catalog.people.models import Role
from config.pages import subjects, worklists


def register() -> None:
    """Called once, when Django has started."""
    register_entry("home", _("My work"), "house", order=0)
    register_entry("ledger", _("Ledger"), "journal-text", roles=[Role.AUDITOR], order=60)
    register_entry("organizations", _("Administration"), "diagram-3", roles=[Role.ADMINISTRATOR], order=65)
    # An administrator finds everybody's jobs among the pages of administration.
    working = [Role.DATA_STEWARD, Role.PRIVACY_OFFICER, Role.REQUESTER]
    register_entry("jobs", _("Jobs"), "gear", roles=working, order=90)
    register_worklists(worklists.find)
    subjects.register()
