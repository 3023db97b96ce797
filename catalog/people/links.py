"""The one-time links with which a person sets a password: how long each is good for, and how it is read back.

A link carries the account's id and a token of Django's `PasswordResetTokenGenerator`. The token covers the stored password, so a link
is worth nothing once a password was set with it. Nothing is kept in the database, and no mail is sent: the administrator hands it over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_str
from django.utils.http import base36_to_int, urlsafe_base64_decode, urlsafe_base64_encode

from catalog.people.models import User

INVITATION_LIFETIME = timedelta(days=7)
# Somebody waits for it beside the telephone; what lies about longer is only a risk.
RESET_LIFETIME = timedelta(hours=24)


def lifetime_of(user: User) -> timedelta:
    """An account without a password has been invited; one with a password forgot it."""
    return RESET_LIFETIME if user.has_usable_password() else INVITATION_LIFETIME


class LinkTokens(PasswordResetTokenGenerator):
    """Django's tokens with the two lifetimes above in place of the one of the settings."""

    key_salt = "catalog.people.links"

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether `token` was made for this account as it is now, and not too long ago."""
        made = self.made_at(token)
        if user is None or token is None or made is None:
            return False
        age = timedelta(seconds=self._num_seconds(self._now()) - made)
        genuine = any(
            constant_time_compare(self._make_token_with_timestamp(user, made, secret), token)
            for secret in (self.secret, *self.secret_fallbacks)
        )
        return genuine and age <= lifetime_of(user)

    @staticmethod
    def made_at(token: str | None) -> int | None:
        """The seconds that a token says it was made at; None for what is no token."""
        stamp, _, rest = (token or "").partition("-")
        try:
            return base36_to_int(stamp) if rest else None
        except ValueError:
            return None


tokens = LinkTokens()


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """What stands in the address that is handed over. The token opens the account: it is neither logged nor stored."""

    user: User
    uid: str
    expires_at: datetime
    token: str = field(repr=False)


def make_link(user: User) -> PasswordLink:
    """A link for the account as it is stored now."""
    return PasswordLink(
        user=user,
        uid=urlsafe_base64_encode(str(user.pk).encode()),
        token=tokens.make_token(user),
        expires_at=datetime.now(UTC) + lifetime_of(user),
    )


def user_of_link(uid: str, token: str) -> User | None:
    """The open account that the link was made for; None where it is not genuine, used, or too old."""
    try:
        number = int(force_str(urlsafe_base64_decode(uid)))
    except (ValueError, OverflowError):
        return None
    if not 0 < number < 2**63:
        return None
    user: User | None = User.objects.filter(pk=number, is_active=True).first()
    return user if tokens.check_token(user, token) else None
