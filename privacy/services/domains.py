"""Key domains: made for a project, wrapped by the deployment's key, opened only to protect and to restore.

Who may renew or destroy a domain's key, and what that breaks, is decided by whoever knows the releases; here is what it does.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection
from django.utils import timezone

from catalog.errors import WrongState
from catalog.messages import gettext_noop
from catalog.rewrapping import SealedColumn, register_sealed_column
from catalog.wrapping import wrapping_key
from privacy.masking.keys import DomainKey, domain_key_context, unwrap_domain_key, wrap_domain_key
from privacy.models import FormerKey, KeyDomain


class DomainDestroyed(WrongState):
    """The domain's keys were destroyed: nothing is protected with them, and nothing restored, ever again."""

    code = "domain_destroyed"
    message = gettext_noop(
        "The keys of this project were destroyed: it protects nothing any more. Open another project."
    )


class KeyUnknown(WrongState):
    """What is to be restored was made under a key that this domain never had."""

    code = "key_unknown"
    message = gettext_noop("This was not made under a key of this project.")


register_sealed_column(
    SealedColumn("domains", KeyDomain.objects.all, "wrapped_key", lambda row: domain_key_context(str(row.binding)))
)
register_sealed_column(
    SealedColumn(
        "former_keys",
        lambda: FormerKey.objects.select_related("domain"),
        "wrapped_key",
        lambda row: domain_key_context(str(row.domain.binding)),
    )
)


def create_domain(*, name: str) -> KeyDomain:
    """A new domain with a random data key. Called inside the act that opens a project, which writes the ledger."""
    domain: KeyDomain = KeyDomain(name=name)
    domain.wrapped_key = wrap_domain_key(DomainKey.generate(), wrapping_key(), domain=str(domain.binding))
    domain.save()
    return domain


def require_usable(domain: KeyDomain) -> None:
    """Raise `DomainDestroyed` for a domain whose keys are gone."""
    if domain.destroyed_at is not None:
        raise DomainDestroyed


def lock_domain(domain_id: int) -> KeyDomain:
    """The domain as it is, held until the transaction ends: it is neither renewed nor destroyed meanwhile."""
    locked: KeyDomain = KeyDomain.objects.select_for_update().get(pk=domain_id)
    return locked


def open_domain(domain: KeyDomain, *, fingerprint: str | None = None) -> DomainKey:
    """The domain's key, in memory only: the present one, or the one whose fingerprint a manifest names.

    Raises `DomainDestroyed`, `KeyUnknown`, or `catalog.sealed.WrongKey` where the deployment's key is another.
    """
    require_usable(domain)
    present = _unwrapped(domain, bytes(domain.wrapped_key))
    if fingerprint is None or present.fingerprint() == fingerprint:
        return present
    former = domain.former_keys.filter(fingerprint=fingerprint).first()
    if former is None:
        raise KeyUnknown
    return _unwrapped(domain, bytes(former.wrapped_key))


def _unwrapped(domain: KeyDomain, blob: bytes) -> DomainKey:
    return unwrap_domain_key(blob, wrapping_key(), domain=str(domain.binding))


def renew_key(domain: KeyDomain) -> KeyDomain:
    """Give a locked domain another random key: from now on its tokens link with none made before. The former key is kept.

    Called inside the act that two persons have agreed on, which writes the ledger.
    """
    former = open_domain(domain)
    FormerKey.objects.create(
        domain=domain,
        number=domain.key_number,
        fingerprint=former.fingerprint(),
        wrapped_key=domain.wrapped_key,
    )
    domain.key_number += 1
    domain.wrapped_key = wrap_domain_key(DomainKey.generate(), wrapping_key(), domain=str(domain.binding))
    domain.save(update_fields=["key_number", "wrapped_key"])
    return domain


def destroy_keys(domain: KeyDomain) -> KeyDomain:
    """Destroy every key that a locked domain has or had. Nothing brings them back, but a backup of the database.

    Called inside the act that two persons have agreed on, which writes the ledger.
    """
    require_usable(domain)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Without it the old bytes stay readable in the pages of the file that they stood on.
            cursor.execute("PRAGMA secure_delete=ON")
    domain.former_keys.update(wrapped_key=b"")
    domain.wrapped_key, domain.destroyed_at = b"", timezone.now()
    domain.save(update_fields=["wrapped_key", "destroyed_at"])
    return domain


def local_key(name: str | None) -> DomainKey:
    """The key for protecting a local file: the same for the same name on this deployment; without a name, a throw-away one."""
    if name is None:
        return DomainKey.generate()
    info = b"canglang local domain\x00" + name.encode()
    return DomainKey(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(settings.CANGLANG_KEK))
