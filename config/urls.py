"""The site's addresses: the pages and the API, and what answers when neither can."""

from __future__ import annotations

from django.urls import include, path

handler400 = "config.pages.interruptions.unusable"
handler404 = "config.api.answer_missing"
handler500 = "config.api.answer_defect"

urlpatterns = [
    path("", include("config.pages.urls")),
    path("", include("catalog.pages.urls")),
    path("", include("privacy.pages.urls")),
    path("", include("access.pages.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("api/v1/", include("config.api")),
]
