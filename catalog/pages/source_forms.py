"""The forms that bring a source in: an upload, a file below a root, a database on a host; and what its tables are added to.

A password is never given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from catalog import sources
from catalog.datasets.lifecycle import STATES_OF
from catalog.datasets.models import Dataset, Source
from catalog.datasets.roots import RootListing
from catalog.pages.acts import OnceForm
from catalog.pages.forms import OrganizationChoice
from catalog.templatetags.canglang import bracketed, titled

# Root and path in one choice; no path has a NUL, and a colon is allowed in both.
_BETWEEN = "\t"


class RecordChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """A dataset by its code and its title in the reader's language, in a box that can be searched."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Select({"data-search": True}), **options)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} · {titled(obj)}"


class SourceForm(OnceForm):
    """What every source needs: whose it is and what it is called."""

    organization = OrganizationChoice(label=_("Department"), empty_label=None)
    name = forms.CharField(
        label=_("Name of the source"),
        max_length=80,
        required=False,
        help_text=_("For you to find it again. Left empty, it is made of the file or host."),
    )

    def __init__(self, *arguments: Any, organizations: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
        # Whoever works for one department has nothing to choose.
        self.only = organizations[0] if len(organizations) == 1 else None
        if self.only is not None:
            self.fields["organization"].widget = forms.HiddenInput()
            self.fields["organization"].initial = self.only.pk


class UploadForm(SourceForm):
    """A file from the steward's computer."""

    file = forms.FileField(label=_("File"), max_length=200, allow_empty_file=True)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        file = self.fields["file"]
        file.widget.attrs["accept"] = ",".join(f".{extension}" for extension in sources.FILE_READERS)
        file.help_text = _("CSV, TSV, Excel (.xlsx), Parquet, JSON Lines or SQLite, at most %(size)s.") % {
            "size": filesizeformat(settings.UPLOAD_MAX_BYTES)
        }
        file.error_messages["required"] = _("Choose a file.")


class RootFileForm(SourceForm):
    """A file below one of the operator's roots, chosen from what lies there."""

    file = forms.ChoiceField(label=_("File"), widget=forms.Select({"data-search": True}))

    def __init__(self, *arguments: Any, listings: Iterable[RootListing], **options: Any) -> None:
        super().__init__(*arguments, **options)
        groups = [
            (
                listing.root,
                [
                    (_BETWEEN.join((listing.root, file.path)), file.path + bracketed(filesizeformat(file.size)))
                    for file in listing.files
                ],
            )
            for listing in listings
            if listing.files
        ]
        self.fields["file"].choices = [("", "—"), *groups]  # type: ignore[attr-defined]

    @property
    def place(self) -> tuple[str, str]:
        """The root's name, and the path below it."""
        root, _mark, path = str(self.cleaned_data["file"]).partition(_BETWEEN)
        return root, path


class AttachForm(forms.Form):
    """Which record a table is added to, where it does not begin one of its own."""

    dataset = RecordChoice(queryset=Dataset.objects.none(), label=_("Record"), empty_label=None)

    def __init__(self, *arguments: Any, source: Source, **options: Any) -> None:
        super().__init__(*arguments, **options)
        records = Dataset.objects.filter(provider=source.organization, state__in=STATES_OF["dataset.edit"])
        self.fields["dataset"].queryset = records.order_by("-changed_at")  # type: ignore[attr-defined]


class DatabaseForm(SourceForm):
    """A database on one of the operator's hosts, and the account that may read it."""

    host = forms.ChoiceField(label=_("Server"))
    schema = forms.CharField(
        label=_("Schema"), max_length=63, required=False, help_text=_("PostgreSQL only; left empty, it is public.")
    )
    user = forms.CharField(label=_("User"), max_length=200, widget=forms.TextInput({"autocomplete": "off"}))
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=_("Kept encrypted, shown to nobody. Give an account that can only read."),
    )

    def __init__(self, *arguments: Any, hosts: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [(name, name + bracketed(address.split("://")[0])) for name, address in sorted(hosts.items())]
        self.fields["host"].choices = choices  # type: ignore[attr-defined]

    @property
    def account(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: str(self.cleaned_data[name]) for name in ("host", "schema", "user", "password")}
