"""The two commands of the exchange, called as a program calls them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError


def run(command: str, *arguments: str) -> tuple[dict[str, Any], int]:
    """The document that a command prints, and its exit code."""
    out = io.StringIO()
    try:
        call_command(command, *arguments, "--format", "json", "--language", "en", stdout=out, stderr=io.StringIO())
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except CommandError as error:
        code = error.returncode if "\n" not in str(error) else -1  # one clear line
    return json.loads(out.getvalue()), code


def import_as(user: str, path: Path, *more: str) -> tuple[dict[str, Any], int]:
    return run("import_catalog", str(path), "--as", user, *more)


def first_problem(document: Mapping[str, Any]) -> tuple[Any, ...]:
    problem = document["problems"][0]
    return problem["sheet"], problem["row"], problem["column"], problem["code"]


def export(tmp_path: Path, form: str, *more: str) -> tuple[dict[str, Any], bytes]:
    output = tmp_path / f"catalogue.{form}"
    document, code = run("export_catalog", "--as", form, "--output", str(output), *more)
    assert code == 0, document
    return document, output.read_bytes()
