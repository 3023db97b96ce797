"""Key domains: a random key, wrapped; one domain's tokens mean nothing in another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog.messages import MessageError
from privacy.masking.keys import DomainKey
from privacy.models import KeyDomain
from privacy.services.domains import create_domain, local_key, open_domain
from tests.cast import Cast


def derived(key: DomainKey) -> bytes:
    return key.derive(algorithm="test", entity_type="CN_RESIDENT_ID", canonical_version=1, length=32)


def test_a_domain_opens_to_the_key_it_was_made_with(cast: Cast) -> None:
    domain = create_domain(name="慢病研究")
    assert derived(open_domain(domain)) == derived(open_domain(KeyDomain.objects.get(pk=domain.pk)))


def test_two_domains_of_one_name_have_different_keys(cast: Cast) -> None:
    assert derived(open_domain(create_domain(name="研究"))) != derived(open_domain(create_domain(name="研究")))


def test_the_key_is_not_in_the_row(cast: Cast) -> None:
    domain = create_domain(name="研究")
    assert derived(open_domain(domain)) not in bytes(domain.wrapped_key)
    assert open_domain(domain).fingerprint() not in bytes(domain.wrapped_key).hex()


def test_a_wrapped_key_moved_to_another_domain_does_not_open(cast: Cast) -> None:
    first, second = create_domain(name="一"), create_domain(name="二")
    KeyDomain.objects.filter(pk=second.pk).update(wrapped_key=first.wrapped_key)
    with pytest.raises(MessageError):
        open_domain(KeyDomain.objects.get(pk=second.pk))


def test_a_key_is_not_destroyed_before_it_was_made(cast: Cast) -> None:
    domain = create_domain(name="研究")
    with pytest.raises(IntegrityError), transaction.atomic():
        KeyDomain.objects.filter(pk=domain.pk).update(destroyed_at=domain.created_at - timedelta(days=1))


def test_a_local_file_is_protected_with_one_key_a_name_and_a_new_one_without() -> None:
    assert derived(local_key("研究")) == derived(local_key("研究"))
    assert derived(local_key("研究")) != derived(local_key("另一研究"))
    assert derived(local_key(None)) != derived(local_key(None))
