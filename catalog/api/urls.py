"""The catalogue's addresses below /api/v1/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from catalog.api.views.datasets import Datasets, EndingProposals, Rights
from catalog.api.views.fields import Distributions, Fields, GradeProposals
from catalog.api.views.people import (
    ChangePassword,
    Invitations,
    Me,
    Memberships,
    Organizations,
    SetPassword,
    SignIn,
    SignOut,
    Users,
)
from catalog.api.views.records import Jobs, Ledger
from catalog.api.views.sources import Sources

router = SimpleRouter()
router.register("organizations", Organizations, basename="api-organization")
router.register("users", Users, basename="api-user")
router.register("invitations", Invitations, basename="api-invitation")
router.register("memberships", Memberships, basename="api-membership")
router.register("sources", Sources, basename="api-source")
router.register("datasets", Datasets, basename="api-dataset")
router.register("rights", Rights, basename="api-right")
router.register("ending-proposals", EndingProposals, basename="api-ending-proposal")
router.register("distributions", Distributions, basename="api-distribution")
router.register("fields", Fields, basename="api-field")
router.register("grade-proposals", GradeProposals, basename="api-grade-proposal")
router.register("ledger", Ledger, basename="api-ledger")
router.register("jobs", Jobs, basename="api-job")

urlpatterns = [
    path("tokens/", SignIn.as_view(), name="sign-in"),
    path("tokens/current/", SignOut.as_view(), name="sign-out"),
    path("accounts/set-password/", SetPassword.as_view(), name="api-set-password"),
    path("me/", Me.as_view(), name="me"),
    path("me/password/", ChangePassword.as_view(), name="api-change-password"),
    path("", include(router.urls)),
]
