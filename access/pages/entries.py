"""Where the pages of this app stand in the navigation, and their lists on the first page. Imported when Django starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from access.pages import overview, worklists
from catalog.pages.navigation import register_entry, register_worklists
from catalog.people.models import Role

_INVOLVED = (Role.REQUESTER, Role.APPROVER, Role.PRIVACY_OFFICER, Role.FINANCE, Role.AUDITOR)

register_entry("applications", _("Applications"), "file-earmark-text", roles=_INVOLVED, order=40)
register_entry("releases", _("Releases"), "box-seam", roles=_INVOLVED, order=45)
register_entry("projects", _("Projects"), "folder2", roles=(Role.REQUESTER,), order=47)
register_entry("project-keys", _("Keys of the projects"), "key", roles=(Role.PRIVACY_OFFICER,), order=48)
register_entry(
    "reidentifications", _("Restoring values"), "arrow-counterclockwise", roles=(Role.PRIVACY_OFFICER,), order=49
)
register_entry("offers", _("Offers"), "tag", roles=(Role.DATA_STEWARD, Role.FINANCE), order=50)
register_entry("payments", _("Payments"), "cash-coin", roles=(Role.FINANCE,), order=52)
register_entry("overview", _("Overview"), "bar-chart", roles=overview.READERS, order=55)
register_worklists(worklists.find)
