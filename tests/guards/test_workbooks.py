"""A workbook of a few megabytes that would take gigabytes once read is refused before it is read."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from catalog.sources import file_location, open_source
from catalog.sources.errors import SourceUnreadable
from catalog.sources.sheet_xml import MAX_WHOLE_BYTES

_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS = {
    "_rels/.rels": f'<Relationships><Relationship Id="r1" Type="{_RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns:r="{_RELATIONSHIPS}"><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets>'
    "</workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="rId1" Type="{_RELATIONSHIPS}/worksheet"'
    ' Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": "<worksheet><sheetData/></worksheet>",
}


def _workbook(shared: int) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, content)
        with archive.open("xl/sharedStrings.xml", "w") as part:
            block = b"<si/>" * (1 << 18)
            for _ in range(shared // len(block) + 1):
                part.write(block)
    return sink.getvalue()


def test_texts_that_would_fill_the_memory_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(_workbook(MAX_WHOLE_BYTES))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(SourceUnreadable):
        open_source(file_location(path))
