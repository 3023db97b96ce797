"""The catalogue's pages."""

from django.urls import path

import catalog.pages.addresses  # noqa: F401  `<id:…>` is registered by the import
from catalog.pages import catalogue, dataset, drift, fields, links, register, rights, sources

urlpatterns = [
    path("catalogue/", catalogue.browse, name="catalogue"),
    path("catalogue/<id:pk>/", dataset.show, name="dataset"),
    path("catalogue/<id:pk>/edit/", dataset.edit, name="dataset-edit"),
    path("catalogue/<id:pk>/submit/", dataset.submit, name="dataset-submit"),
    path("catalogue/<id:pk>/publish/", dataset.publish, name="dataset-publish"),
    path("catalogue/<id:pk>/return/", dataset.reasoned_act, {"act": "return"}, name="dataset-return"),
    path("catalogue/<id:pk>/suspend/", dataset.reasoned_act, {"act": "suspend"}, name="dataset-suspend"),
    path("catalogue/<id:pk>/retire/", dataset.reasoned_act, {"act": "retire"}, name="dataset-retire"),
    path("catalogue/<id:pk>/history/", dataset.history, name="dataset-history"),
    path("catalogue/<id:pk>/versions/<id:number>/", dataset.version, name="dataset-version"),
    path("catalogue/<id:pk>/rights/", rights.rights, name="dataset-rights"),
    path("catalogue/<id:pk>/links/", links.links, name="dataset-links"),
    path("catalogue/<id:pk>/fields/", fields.describe, name="dataset-fields"),
    path("links/<id:pk>/remove/", links.remove, name="link-remove"),
    path("rights/<id:pk>/end/", rights.end, name="right-end"),
    path("ending-proposals/<id:pk>/<slug:verdict>/", rights.decide, name="ending-decide"),
    path("fields/<id:pk>/grade/", fields.grade, name="field-grade"),
    path("grade-proposals/<id:pk>/<slug:verdict>/", fields.decide, name="grade-decide"),
    path("distributions/<id:pk>/columns/", drift.columns, name="distribution-columns"),
    path("distributions/<id:pk>/subject/", fields.subject, name="distribution-subject"),
    path("register/", register.start, name="register"),
    path("register/test/", register.try_connection, name="register-test"),
    path("register/source/<id:pk>/", register.table, name="register-table"),
    path("register/source/<id:pk>/columns/", register.columns, name="register-columns"),
    path("register/<id:pk>/record/", register.record, name="register-record"),
    path("register/<id:pk>/rights/", register.rights, name="register-rights"),
    path("register/<id:pk>/check/", register.check, name="register-check"),
    path("sources/", sources.index, name="sources"),
    path("sources/<id:pk>/", sources.source, name="source"),
    path("sources/<id:pk>/tables/", sources.tables, name="source-tables"),
    path("sources/<id:pk>/retire/", sources.retire, name="source-retire"),
]
