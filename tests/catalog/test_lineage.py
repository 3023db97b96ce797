"""Links between datasets: who may record and take back what, no circle, and nothing told of a draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.datasets import linking
from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.linking import link_datasets, removable_links, unlink_datasets
from catalog.datasets.models import Dataset
from catalog.datasets.services import register_dataset, retire_dataset, suspend_dataset
from catalog.errors import Blocked, InvalidInput, NotPermitted, WrongState
from catalog.ledger.models import LedgerEntry
from catalog.ledger.services import record
from catalog.people.policies import may
from tests.cast import Cast
from tests.stages import RECORD, Stages
from tests.world import last_line

pytestmark = pytest.mark.django_db
Register = Callable[..., Dataset]


@pytest.fixture
def register(cast: Cast) -> Register:
    def made(title: str, actor: str = "stella", provider: str = "health") -> Dataset:
        values = {**RECORD, "title": title}
        return register_dataset(actor=getattr(cast, actor), provider=getattr(cast, provider), values=values)

    return made


def derive(cast: Cast, dataset: Dataset, target: Dataset) -> DatasetLink:
    return link_datasets(actor=cast.stella, dataset=dataset, target=target, kind=LinkKind.DERIVED_FROM)


def relate(cast: Cast, dataset: Dataset, target: Dataset) -> DatasetLink:
    return link_datasets(actor=cast.stella, dataset=dataset, target=target, kind=LinkKind.RELATED)


def test_a_steward_links_and_takes_back_through_the_ledger(cast: Cast, register: Register) -> None:
    visits, monthly = register("就诊"), register("就诊月报")
    link = derive(cast, monthly, visits)
    assert (link.recorded_by, list(monthly.links.all()), list(visits.links_here.all())) == (cast.stella, [link], [link])
    number = link.pk
    said = {"link": number, "linked": visits.pk, "kind": "derived_from"}
    line = last_line(monthly)
    assert (line.action, line.details, line.counterpart_id) == ("dataset.linked", said, cast.health.pk)
    assert unlink_datasets(actor=cast.stefan, link=link) == monthly
    line = last_line(monthly)
    assert (line.action, line.actor, line.details) == ("dataset.unlinked", cast.stefan, said)
    assert not DatasetLink.objects.exists()
    with pytest.raises(WrongState):
        unlink_datasets(actor=cast.stella, link=DatasetLink(pk=number, dataset=monthly, target=visits))


@pytest.mark.parametrize("name", ["oscar", "amy", "carl", "fiona", "rita", "wendy", "adam", "audrey"])
def test_others_link_nothing_and_take_nothing_back(cast: Cast, register: Register, name: str) -> None:
    visits, monthly = register("就诊"), register("就诊月报")
    link, person = derive(cast, monthly, visits), getattr(cast, name)
    lines = LedgerEntry.objects.count()
    with pytest.raises(NotPermitted):
        link_datasets(actor=person, dataset=visits, target=monthly, kind=LinkKind.RELATED)
    with pytest.raises(NotPermitted):
        unlink_datasets(actor=person, link=link)
    assert (DatasetLink.objects.count(), LedgerEntry.objects.count()) == (1, lines)


def test_links_are_recorded_in_every_state_but_retired(cast: Cast, stages: Stages, register: Register) -> None:
    others = [register(f"资源{number}") for number in range(3)]
    link = relate(cast, stages.draft, others[0])
    assert stages.published
    relate(cast, stages.published, others[1])
    suspend_dataset(actor=cast.stella, dataset=stages.published, reason="更正")
    relate(cast, stages.published, others[2])
    retire_dataset(actor=cast.stella, dataset=stages.published, reason="合并")
    link.refresh_from_db()
    with pytest.raises(WrongState):
        unlink_datasets(actor=cast.stella, link=link)
    with pytest.raises(WrongState):
        derive(cast, stages.published, others[0])
    # The other end may still name what was retired: it was made from it all the same.
    derive(cast, others[0], stages.published)


def test_what_the_steward_does_not_see_is_not_linked(cast: Cast, register: Register) -> None:
    own, foreign = register("就诊"), register("水价", actor="wendy", provider="water")
    with pytest.raises(InvalidInput) as refused:
        relate(cast, own, foreign)
    assert (refused.value.code, set(refused.value.fields)) == ("target_unknown", {"target"})


def test_a_dataset_is_not_linked_to_itself_nor_twice(cast: Cast, register: Register) -> None:
    visits, monthly = register("就诊"), register("就诊月报")
    with pytest.raises(InvalidInput) as itself:
        relate(cast, visits, visits)
    assert itself.value.code == "link_to_itself"
    relate(cast, visits, monthly)
    for one, other in ((visits, monthly), (monthly, visits)):  # a relation holds both ways
        with pytest.raises(Blocked) as twice:
            relate(cast, one, other)
        assert twice.value.code == "linked_already"
    derive(cast, monthly, visits)  # another kind says something else
    with pytest.raises(Blocked) as twice:
        derive(cast, monthly, visits)
    assert twice.value.code == "linked_already"
    assert DatasetLink.objects.count() == 2


@pytest.mark.parametrize("length", [2, 3, 5])
def test_nothing_is_derived_from_what_was_derived_from_it(cast: Cast, register: Register, length: int) -> None:
    chain = [register(f"资源{number}") for number in range(length)]
    for later, earlier in zip(chain[1:], chain, strict=False):
        derive(cast, later, earlier)
    lines = LedgerEntry.objects.count()
    with pytest.raises(Blocked) as refused:
        derive(cast, chain[0], chain[-1])
    assert (refused.value.code, LedgerEntry.objects.count()) == ("lineage_circle", lines)
    relate(cast, chain[0], chain[-1])  # what is related may well go round


def test_two_ways_to_one_origin_are_no_circle(cast: Cast, register: Register) -> None:
    origin, left, right, report = (register(title) for title in ("源", "左", "右", "表"))
    for later, earlier in ((left, origin), (right, origin), (report, left), (report, right), (report, origin)):
        derive(cast, later, earlier)
    assert report.links.count() == 3


def test_a_circle_closed_by_somebody_at_the_same_time_is_refused(
    cast: Cast, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = (register(title) for title in ("一", "二", "三"))

    def after_another(**words: Any) -> Any:
        """The ledger's head was waited for, and what another wrote meanwhile is seen now."""
        for later, earlier in ((two, three), (three, one)):
            DatasetLink.objects.create(
                dataset=later, target=earlier, kind=LinkKind.DERIVED_FROM, recorded_by=cast.stella
            )
        return record(**words)

    monkeypatch.setattr(linking, "record", after_another)
    with pytest.raises(Blocked) as refused:
        derive(cast, one, two)
    assert refused.value.code == "lineage_circle"


def test_the_database_too_refuses_a_link_to_itself_and_the_same_link_twice(cast: Cast, register: Register) -> None:
    visits, monthly = register("就诊"), register("就诊月报")
    relate(cast, visits, monthly)
    for one, other, constraint in (
        (visits, visits, "dataset_not_linked_to_itself"),
        (monthly, visits, "dataset_linked_once"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            DatasetLink.objects.create(dataset=one, target=other, kind="related", recorded_by=cast.stella)


def test_a_link_to_a_draft_is_seen_by_those_who_see_the_draft(cast: Cast, stages: Stages, register: Register) -> None:
    link = derive(cast, register("就诊月报"), stages.published)
    seen = {
        name: link in DatasetLink.objects.visible_to(getattr(cast, name))
        for name in ("stella", "audrey", "rita", "wendy")
    }
    assert seen == {"stella": True, "audrey": True, "rita": False, "wendy": False}


def test_the_list_of_removable_links_is_the_permission(cast: Cast, stages: Stages, register: Register) -> None:
    own = derive(cast, stages.published, register("挂号"))
    foreign = register("水价", actor="wendy", provider="water")
    theirs = link_datasets(actor=cast.wendy, dataset=foreign, target=stages.published, kind=LinkKind.RELATED)
    for person in (cast.stella, cast.stefan, cast.wendy, cast.oscar, cast.rita):
        for link in (own, theirs):
            listed = link in removable_links(person, DatasetLink.objects.all())
            assert listed == may(person, "dataset.link", link.dataset), (person, link)


def test_a_long_chain_is_walked_level_by_level(cast: Cast, register: Register) -> None:
    root, *leaves = (register(f"资源{number}") for number in range(8))
    for leaf in leaves:
        derive(cast, leaf, root)
    with CaptureQueriesContext(connection) as captured:
        assert not linking._leads_to(leaves[0], leaves[1])
    assert len(captured) == 2  # the leaf, then the root
