"""Access's addresses below /api/v1/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from access.api.views.applications import Applications
from access.api.views.offers import Offers, Projects
from access.api.views.project_keys import KeyRequests, ProjectKeys
from access.api.views.reidentifications import Reidentifications
from access.api.views.releases import Releases

router = SimpleRouter()
router.register("projects", Projects, basename="api-project")
router.register("project-keys", ProjectKeys, basename="api-project-key")
router.register("key-requests", KeyRequests, basename="api-key-request")
router.register("reidentifications", Reidentifications, basename="api-reidentification")
router.register("offers", Offers, basename="api-offer")
router.register("applications", Applications, basename="api-application")
router.register("releases", Releases, basename="api-release")

urlpatterns = [path("", include(router.urls))]
