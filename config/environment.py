"""Write the `.env` of a new installation: random secrets, readable by its owner only.

Run by `make install`. It never overwrites: losing the wrapping key means losing every sealed file and every key domain.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def write_environment(path: Path) -> bool:
    """Create `path` with fresh secrets, mode 600. Returns False, touching nothing, where it exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(f"SECRET_KEY={secrets.token_urlsafe(50)}\n")
        handle.write(f"CANGLANG_KEK={key}\n")
    return True


if __name__ == "__main__":
    created = write_environment(BASE_DIR / ".env")
    sys.stderr.write("Wrote .env with new secrets.\n" if created else ".env is there already; left as it is.\n")
