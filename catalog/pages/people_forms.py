"""The forms about people: organisations, roles, accounts, passwords. What they mean is checked by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.pages.acts import OnceForm
from catalog.pages.forms import OrganizationChoice
from catalog.people.models import Organization, OrganizationKind, Role, User
from catalog.people.visibility import administered_organizations, administered_users
from catalog.templatetags.canglang import bracketed

# What a role does, beside its name, for whoever has to choose one.
ROLE_WORK = {
    Role.DATA_STEWARD: _("registers tables and their records; reviews colleagues' records"),
    Role.PRIVACY_OFFICER: _("scans, decides on findings, sets protection, co-signs"),
    Role.REQUESTER: _("applies for the use of data and downloads it"),
    Role.APPROVER: _("decides on applications for the organisation's data"),
    Role.FINANCE: _("sets prices and confirms payments"),
    Role.AUDITOR: _("reads who did what; sees no data"),
    Role.ADMINISTRATOR: _("organisations, accounts and roles; holds no right to data"),
}
ROLES_IN_WORDS = [(role.value, format_lazy("{} — {}", role.label, work)) for role, work in ROLE_WORK.items()]

# Longer than any column; a service says what the limit is. Beyond this nothing is looked at.
LONGEST = 10_000


class PersonChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """An account by display name and user name, in a box that can be searched."""

    def __init__(self, **options: Any) -> None:
        super().__init__(User.objects.none(), widget=forms.Select({"data-search": True}), **options)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.display_name}{bracketed(obj.username)}" if obj.display_name else str(obj.username)


class SearchForm(forms.Form):
    """Words to look for."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )


class OrganizationSearchForm(SearchForm):
    """Organisations by a part of their names or code, and by kind."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("Any kind")), *OrganizationKind.choices])
    closed = forms.BooleanField(label=_("Closed ones too"), required=False)


ACCOUNT_STATES = [
    ("", _("Any state")),
    ("active", _("Signs in")),
    ("invited", _("Invited")),
    ("without_role", _("Without a role")),
    ("closed", _("Closed")),
]


class AccountSearchForm(SearchForm):
    """Accounts by a part of their names, by state and role."""

    state = forms.ChoiceField(label=_("State"), required=False, choices=ACCOUNT_STATES)
    role = forms.ChoiceField(
        label=pgettext_lazy("person", "Role"), required=False, choices=[("", _("Any role")), *Role.choices]
    )


class OrganizationForm(OnceForm):
    """A new organisation below another."""

    name = forms.CharField(label=pgettext_lazy("organisation", "Name"), max_length=LONGEST)
    name_en = forms.CharField(label=_("Name in English"), max_length=LONGEST)
    code = forms.CharField(
        label=_("Unified social credit code"),
        help_text=_("18 characters, as on the certificate (GB 32100)."),
        max_length=LONGEST,
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=OrganizationKind.choices)


class MoveForm(forms.Form):
    """Where the organisation of the page is to lie."""

    parent = OrganizationChoice(label=_("Below which organisation"), empty_label=_("Choose an organisation"))

    def __init__(self, actor: User, *args: Any, organization: Organization, **options: Any) -> None:
        super().__init__(*args, **options)
        _limit(self.fields["parent"], actor)
        field: Any = self.fields["parent"]
        below = Organization.objects.descendants(organization, include_self=True).values_list("pk", flat=True)
        field.queryset = field.queryset.exclude(pk__in=[*below, organization.parent_id])


class MemberRoleForm(forms.Form):
    """A role for a person, in the organisation of the page."""

    user = PersonChoice(label=_("Person"), empty_label=_("Choose a person"))
    role = forms.ChoiceField(label=pgettext_lazy("person", "Role"), choices=[("", _("Choose a role")), *ROLES_IN_WORDS])

    def __init__(self, actor: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people: Any = self.fields["user"]
        people.queryset = administered_users(actor).filter(is_active=True).order_by("display_name", "username")


class AccountRoleForm(forms.Form):
    """A role for the person of the page, in an organisation."""

    organization = OrganizationChoice(label=_("Organisation"), empty_label=_("Choose an organisation"))
    role = forms.ChoiceField(label=pgettext_lazy("person", "Role"), choices=[("", _("Choose a role")), *ROLES_IN_WORDS])

    def __init__(self, actor: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _limit(self.fields["organization"], actor)


class InvitationForm(OnceForm):
    """Whom to invite, where, and as what."""

    display_name = forms.CharField(
        label=pgettext_lazy("person", "Name"), help_text=_("As colleagues know the person."), max_length=LONGEST
    )
    username = forms.CharField(
        label=_("User name"),
        help_text=_("What the person signs in with: letters, digits and @ . + - _"),
        max_length=LONGEST,
        widget=forms.TextInput({"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    organization = OrganizationChoice(label=_("Organisation"), empty_label=_("Choose an organisation"))
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        help_text=_(
            "What the person will do there. Each counts only in this organisation; auditors and administrators "
            "work for everything below it too."
        ),
        choices=ROLES_IN_WORDS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, actor: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _limit(self.fields["organization"], actor)


class NewPasswordForm(forms.Form):
    """A password, twice."""

    password = forms.CharField(
        label=_("New password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same again"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("The two passwords differ."))
        return cleaned


def _limit(field: Any, actor: User) -> None:
    """Open organisations of the actor's branches."""
    field.queryset = administered_organizations(actor).filter(is_active=True).order_by("code")
