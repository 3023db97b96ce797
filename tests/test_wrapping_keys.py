"""Where the wrapping key comes from: a variable or a private file, and never both."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.wrapping_keys import read_wrapping_key, require_wrapping_key

SECRET = bytes(range(32))
TEXT = base64.b64encode(SECRET).decode()


def key_file(tmp_path: Path, text: str = TEXT + "\n", mode: int = 0o600) -> str:
    path = tmp_path / "kek"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_the_key_is_read_from_the_environment_or_from_a_file(tmp_path: Path) -> None:
    assert require_wrapping_key("CANGLANG_KEK", value=TEXT, path="") == SECRET
    assert require_wrapping_key("CANGLANG_KEK", value="", path=key_file(tmp_path)) == SECRET
    assert require_wrapping_key("CANGLANG_KEK", value="", path=key_file(tmp_path, mode=0o400)) == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        require_wrapping_key("CANGLANG_KEK", value="", path=key_file(tmp_path, mode=mode))


def test_two_places_for_one_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="not both"):
        require_wrapping_key("CANGLANG_KEK", value=TEXT, path=key_file(tmp_path))


@pytest.mark.parametrize("text", ["", "no base64!", TEXT[:-4], TEXT + TEXT, "密钥"])
def test_what_is_no_key_is_refused_without_being_repeated(tmp_path: Path, text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must hold 32 bytes") as refused:
        require_wrapping_key("CANGLANG_KEK", value="", path=key_file(tmp_path, text))
    assert not text or text not in str(refused.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="CANGLANG_KEK_FILE"):
        require_wrapping_key("CANGLANG_KEK", value="", path=str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match="CANGLANG_KEK_FILE"):
        require_wrapping_key("CANGLANG_KEK", value="", path=str(tmp_path))


def test_without_a_key_nothing_starts_and_the_old_one_may_be_missing() -> None:
    with pytest.raises(ImproperlyConfigured, match="CANGLANG_KEK_FILE"):
        require_wrapping_key("CANGLANG_KEK", value="", path="")
    assert read_wrapping_key("CANGLANG_KEK_OLD", value="", path="") is None
