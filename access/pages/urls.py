"""The pages of access."""

from __future__ import annotations

from django.urls import path

import catalog.pages.addresses  # noqa: F401  `<id:…>` is registered by the import
from access.pages import applications, apply, deliver, offers, overview, panel, project_keys, projects, reidentifying

urlpatterns = [
    path("apply/<id:distribution_id>/", apply.apply, name="apply"),
    path("apply/<id:distribution_id>/filter/", apply.filter_rows, name="apply-filter"),
    path("apply/<id:distribution_id>/quote/", apply.quote, name="apply-quote"),
    path("applications/", applications.listing, name="applications"),
    path("applications/<id:pk>/", applications.page, name="application"),
    path("applications/<id:pk>/edit/", apply.edit, name="application-edit"),
    path("applications/<id:pk>/progress/", applications.progress, name="application-progress"),
    path("applications/<id:pk>/raise/", applications.raise_, name="application-raise"),
    path("applications/<id:pk>/<slug:action>/", applications.act, name="application-act"),
    path("projects/", projects.listing, name="projects"),
    path("projects/<id:pk>/", projects.page, name="project"),
    path("projects/<id:pk>/key/", project_keys.page, name="project-key"),
    path("project-keys/", project_keys.listing, name="project-keys"),
    path("project-keys/requests/<id:pk>/<slug:act>/", project_keys.act, name="key-request-act"),
    path("offers/", offers.listing, name="offers"),
    path("offers/<id:pk>/", offers.page, name="offer"),
    path("payments/", offers.payments, name="payments"),
    path("releases/", deliver.listing, name="releases"),
    path("releases/<id:pk>/", deliver.page, name="release"),
    path("releases/<id:pk>/download/", deliver.download, name="release-download"),
    path("releases/<id:pk>/restore/", reidentifying.ask, name="reidentify"),
    path("restorations/", reidentifying.listing, name="reidentifications"),
    path("restorations/<id:pk>/", reidentifying.page, name="reidentification"),
    path("restorations/<id:pk>/<slug:act>/", reidentifying.act, name="reidentification-act"),
    path("overview/", overview.page, name="overview"),
    path("fragments/access/<id:dataset_id>/", panel.dataset_panel, name="access-dataset-panel"),
]
