"""Nobody stands on two sides: not as a colleague of who asks, not as who wrote whose the data is."""

from __future__ import annotations

from datetime import date

import pytest

from access.api.filters import waiting_for
from access.models import Application
from access.policies import sides_of
from access.workflow import Action, State
from catalog.datasets.models import RightKind
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.rights import end_right, record_right
from catalog.datasets.services import publish_dataset, register_dataset, submit_dataset
from catalog.errors import Blocked, InvalidInput, NotPermitted
from catalog.people.models import Role
from catalog.people.services import grant_role
from tests.access.acts import Acts, artefact_of, fresh, present_assessment
from tests.cast import Cast
from tests.stages import RECORD, Stages, sealed_upload


def test_a_requester_of_the_organisation_that_asks_does_not_decide(
    stages: Stages, cast: Cast, deciding: Application
) -> None:
    grant_role(actor=cast.adam, user=cast.amy, organization=cast.institute, role=Role.REQUESTER)
    assert sides_of(cast.amy, deciding) == frozenset()
    assert not waiting_for(cast.amy, Application.objects.all()).filter(pk=deciding.pk).exists()
    for action in (Action.APPROVE, Action.REJECT, Action.RETURN):
        with pytest.raises(NotPermitted):
            stages.act(cast.amy, deciding, action, reason="理由")


def test_a_signature_for_one_owner_is_not_the_next_owners(stages: Stages, acts: Acts, cast: Cast) -> None:
    acts.control_goes_to_big_data()
    application = stages.deciding()
    before = artefact_of(application)
    acts.sign(application, cast.amy)
    for right in stages.draft.rights.filter(kind=RightKind.OWNERSHIP):
        end_right(actor=cast.stella, right=right)
    record_right(
        actor=cast.stella,
        dataset=stages.draft,
        kind=RightKind.OWNERSHIP,
        holder=cast.water,
        basis="机构调整",
        valid_from=date(2025, 1, 1),
    )
    with pytest.raises(Blocked) as refused:
        acts.sign(application, cast.carl)
    assert refused.value.code == "basis_changed"
    assert fresh(application).state == State.SUBMITTED
    before.refresh_from_db()
    assert before.deleted_at is not None
    assert not present_assessment(application).decisions.exists()


def test_who_recorded_the_ownership_does_not_publish(stages: Stages, cast: Cast) -> None:
    source = register_upload(
        actor=cast.stella,
        organization=cast.health,
        name="clinics",
        upload=sealed_upload("clinics.csv", "机构,街道\n甲,乙\n".encode()),
    )
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    attach_table(actor=cast.stella, dataset=dataset, source=source, table=None)
    record_right(
        actor=cast.stefan,
        dataset=dataset,
        kind=RightKind.OWNERSHIP,
        holder=cast.health,
        basis="苏政发〔2025〕1号",
        valid_from=date(2025, 1, 1),
    )
    submit_dataset(actor=cast.stella, dataset=dataset)
    with pytest.raises(NotPermitted):
        publish_dataset(actor=cast.stefan, dataset=dataset)
    assert publish_dataset(actor=cast.amy, dataset=dataset).state == "published"


def test_a_source_is_attached_to_its_own_organisations_dataset_only(stages: Stages, cast: Cast) -> None:
    grant_role(actor=cast.adam, user=cast.wendy, organization=cast.health, role=Role.DATA_STEWARD)
    dataset = register_dataset(actor=cast.wendy, provider=cast.water, values=RECORD)
    with pytest.raises(InvalidInput):
        attach_table(actor=cast.wendy, dataset=dataset, source=stages.source, table=None)
    assert not dataset.distributions.exists()
