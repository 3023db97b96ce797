"""The reason that somebody gives for an act: there is one, and it is not longer than a page shows whole."""

from __future__ import annotations

from typing import Final

from catalog.errors import InvalidInput
from catalog.messages import gettext_noop

LONGEST_REASON: Final = 500


def reason_problems(text: str) -> list[str]:
    """What is wrong with a reason, as message ids; nothing where it will do."""
    text = text.strip()
    if not text:
        return [gettext_noop("Say why.")]
    return [gettext_noop("At most 500 characters.")] if len(text) > LONGEST_REASON else []


def stated_reason(text: str) -> str:
    """The reason without blanks around it. Raises: InvalidInput at the field `reason`."""
    if problems := reason_problems(text):
        raise InvalidInput(fields={"reason": problems})
    return text.strip()
