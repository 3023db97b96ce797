"""That a dataset is about nobody is said of all its tables."""

from __future__ import annotations

import pytest

from catalog.datasets.models import SubjectKind
from catalog.datasets.registration import attach_table, register_upload
from catalog.datasets.services import declare_subject, register_dataset
from catalog.errors import Blocked
from privacy.services.findings import declare_finding
from tests.cast import Cast
from tests.stages import RECORD, Stages, sealed_upload


def test_a_dataset_with_persons_in_another_table_is_not_about_nobody(stages: Stages, cast: Cast) -> None:
    dataset = register_dataset(actor=cast.stella, provider=cast.health, values=RECORD)
    tables = []
    for name, content in (("people", "编号,街道\n1,甲\n"), ("places", "街道,面积\n甲,3\n")):
        source = register_upload(
            actor=cast.stella,
            organization=cast.health,
            name=name,
            upload=sealed_upload(f"{name}.csv", content.encode()),
        )
        tables.append(attach_table(actor=cast.stella, dataset=dataset, source=source, table=None))
    people, places = tables
    declare_finding(
        actor=cast.oscar, field=people.fields.get(name="编号"), entity_type="", role="direct", reason="一人一号"
    )
    with pytest.raises(Blocked) as refused:
        declare_subject(actor=cast.oscar, distribution=places, kind=SubjectKind.NONE, field=None)
    assert refused.value.code == "subjects_present"
