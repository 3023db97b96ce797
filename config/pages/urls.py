"""Home, signing in, one's account, the help, and administration of people, ledger and jobs."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path

from config.pages import account, help, home, keys

urlpatterns = [
    path("", home.home, name="home"),
    path(
        "accounts/sign-in/",
        auth.LoginView.as_view(authentication_form=account.SignInForm, redirect_authenticated_user=True),
        name="login",
    ),
    path("accounts/sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/signed-in/", account.signed_in, name="signed-in"),
    path("account/", account.account, name="account"),
    path("account/name/", account.rename, name="account-name"),
    path("account/password/", account.password, name="account-password"),
    path("keys/", keys.keys, name="keys"),
    path("help/", help.help_index, name="help"),
    path("help/<slug:slug>/", help.help_page, name="help-page"),
    path("", include("catalog.pages.administration_urls")),
]
