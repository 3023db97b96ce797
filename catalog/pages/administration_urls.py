"""Addresses of administration, the ledger and the jobs."""

from __future__ import annotations

from django.urls import path

from catalog.pages import accounts, addresses, invitations, jobs, ledger, people  # noqa: F401  addresses: `<id:pk>`

urlpatterns = [
    path("organizations/", people.organizations, name="organizations"),
    path("organizations/<id:pk>/", people.organization, name="organization"),
    path("organizations/<id:pk>/new/", people.organization_new, name="organization-new"),
    path("organizations/<id:pk>/move/", people.organization_move, name="organization-move"),
    path("organizations/<id:pk>/close/", people.organization_close, name="organization-close"),
    path("organizations/<id:pk>/reopen/", people.organization_reopen, name="organization-reopen"),
    path("roles/<id:pk>/end/", people.role_end, name="role-end"),
    path("accounts/", accounts.accounts, name="administered-accounts"),
    path("accounts/<id:pk>/", accounts.account, name="administered-account"),
    path("accounts/<id:pk>/link/new/", accounts.link_issue, name="password-link-issue"),
    path("accounts/<id:pk>/link/", accounts.link_shown, name="password-link"),
    path("accounts/<id:pk>/close/", accounts.account_close, name="account-close"),
    path("accounts/<id:pk>/reopen/", accounts.account_reopen, name="account-reopen"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/new/", invitations.invite, name="invite"),
    path("accounts/password/<str:uid>/<str:token>/", invitations.set_password, name="set-password"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/export/", ledger.export, name="ledger-export"),
    path("ledger/verification/", ledger.verification, name="ledger-verification"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:pk>/cancel/", jobs.cancel, name="job-cancel"),
]
