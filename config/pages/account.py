"""One's own account: the name, the password, the language, and the roles one holds. And signing in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from catalog.pages.acts import attempt, say, user_of
from catalog.pages.people_forms import LONGEST, NewPasswordForm
from catalog.people.services import change_password, rename_user


class SignInForm(AuthenticationForm):
    """User name and password. Which of the two is wrong is not said."""

    error_messages = {
        "invalid_login": gettext_lazy(
            "The user name or the password is not right. Look whether Caps Lock is on. "
            "After %(limit)s wrong tries the name is locked for %(minutes)s minutes."
        ),
        "inactive": gettext_lazy("This account is closed."),
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["username"].label = gettext_lazy("User name")
        self.fields["username"].widget.attrs.update({"autocapitalize": "none", "spellcheck": "false"})

    def get_invalid_login_error(self) -> forms.ValidationError:
        minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
        return forms.ValidationError(
            self.error_messages["invalid_login"],
            code="invalid_login",
            params={"limit": settings.AXES_FAILURE_LIMIT, "minutes": minutes},
        )


class NameForm(forms.Form):
    """How one is shown to others."""

    display_name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=LONGEST, required=False)


class ChangePasswordForm(NewPasswordForm):
    """The old password, and a new one twice."""

    current = forms.CharField(
        label=gettext_lazy("Present password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    field_order = ["current", "password", "again"]

    def __init__(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        self.request = request
        super().__init__(*args, **options)

    def clean_current(self) -> str:
        """Checked as signing in is, so that guessing here is counted and locked out too."""
        current: str = self.cleaned_data["current"]
        name = user_of(self.request).get_username()
        if authenticate(self.request, username=name, password=current) is None:
            raise forms.ValidationError(_("This is not your present password."))
        return current


def _page(
    request: HttpRequest, *, name: NameForm | None = None, password: ChangePasswordForm | None = None
) -> HttpResponse:
    user = user_of(request)
    context = {
        "name_form": name or NameForm(initial={"display_name": user.display_name}),
        "password_form": password or ChangePasswordForm(request),
        "rules": password_validators_help_texts(),
        "memberships": user.memberships.active()
        .select_related("organization", "granted_by")
        .order_by("organization__code", "role"),
        "languages": settings.LANGUAGES,
    }
    wrong = bool((name and name.errors) or (password and password.errors))
    return render(request, "account.html", context, status=400 if wrong else 200)


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Who one is here and what one may do."""
    return _page(request)


@require_POST
@login_required
def rename(request: HttpRequest) -> HttpResponse:
    """Change the name under which one is shown."""
    form = NameForm(request.POST)
    if form.is_valid():
        wanted = form.cleaned_data["display_name"]
        if attempt(request, lambda: rename_user(actor=user_of(request), display_name=wanted), form=form) is not None:
            say(request, _("Your name was changed."))
            return redirect("account")
    return _page(request, name=form)


@sensitive_post_parameters("current", "password", "again")
@require_POST
@login_required
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; this session goes on, every other ends."""
    form = ChangePasswordForm(request, request.POST)
    if form.is_valid():
        wanted = form.cleaned_data["password"]
        changed = attempt(request, lambda: change_password(actor=user_of(request), password=wanted), form=form)
        if changed is not None:
            update_session_auth_hash(request, changed)
            say(request, _("Your password was changed. Other sessions and API tokens of yours have ended."))
            return redirect("account")
    return _page(request, password=form)


@require_safe
@login_required
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where signing in leads from a tab that was opened to do just that."""
    return render(request, "registration/signed_in.html")
