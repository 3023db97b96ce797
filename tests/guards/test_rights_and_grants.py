"""The usage right and the grant are one: bytes leave only while both stand, and offers are seen with their dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access.models import Offer
from access.services.releases import NotInForce, download_release
from access.workers import delete_expired_artefacts
from catalog.datasets.rights import end_right
from catalog.datasets.services import retire_dataset
from tests.access.acts import Acts, artefact_of, on_disk
from tests.cast import Cast
from tests.stages import Stages


def test_ending_the_usage_right_ends_the_download(stages: Stages, cast: Cast, committed: Callable[[], Any]) -> None:
    application = stages.granted()
    release, artefact = application.grant.release, artefact_of(application)
    _, stream = download_release(actor=cast.rita, release=release)
    stream.close()
    end_right(actor=cast.stella, right=application.grant.right)
    with pytest.raises(NotInForce):
        download_release(actor=cast.rita, release=release)
    with committed():
        assert delete_expired_artefacts() == 1
    assert not on_disk(artefact)


def test_an_offer_in_force_is_seen_with_its_dataset_only(stages: Stages, acts: Acts, cast: Cast) -> None:
    offer = acts.offer()
    assert Offer.objects.visible_to(cast.ivan).filter(pk=offer.pk).exists()
    retire_dataset(actor=cast.stella, dataset=stages.draft, reason="停用")
    assert not Offer.objects.visible_to(cast.ivan).filter(pk=offer.pk).exists()
    assert Offer.objects.visible_to(cast.fiona).filter(pk=offer.pk).exists()
