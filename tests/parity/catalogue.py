"""The commands on sources, datasets, rights, fields and grades."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.datasets.drift import ColumnRead, note_columns
from catalog.datasets.grading import set_grade
from catalog.datasets.lineage import LinkKind
from catalog.datasets.linking import link_datasets
from catalog.datasets.models import Grade, RightKind
from catalog.datasets.registration import register_upload
from catalog.datasets.rights import end_right
from catalog.datasets.services import edit_dataset, register_dataset, submit_dataset
from catalog.pages.forms import record_initial
from tests.parity.command import Command, Scene, api, nowhere, page
from tests.stages import RECORD, sealed_upload, visits_csv

GRADED = {"affected_object": "individual", "impact": "serious", "reason": "已核对"}
REASON = {"reason": "口径有误"}
RIGHT = {"kind": "control", "basis": "数据委托管理协议", "valid_from": "2025-01-01", "valid_to": "2027-12-31"}
CHANGES = {"title": "门诊就诊明细", "keywords": ["门诊", "明细"], "open_to_public": True, "category": "3/05/02"}
STEWARDS = ("stefan",)
GRADERS = ("stefan", "oscar", "olga")


def _another_source(scene: Scene) -> Any:
    upload = sealed_upload("followup.csv", visits_csv(6))
    return register_upload(actor=scene.cast.stella, organization=scene.cast.health, name="followup", upload=upload)


def _draft(scene: Scene) -> Any:
    return scene.stages.draft


def _submitted(scene: Scene) -> Any:
    return submit_dataset(actor=scene.cast.stella, dataset=scene.stages.draft)


def _published(scene: Scene) -> Any:
    return scene.stages.published


def _drifted(scene: Scene) -> Any:
    """The source has lost a column and got another."""
    columns = [
        ColumnRead(name=field.name, data_type="C", native_type=field.native_type, nullable=True, comment="")
        for field in scene.stages.distribution.fields.exclude(name="诊断")
    ]
    new = ColumnRead(name="科室", data_type="C", native_type="text", nullable=True, comment="")
    note_columns(distribution=scene.stages.distribution, columns=[*columns, new])
    return scene.stages.distribution


def _as_it_was_read(scene: Scene) -> dict[str, Any]:
    return {"seen_at": scene.it.drift_seen_at.isoformat()}


def _own_right(scene: Scene) -> Any:
    return scene.stages.draft.rights.get()


def _right_of_another(scene: Scene) -> Any:
    scene.acts.control_goes_to_big_data()
    return scene.stages.draft.rights.get(kind=RightKind.CONTROL)


def _asked_to_end(scene: Scene) -> Any:
    right = _right_of_another(scene)
    end_right(actor=scene.cast.stella, right=right, **REASON)
    return right.ending_proposals.get()


def _another_record(scene: Scene) -> Any:
    values = {**RECORD, "title": "门诊月报"}
    return register_dataset(actor=scene.cast.stella, provider=scene.cast.health, values=values)


def _derived_from(target: Any) -> dict[str, Any]:
    return {"kind": "derived_from", "target": target.pk}


def _link(scene: Scene) -> Any:
    report = _another_record(scene)
    return link_datasets(actor=scene.cast.stella, dataset=report, target=scene.stages.draft, kind=LinkKind.DERIVED_FROM)


def _field(scene: Scene) -> Any:
    return scene.stages.field("诊断")


def _graded_field(scene: Scene) -> Any:
    field = _field(scene)
    set_grade(actor=scene.cast.stella, field=field, grade=Grade.GENERAL_4, **GRADED)
    return field


def _lower_grade_asked_for(scene: Scene) -> Any:
    return set_grade(actor=scene.cast.stella, field=_graded_field(scene), grade=Grade.GENERAL_2, **GRADED)


def _edited_draft(scene: Scene) -> Any:
    """Somebody saved before: the revision is not the first."""
    values = {"abstract": "逐条记录。"}
    return edit_dataset(
        actor=scene.cast.stefan, dataset=scene.stages.draft, revision=scene.stages.draft.revision, values=values
    )


def _record(scene: Scene) -> dict[str, Any]:
    """The whole record as the form holds it, with the changes typed in."""
    typed = {**record_initial(scene.it), **CHANGES, "keywords": "门诊; 明细"}
    return {name: value for name, value in typed.items() if value not in (None, False)}


def _owned_file(scene: Scene, **said: Any) -> dict[str, Any]:
    return {"organization": scene.cast.health.pk, "name": "followup", **said}


def _file() -> SimpleUploadedFile:
    return SimpleUploadedFile("followup.csv", visits_csv(6))


def _held_by_big_data(scene: Scene) -> dict[str, Any]:
    return {**RIGHT, "holder": scene.cast.big_data.pk, "scope": "门诊记录"}


def _described(scene: Scene) -> dict[str, Any]:
    """The form of all columns; one of them is changed."""
    sent: dict[str, str] = {}
    for field in scene.it.distribution.fields.all():
        sent |= {f"field-{field.pk}-label": field.label, f"field-{field.pk}-data_type": field.data_type}
    return {**sent, f"field-{scene.it.pk}-label": "主要诊断", f"field-{scene.it.pk}-data_type": "M"}


def _with(word: str) -> Callable[[Scene], tuple[int, str]]:
    """The address of what it is done to, and a word."""
    return lambda scene: (scene.it.pk, word)


def _by_id_number(scene: Scene) -> dict[str, Any]:
    return {"kind": "person", "field": scene.stages.field("身份证号").pk}


LAKE = {"host": "lake", "user": "reader", "password": "geheim", "schema": ""}

SOURCES = [
    Command(
        "register an upload",
        who="stella",
        may=STEWARDS,
        page=page("register", lambda scene: _owned_file(scene, kind="upload", file=_file()), at=nowhere),
        api=api("POST", "api-source-list", lambda scene: _owned_file(scene, file=_file()), at=nowhere, multipart=True),
        lines=("source.registered",),
        stage="draft",
    ),
    Command(
        "register a file under a root without naming it",
        who="stella",
        may=STEWARDS,
        page=page(
            "register", lambda scene: _owned_file(scene, kind="file", file="city\tvisits.csv", name=""), at=nowhere
        ),
        api=api(
            "POST",
            "api-source-list",
            lambda scene: _owned_file(scene, kind="file", root="city", path="visits.csv", name=""),
            at=nowhere,
        ),
        lines=("source.registered",),
        stage="draft",
    ),
    Command(
        "register a database",
        who="stella",
        may=STEWARDS,
        page=page("register", lambda scene: _owned_file(scene, kind="database", **LAKE), at=nowhere),
        api=api("POST", "api-source-list", lambda scene: _owned_file(scene, kind="database", **LAKE), at=nowhere),
        lines=("source.registered",),
        stage="draft",
    ),
    Command(
        "begin the record of a table",
        who="stella",
        may=STEWARDS,
        start=_another_source,
        page=page("register-table", {"table": "followup"}),
        api=api("POST", "api-dataset-begin", lambda scene: {"source": scene.it.pk, "table": "followup"}, at=nowhere),
        lines=("dataset.registered", "distribution.attached"),
        stage="draft",
    ),
    Command(
        "add a table to a record",
        who="stella",
        may=STEWARDS,
        start=_another_source,
        page=page("register-table", lambda scene: {"table": "followup", "dataset": scene.stages.draft.pk}),
        api=api(
            "POST",
            "api-dataset-distributions",
            lambda scene: {"source": scene.it.pk, "table": "followup"},
            at=lambda scene: (scene.stages.draft.pk,),
        ),
        lines=("distribution.attached",),
        stage="draft",
    ),
    Command(
        "retire a source",
        who="stella",
        may=STEWARDS,
        start=_another_source,
        page=page("source-retire"),
        api=api("POST", "api-source-retire"),
        lines=("source.retired",),
        stage="draft",
    ),
]

RECORDS = [
    *(
        Command(
            f"edit a record on {route}",
            who="stella",
            may=STEWARDS,
            start=_edited_draft,
            page=page(route, _record),
            api=api("PATCH", "api-dataset-detail", lambda scene: {**CHANGES, "revision": scene.it.revision}),
            lines=("dataset.edited",),
            stage="draft",
        )
        for route in ("dataset-edit", "register-record")
    ),
    Command(
        "submit a record",
        who="stella",
        may=STEWARDS,
        start=_draft,
        page=page("dataset-submit"),
        api=api("POST", "api-dataset-submit"),
        lines=("dataset.submitted",),
        stage="draft",
    ),
    Command(
        "return a record",
        who="stefan",
        may=("stella", "amy"),
        start=_submitted,
        page=page("dataset-return", REASON),
        api=api("POST", "api-dataset-return", REASON),
        lines=("dataset.returned",),
        stage="draft",
    ),
    Command(
        "publish a record",
        who="stefan",
        may=("amy",),
        start=_submitted,
        page=page("dataset-publish"),
        api=api("POST", "api-dataset-publish"),
        lines=("dataset.published",),
        stage="draft",
    ),
    Command(
        "suspend a dataset",
        who="stella",
        may=("stefan", "oscar", "olga"),
        start=_published,
        page=page("dataset-suspend", REASON),
        api=api("POST", "api-dataset-suspend", REASON),
        lines=("dataset.suspended",),
        stage="published",
    ),
    Command(
        "retire a dataset",
        who="stella",
        may=STEWARDS,
        start=_published,
        page=page("dataset-retire", REASON),
        api=api("POST", "api-dataset-retire", REASON),
        lines=("dataset.retired",),
        stage="published",
    ),
]

RIGHTS = [
    *(
        Command(
            f"record a right on {route}",
            who="stella",
            may=STEWARDS,
            start=_draft,
            page=page(route, lambda scene: {**_held_by_big_data(scene), "exclusive": "on", "transferable": "on"}),
            api=api(
                "POST",
                "api-dataset-rights",
                lambda scene: {**_held_by_big_data(scene), "exclusive": True, "transferable": True},
            ),
            lines=("right.recorded",),
            stage="draft",
        )
        for route in ("dataset-rights", "register-rights")
    ),
    Command(
        "end a right",
        who="stella",
        may=STEWARDS,
        start=_own_right,
        page=page("right-end"),
        api=api("POST", "api-right-end"),
        lines=("right.ended",),
        stage="draft",
    ),
    Command(
        "ask that a right of another ends",
        who="stella",
        may=STEWARDS,
        start=_right_of_another,
        page=page("right-end", REASON),
        api=api("POST", "api-right-end", REASON),
        lines=("right.ending_proposed",),
        stage="draft",
    ),
    *(
        Command(
            f"{verdict} that a right ends",
            who="carl",
            start=_asked_to_end,
            page=page("ending-decide", at=lambda scene, verdict=verdict: (scene.it.pk, verdict)),  # type: ignore[misc]
            api=api("POST", f"api-ending-proposal-{verdict}"),
            lines=(line,),
            stage="draft",
        )
        for verdict, line in (("agree", "right.ended"), ("refuse", "right.ending_refused"))
    ),
]

LINKS = [
    Command(
        "link a dataset",
        who="stella",
        may=STEWARDS,
        start=_another_record,
        page=page("dataset-links", lambda scene: _derived_from(scene.stages.draft)),
        api=api("POST", "api-dataset-links", lambda scene: _derived_from(scene.stages.draft)),
        lines=("dataset.linked",),
        stage="draft",
    ),
    Command(
        "take a link back",
        who="stella",
        may=STEWARDS,
        start=_link,
        page=page("link-remove"),
        api=api("DELETE", "api-dataset-link", at=lambda scene: (scene.it.dataset_id, scene.it.pk)),
        lines=("dataset.unlinked",),
        stage="draft",
    ),
]

FIELDS = [
    Command(
        "describe a field",
        who="stella",
        may=STEWARDS,
        start=_field,
        page=page("dataset-fields", _described, at=lambda scene: (scene.stages.draft.pk,)),
        api=api("PATCH", "api-field-detail", {"label": "主要诊断", "data_type": "M"}),
        lines=("field.described",),
        stage="draft",
    ),
    Command(
        "take changed columns over",
        who="stella",
        may=STEWARDS,
        start=_drifted,
        page=page("distribution-columns", _as_it_was_read),
        api=api("POST", "api-distribution-accept-drift", _as_it_was_read),
        lines=("distribution.drift_accepted",),
        stage="draft",
    ),
    Command(
        "grade a field",
        who="stella",
        may=GRADERS,
        start=_field,
        page=page("field-grade", {**GRADED, "grade": "general_3"}),
        api=api("POST", "api-field-grade", {**GRADED, "grade": "general_3"}),
        lines=("grade.set",),
        stage="draft",
    ),
    Command(
        "ask for a lower grade",
        who="stella",
        may=GRADERS,
        start=_graded_field,
        page=page("field-grade", {**GRADED, "grade": "general_1"}),
        api=api("POST", "api-field-grade", {**GRADED, "grade": "general_1"}),
        lines=("grade.lowering_proposed",),
        stage="draft",
    ),
    *(
        Command(
            f"{verdict} a lower grade",
            who="oscar",
            may=("stefan", "olga"),
            start=_lower_grade_asked_for,
            page=page("grade-decide", at=_with(verdict)),
            api=api("POST", f"api-grade-proposal-{verdict}"),
            lines=(line,),
            stage="draft",
        )
        for verdict, line in (("accept", "grade.lowered"), ("refuse", "grade.lowering_refused"))
    ),
    Command(
        "declare the subject on the catalogue's page",
        who="oscar",
        may=("olga",),
        start=lambda scene: scene.stages.distribution,
        page=page("distribution-subject", _by_id_number),
        api=api("POST", "api-distribution-subject", _by_id_number),
        lines=("dataset.subject_declared",),
        stage="draft",
    ),
    Command(
        "declare the subject on the protection's page",
        who="oscar",
        may=("olga",),
        start=lambda scene: scene.stages.distribution,
        page=page("protection-subject", {"subject-kind": "none"}),
        api=api("POST", "api-distribution-subject", {"kind": "none"}),
        lines=("dataset.subject_declared",),
        stage="draft",
    ),
]

COMMANDS = [*SOURCES, *RECORDS, *RIGHTS, *LINKS, *FIELDS]
