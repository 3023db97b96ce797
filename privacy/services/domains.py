"""Key domains: made for a project, wrapped by the deployment's key, opened only to protect."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from catalog.wrapping import wrapping_key
from privacy.masking.keys import DomainKey, unwrap_domain_key, wrap_domain_key
from privacy.models import KeyDomain


def create_domain(*, name: str) -> KeyDomain:
    """A new domain with a random data key. Called inside the act that opens a project, which writes the ledger."""
    domain: KeyDomain = KeyDomain(name=name)
    domain.wrapped_key = wrap_domain_key(DomainKey.generate(), wrapping_key(), domain=str(domain.binding))
    domain.save()
    return domain


def open_domain(domain: KeyDomain) -> DomainKey:
    """The domain's key, in memory only. Raises `catalog.sealed.WrongKey` where the deployment's key is another."""
    return unwrap_domain_key(bytes(domain.wrapped_key), wrapping_key(), domain=str(domain.binding))


def local_key(name: str | None) -> DomainKey:
    """The key for protecting a local file: the same for the same name on this deployment; without a name, a throw-away one."""
    if name is None:
        return DomainKey.generate()
    info = b"canglang local domain\x00" + name.encode()
    return DomainKey(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(settings.CANGLANG_KEK))
