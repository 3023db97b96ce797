"""Privacy's addresses below /api/v1/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from privacy.api.own_rules import OwnRules
from privacy.api.views import Findings, Protections, Scans, ScanSchedules

router = SimpleRouter()
router.register("scans", Scans, basename="api-scan")
router.register("scan-schedules", ScanSchedules, basename="api-scan-schedule")
router.register("own-rules", OwnRules, basename="api-own-rule")
router.register("findings", Findings, basename="api-finding")
router.register("protections", Protections, basename="api-protection")

urlpatterns = [path("", include(router.urls))]
