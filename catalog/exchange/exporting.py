"""The published catalogue into one file: whole, or not at all."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from catalog.exchange.dcat import DEFAULT_BASE, Addresses, Serialization, catalogue_graph, serialise
from catalog.exchange.published import read_published
from catalog.exchange.workbook import catalogue_workbook
from catalog.messages import MessageError, gettext_noop


class ExportFormat(StrEnum):
    """What an export can be."""

    JSON_LD = "jsonld"
    TURTLE = "turtle"
    XLSX = "xlsx"


class OutputUnwritable(MessageError):
    """The file cannot be written. Params: `name`."""

    code = "output_unwritable"
    message = gettext_noop("%(name)s cannot be written.")


@dataclass(frozen=True, slots=True)
class Export:
    """What was written: how many datasets, and the SHA-256 (hexadecimal) of exactly those bytes."""

    datasets: int
    sha256: str


def export_published(*, export_format: ExportFormat, output: Path, base: str = DEFAULT_BASE) -> Export:
    """Write what is published to `output`, replacing it in one step. Raises BaseInvalid, OutputUnwritable."""
    Addresses(base)  # a wrong base is told before anything is read
    catalogue = read_published()
    if export_format is ExportFormat.XLSX:
        content = catalogue_workbook(catalogue)
    else:
        content = serialise(catalogue_graph(catalogue, base), Serialization(export_format))
    _replace(output, content)
    return Export(len(catalogue.datasets), hashlib.sha256(content).hexdigest())


def _replace(output: Path, content: bytes) -> None:
    """Readers see the old file or the new one: written beside it under a name of this process, then renamed."""
    unwritable = OutputUnwritable(name=output.name or str(output))
    if not output.name or output.is_dir():
        raise unwritable
    partial = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with partial.open("xb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        partial.replace(output)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        with suppress(OSError, ValueError):
            partial.unlink(missing_ok=True)
        raise unwritable from error
