"""Where the demo lives: a data folder and, unless DATABASE_URL says otherwise, a database of its own.

`manage.py` calls `prepare` before the settings are read, so that the demo's web and worker processes inherit the same.
"""

from __future__ import annotations

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ROOT_NAME = "demo"


def prepare() -> None:
    """Point the environment at the demo's folder, and open the folder of its tables as a source root."""
    data = Path(os.environ.setdefault("DATA_DIR", str(BASE_DIR / "var" / "demo")))
    city = data / "city"
    city.mkdir(parents=True, exist_ok=True, mode=0o700)
    roots = [part for part in os.environ.get("SOURCE_ROOTS", "").split(",") if part and not part.startswith("demo=")]
    os.environ["SOURCE_ROOTS"] = ",".join([*roots, f"{ROOT_NAME}={city}"])
