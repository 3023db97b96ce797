"""What each line of the ledger says, in a sentence.

One entry for every action code that any service writes; a test compares the two. Names and links are filled in by whoever shows the
line (`catalog.ledger.lines`): here are only the words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Placeholders: `actor` and `object` in every sentence; `person`, `role`, `organization`, `counterpart` and `linked` where the entry
# has them.
ACTS: Mapping[str, Any] = {
    # people
    "organization.created": _("%(actor)s added the organisation %(object)s"),
    "organization.moved": _("%(actor)s moved the organisation %(object)s to another place in the tree"),
    "organization.closed": _("%(actor)s closed the organisation %(object)s"),
    "organization.reopened": _("%(actor)s opened the organisation %(object)s again"),
    "user.created": _("%(actor)s opened the account of %(object)s"),
    "user.link_issued": _("%(actor)s made a one-time password link for %(object)s"),
    "user.password_set": _("%(actor)s set a password with a one-time link"),
    "user.password_changed": _("%(actor)s changed the password of their own account"),
    "user.renamed": _("%(actor)s changed the name of their own account"),
    "user.closed": _("%(actor)s closed the account of %(object)s"),
    "user.reopened": _("%(actor)s opened the account of %(object)s again"),
    "role.granted": _("%(actor)s gave %(person)s the role “%(role)s” in %(organization)s"),
    "role.ended": _("%(actor)s ended the role “%(role)s” of %(person)s in %(organization)s"),
    # the catalogue
    "source.registered": _("%(actor)s registered the source %(object)s"),
    "source.retired": _("%(actor)s retired the source %(object)s"),
    "dataset.registered": _("%(actor)s opened the record %(object)s"),
    "dataset.edited": _("%(actor)s changed the record %(object)s"),
    "dataset.submitted": _("%(actor)s submitted the record %(object)s for review"),
    "dataset.returned": _("%(actor)s returned the record %(object)s"),
    "dataset.published": _("%(actor)s published the record %(object)s"),
    "dataset.suspended": _("%(actor)s suspended the dataset %(object)s"),
    "dataset.retired": _("%(actor)s retired the dataset %(object)s"),
    "dataset.subject_declared": _("%(actor)s declared whom the rows of %(object)s are about"),
    "dataset.linked": _("%(actor)s linked %(object)s to %(linked)s"),
    "dataset.unlinked": _("%(actor)s took back the link of %(object)s to %(linked)s"),
    "distribution.attached": _("%(actor)s attached a table to %(object)s"),
    "distribution.drift_seen": _("%(actor)s found other columns in a table of %(object)s than the record has"),
    "distribution.drift_over": _("%(actor)s found the columns of the record again in a table of %(object)s"),
    "distribution.drift_accepted": _("%(actor)s took the changed columns of a table over into the record %(object)s"),
    "field.described": _("%(actor)s described a field of %(object)s"),
    "right.recorded": _("%(actor)s recorded a right of %(counterpart)s in %(object)s"),
    "right.ended": _("%(actor)s ended a right of %(counterpart)s in %(object)s"),
    "right.ending_proposed": _("%(actor)s asked %(counterpart)s to agree that its right in %(object)s ends"),
    "right.ending_refused": _("%(actor)s, for %(counterpart)s, refused that its right in %(object)s ends"),
    "grade.set": _("%(actor)s graded a field of %(object)s"),
    "grade.lowering_proposed": _("%(actor)s asked for a lower grade of a field of %(object)s"),
    "grade.lowered": _("%(actor)s, as the second person, accepted a lower grade of a field of %(object)s"),
    "grade.lowering_refused": _("%(actor)s, as the second person, refused a lower grade of a field of %(object)s"),
    # what is personal in it
    "scan.scheduled": _("%(actor)s set when a table of %(object)s is scanned again by itself"),
    "scan.schedule_ended": _("%(actor)s ended the scans of a table of %(object)s that run by themselves"),
    "scan.schedule_stopped": _("%(actor)s stopped the scans of a table of %(object)s that ran by themselves"),
    "scan.requested": _("%(actor)s asked for %(object)s"),
    "scan.resumed": _("%(actor)s asked for %(object)s, which goes on where another one stopped"),
    "scan.cancel_requested": _("%(actor)s asked to stop %(object)s"),
    "scan.finished": _("%(object)s, asked for by %(actor)s, has finished"),
    "scan.cancelled": _("%(object)s, asked for by %(actor)s, was stopped"),
    "scan.failed": _("%(object)s, asked for by %(actor)s, has failed"),
    "combinations.requested": _("%(actor)s asked for a count of the combinations of columns in %(object)s"),
    "combinations.cancel_requested": _("%(actor)s asked to stop the count of combinations in %(object)s"),
    "combinations.counted": _("The combinations of columns in %(object)s, asked for by %(actor)s, were counted"),
    "combinations.cancelled": _("The count of combinations in %(object)s, asked for by %(actor)s, was stopped"),
    "combinations.failed": _("The count of combinations in %(object)s, asked for by %(actor)s, has failed"),
    "finding.confirmed": _("%(actor)s confirmed %(object)s"),
    "finding.corrected": _("%(actor)s corrected %(object)s"),
    "finding.rejected": pgettext_lazy("finding", "%(actor)s rejected %(object)s"),
    "finding.returned": _("%(object)s came back for review after a scan that %(actor)s asked for"),
    "finding.restored": _("An earlier decision on %(object)s stands again after a scan that %(actor)s asked for"),
    "finding.second_person_asked": _(
        "%(actor)s decided otherwise than a checksum proves on %(object)s; a second person is asked"
    ),
    "rule.written": _("%(actor)s wrote the own rule %(object)s"),
    "rule.changed": _("%(actor)s changed the own rule %(object)s"),
    "rule.tried": _("%(actor)s tried the own rule %(object)s on sample data"),
    "rule.switched_on": _("%(actor)s switched the own rule %(object)s on"),
    "rule.switched_off": _("%(actor)s switched the own rule %(object)s off"),
    "protection.imported": _("%(actor)s took over a policy file as the protection of a table of %(object)s"),
    "protection.restored": _("%(actor)s restored an earlier version of the protection of a table of %(object)s"),
    "protection.proposed": _("%(actor)s had protection rules proposed for %(object)s"),
    "protection.set": _("%(actor)s set the protection rule of a field of %(object)s"),
    # its use
    "project.opened": _("%(actor)s opened the project %(object)s"),
    "reidentification.asked": _("%(actor)s asked that pseudonyms of %(object)s are turned back into values"),
    "reidentification.approved": _(
        "%(actor)s, as the second person, agreed that pseudonyms of %(object)s are turned back"
    ),
    "reidentification.refused": _(
        "%(actor)s, as the second person, refused that pseudonyms of %(object)s are turned back"
    ),
    "reidentification.shown": _("%(actor)s was shown the values behind pseudonyms of %(object)s"),
    "reidentification.expired": _(
        "%(actor)s deleted a request about pseudonyms of %(object)s that was not used in time"
    ),
    "key.renewal_asked": _("%(actor)s asked that the key of %(object)s is renewed"),
    "key.destruction_asked": _("%(actor)s asked that the keys of %(object)s are destroyed"),
    "key.renewed": _("%(actor)s, as the second person, renewed the key of %(object)s"),
    "key.destroyed": _("%(actor)s, as the second person, destroyed the keys of %(object)s"),
    "key.refused": _("%(actor)s, as the second person, left the key of %(object)s as it is"),
    "key.withdrawn": _("%(actor)s took back what they asked about the key of %(object)s"),
    "key.rewrapped": _("%(actor)s put everything that is encrypted at rest under another wrapping key"),
    "offer.proposed": _("%(actor)s proposed %(object)s"),
    "offer.priced": _("%(actor)s put %(object)s in force"),
    "application.drafted": _("%(actor)s drafted %(object)s"),
    "application.edited": _("%(actor)s changed %(object)s"),
    "application.submit": _("%(actor)s submitted %(object)s"),
    "application.withdraw": _("%(actor)s withdrew %(object)s"),
    "application.return": _("%(actor)s returned %(object)s"),
    "application.approve": _("%(actor)s signed %(object)s"),
    "application.reject": pgettext_lazy("application", "%(actor)s rejected %(object)s"),
    "application.confirm_payment": _("%(actor)s confirmed the payment of %(object)s"),
    "application.revoke": _("%(actor)s revoked the grant of %(object)s"),
    "application.assessed": _("%(actor)s wrote the protected data of %(object)s and measured its risk"),
    "application.assessment_failed": _("%(actor)s could not assess %(object)s"),
    "application.basis_changed": _("%(actor)s found that what %(object)s was assessed on has changed"),
    "assessment.raised": _("%(actor)s raised an answer in the assessment of %(object)s"),
    "artefact.deleted": _("%(actor)s deleted the protected data of %(object)s"),
    "release.downloaded": _("%(actor)s downloaded %(object)s"),
    # the ledger itself
    "ledger.exported": _("%(actor)s exported lines of the ledger"),
}

# How the ledger names a kind of object, and how the object is named where the reader may not see its title.
OBJECTS: Mapping[str, Any] = {
    "organization": _("organisation %(id)s"),
    "user": _("account %(id)s"),
    "membership": _("role %(id)s"),
    "source": _("source %(id)s"),
    "dataset": _("dataset %(id)s"),
    "scan": _("scan %(id)s"),
    "finding": _("finding %(id)s"),
    "ownrule": _("own rule %(id)s"),
    "project": _("project %(id)s"),
    "offer": _("offer %(id)s"),
    "application": _("application %(id)s"),
    "release": _("release %(id)s"),
    "ledgerhead": _("the ledger"),
}

# The kinds by themselves, to choose from.
KINDS: Mapping[str, Any] = {
    "organization": _("Organisation"),
    "user": _("Account"),
    "membership": pgettext_lazy("person", "Role"),
    "source": pgettext_lazy("catalogue", "Source"),
    "dataset": _("Dataset"),
    "scan": _("Scan"),
    "finding": _("Finding"),
    "ownrule": _("Own rule"),
    "project": _("Project"),
    "offer": _("Offer"),
    "application": _("Application"),
    "release": _("Release"),
    "ledgerhead": _("Ledger"),
}

# The acts by the subject they belong to, as the filter groups them: prefix of the code → heading.
SUBJECTS: Mapping[str, Any] = {
    "organization": _("Organisations"),
    "user": _("Accounts"),
    "role": _("Roles"),
    "source": _("Sources"),
    "dataset": _("Datasets"),
    "distribution": _("Tables"),
    "field": _("Fields"),
    "right": _("Rights"),
    "grade": _("Grades"),
    "scan": _("Scans"),
    "combinations": _("Combinations of columns"),
    "finding": _("Findings"),
    "rule": _("Own rules"),
    "protection": _("Protection"),
    "project": _("Projects"),
    "key": _("Keys"),
    "reidentification": _("Re-identification"),
    "offer": _("Offers"),
    "application": _("Applications"),
    "assessment": _("Assessments"),
    "artefact": _("Artefacts"),
    "release": _("Releases"),
    "ledger": _("Ledger"),
}

# What the details of an entry are called; after the kind of its object, what is called otherwise of that kind. What is not here is
# shown by its own name.
DETAILS: Mapping[str, Any] = {
    "added": _("New columns"),
    "amount": _("Amount"),
    "artefact": _("SHA-256 of the data"),
    "assessment": _("Assessment"),
    "accounts": _("Accounts of databases"),
    "back": _("Columns that came back"),
    "backups": _("Where copies survive"),
    "cap": _("Cap"),
    "changed": _("Columns of another type"),
    "ownrule.changed": _("Decisions it would ask again"),
    "checked": _("Values with a checksum"),
    "code": _("Reason"),
    "columns": _("Columns"),
    "combinations": _("Combinations of columns"),
    "data_type": _("Data type"),
    "decision": pgettext_lazy("ledger", "Decision"),
    "digest": _("SHA-256 of the record"),
    "ownrule.digest": _("SHA-256 of the rule"),
    "distribution": _("Table"),
    "download": _("Download"),
    "dropped": _("Columns that are gone"),
    "entity_type": _("Entity type"),
    "every": _("How often"),
    "field": _("Field"),
    "fields": _("Fields"),
    "filters": _("Filters"),
    "found": _("Found"),
    "first_byte": _("First byte"),
    "first_person": _("First person"),
    "format": _("Format"),
    "from": pgettext_lazy("change", "From"),
    "grade": _("Grade"),
    "holder": _("Holder"),
    "hours": _("Good for (hours)"),
    "invited": _("Invitation"),
    "domains": _("Key domains"),
    "files": pgettext_lazy("ledger", "Files"),
    "former_keys": _("Former keys"),
    "key_domain": _("Key domain"),
    "keys": _("Keys"),
    "kind": _("Kind"),
    "level": _("Level"),
    "lines": _("Lines"),
    "link": _("Link"),
    "linked": _("Linked dataset"),
    "mode": _("Mode"),
    "operator": _("Operator"),
    "order": pgettext_lazy("payment", "Order"),
    "proposals": _("Version of the proposals"),
    "policy_digest": _("SHA-256 of the protection"),
    "policy_version": _("Version of the protection"),
    "pseudonyms": _("Pseudonyms"),
    "reason": _("Reason"),
    "recipients": _("Recipients"),
    "refused": pgettext_lazy("key", "Could not be opened"),
    "releases": _("Releases"),
    "proposal": _("Proposal"),
    "record": _("SHA-256 of the assessment"),
    "revision": _("Revision"),
    "right": _("Right"),
    "risk_grade": _("Risk grade"),
    "role": pgettext_lazy("person", "Role"),
    "finding.role": pgettext_lazy("field", "Role"),
    "restored_version": _("Restored version"),
    "resumes": _("Goes on from scan"),
    "rows": _("Rows"),
    "rules": _("Rules"),
    "scheduled": _("By itself"),
    "side": _("Side"),
    "source": pgettext_lazy("catalogue", "Source"),
    "state": _("State"),
    "target": _("Answer"),
    "through": _("Up to entry"),
    "to": pgettext_lazy("change", "To"),
    "tried": _("Version that was tried"),
    "types": _("Entity types"),
    "user": _("Person"),
    "valid": _("Checksum holds"),
    "values": _("Values tried"),
    "version": _("Version"),
}

PROGRAM = _("The program")


class _Parts(dict[str, Any]):
    """The names of one line; a name that is not known is an ellipsis, so that an old entry still reads."""

    def __missing__(self, key: str) -> str:
        return "…"


def sentence(action: str, parts: Mapping[str, Any]) -> str:
    """The sentence of an action with its names. An action nobody gave words to is shown by its code."""
    template = ACTS.get(action)
    if template is None:
        return " ".join(str(part) for part in (parts.get("actor"), action, parts.get("object")) if part)
    return str(template) % _Parts(parts)


def object_name(object_type: str, object_id: str) -> str:
    """An object by its kind and number."""
    template = OBJECTS.get(object_type)
    return str(template) % {"id": object_id} if template else f"{object_type} {object_id}"
