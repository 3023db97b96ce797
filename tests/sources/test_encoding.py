"""Encodings told from the bytes, or refused."""

from __future__ import annotations

import codecs
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.sources import BytesInvalid, EncodingMixed, EncodingUnknown, SourceError, SourceUnreadable, open_source
from catalog.sources.encoding import CHUNK_BYTES, survey_text
from tests.sources.reading import in_memory, read, rows_of

TEXT = "姓名,地址,备注\n沈怀瑾,苏州市姑苏区平江路1号,无\n陆知秋,昆山市玉山镇,“二孩”\n"
ENCODINGS = {
    "utf-8": TEXT.encode(),
    "utf-8 with BOM": codecs.BOM_UTF8 + TEXT.encode(),
    "gb18030": TEXT.encode("gb18030"),
    "gbk": TEXT.encode("gbk"),
    "utf-16 with BOM": TEXT.encode("utf-16"),
    "utf-16 little-endian": TEXT.encode("utf-16-le"),
    "utf-16 big-endian with BOM": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-16 big-endian": TEXT.encode("utf-16-be"),
}


@pytest.mark.parametrize("data", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_every_usual_encoding_reads_the_same(data: bytes) -> None:
    names, rows = read(in_memory("people.csv", data))
    assert names == ("姓名", "地址", "备注")
    assert rows == [("沈怀瑾", "苏州市姑苏区平江路1号", "无"), ("陆知秋", "昆山市玉山镇", "“二孩”")]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_file_that_is_ascii_for_two_megabytes_is_still_read_right(encoding: str) -> None:
    head = b"id,name\n" + b"1,x\n" * (2 * CHUNK_BYTES // 4)
    _, rows = read(in_memory("late.csv", head + "2,顾念慈\n".encode(encoding)))
    assert rows[-1] == ("2", "顾念慈")
    assert rows[0] == ("1", "x")


def test_rare_gb18030_characters_of_four_bytes_are_read_right() -> None:
    _, rows = read(in_memory("rare.csv", "姓名,住址\n王𠮷喆,苏州市吴江区\n".encode("gb18030")))
    assert rows == [("王𠮷喆", "苏州市吴江区")]


def test_a_character_cut_by_a_chunk_is_put_together_again() -> None:
    for encoding in ("utf-8", "gb18030"):
        for shift in range(4):
            head = ("a" * (CHUNK_BYTES - 6 + shift) + "\n").encode()
            survey = survey_text(in_memory("cut.txt", head + "苏州市人民政府\n".encode(encoding) * 3), kind="CSV")
            assert survey.encoding == encoding


def test_a_short_chinese_text_that_could_be_either_is_read_or_refused_but_never_garbled() -> None:
    # The classic: these two characters of GB 2312 once opened as something else.
    _, rows = read(in_memory("short.csv", "a,b\n联通,1\n".encode("gb18030")))
    assert rows == [("联通", "1")]
    with pytest.raises(EncodingUnknown):
        read(in_memory("short.csv", "a,b\n女,1\n".encode("gb18030")))


def test_european_text_in_utf8_is_not_taken_for_chinese() -> None:
    _, rows = read(in_memory("western.csv", "a,b\nMüller,12 °C\nnaïve café,3\n".encode()))
    assert rows == [("Müller", "12 °C"), ("naïve café", "3")]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("姓名,地址\n王小明,臺北市中正區\n林美惠,高雄市前鎮區\n", "big5"),
        ("名前,住所\nヤマダ,東京都さくら\n", "shift_jis"),
        ("name,city\nMüller,Köln\nGünther,Zürich\n", "latin-1"),
        ("姓名,地址\n沈怀瑾,苏州\n", "utf-32"),
    ],
)
def test_an_encoding_we_do_not_know_is_refused_and_not_garbled(text: str, encoding: str) -> None:
    with pytest.raises(EncodingUnknown) as caught:
        read(in_memory("other.csv", text.encode(encoding)))
    assert caught.value.code == "encoding_unknown"


def test_a_named_encoding_is_believed() -> None:
    data = "姓名,地址\n王小明,臺北市\n".encode("big5")
    assert read(in_memory("other.csv", data, encoding="big5"))[1] == [("王小明", "臺北市")]
    with pytest.raises(EncodingUnknown):
        read(in_memory("other.csv", data, encoding="no-such-encoding"))
    with pytest.raises(EncodingUnknown):
        read(in_memory("other.csv", data, encoding="base64"))


def test_an_invalid_byte_in_utf8_is_named_with_its_position_and_not_replaced() -> None:
    good = ("姓名,地址\n" + "沈怀瑾,苏州市姑苏区\n" * 100).encode()
    cut = good.index(b"\n", 1500) + 1
    with pytest.raises(BytesInvalid) as caught:
        read(in_memory("damaged.csv", good[:cut] + b"\xff" + good[cut:]))
    assert caught.value.params == {
        "name": "damaged.csv",
        "encoding": "UTF-8",
        "byte": cut,
        "line": good[:cut].count(b"\n") + 1,
    }


def test_an_invalid_byte_in_gb18030_is_named_with_its_position() -> None:
    good = ("姓名,地址\n" + "沈怀瑾,苏州市姑苏区\n" * 100).encode("gb18030")
    with pytest.raises(BytesInvalid) as caught:
        read(in_memory("damaged.csv", good + b"\xff,x\n"))
    assert caught.value.params["encoding"] == "GB18030"
    assert caught.value.params["byte"] == len(good)
    assert caught.value.params["line"] == 102


@pytest.mark.parametrize("name", ["damaged.csv", "damaged.jsonl"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_damaged_file_that_may_be_read_up_to_there_gives_the_lines_before_and_then_says_so(
    name: str, encoding: str
) -> None:
    row = "沈怀瑾,苏州市姑苏区" if name.endswith("csv") else '{"姓名": "沈怀瑾", "地址": "苏州市姑苏区"}'
    header = "姓名,地址\n" if name.endswith("csv") else ""
    before, after = (header + f"{row}\n" * 90).encode(encoding), f"{row}\n".encode(encoding) * 10
    location = replace(in_memory(name, before + b"\xff" + after), up_to_damage=True)
    with open_source(location) as source:
        table = source.table()
        batches = table.batches(batch_rows=25)
        rows: list[dict[str, str]] = []
        with pytest.raises(BytesInvalid) as caught:
            rows.extend(row for batch in batches for row in batch.to_pylist())
    assert rows == [{"姓名": "沈怀瑾", "地址": "苏州市姑苏区"}] * 90
    assert caught.value.params["byte"] == len(before)
    assert table.fingerprint() == "sha256:" + sha256(before + b"\xff" + after).hexdigest()


def test_a_damaged_file_is_refused_as_a_whole_where_no_line_stands_before_the_damage() -> None:
    data = "姓名,地址".encode() + b"\xff\n1,2\n"
    with pytest.raises(BytesInvalid):
        read(replace(in_memory("damaged.csv", data), up_to_damage=True))


def test_a_cell_that_reaches_over_the_damaged_line_goes_with_it() -> None:
    good = "姓名,地址\n" + "沈怀瑾,苏州市姑苏区\n" * 90
    data = good.encode() + '王小明,"苏州市\n'.encode() + b"\xff" + '姑苏区"\n'.encode() + b"x,y\n" * 50
    with pytest.raises(BytesInvalid), open_source(replace(in_memory("d.csv", data), up_to_damage=True)) as source:
        rows_of(source.table())


def test_utf8_cut_off_in_the_middle_of_a_character_is_named() -> None:
    with pytest.raises(BytesInvalid):
        read(in_memory("cut.csv", "姓名,地址\n沈怀瑾,苏州市".encode()[:-1]))


def test_two_encodings_in_one_file_are_refused() -> None:
    utf8 = "沈怀瑾,苏州市姑苏区\n".encode()
    other = "沈怀,苏州市姑苏\n".encode("gb18030")
    with pytest.raises(EncodingMixed) as caught:
        read(in_memory("mixed.csv", "姓名,地址\n".encode() + utf8 * 20 + other * 60))
    assert caught.value.params["line"] == 22


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"PAR1", b"SQLite format 3\x00", b"\x1f\x8b\x08"])
def test_a_binary_file_under_a_text_name_is_refused(start: bytes) -> None:
    with pytest.raises(SourceUnreadable):
        read(in_memory("really.csv", start + bytes(range(200))))


def test_a_stray_nul_does_not_make_a_file_utf16() -> None:
    _, rows = read(in_memory("nul.csv", b"a,b\n" + b"1\x00,2\n" + b"3,4\n" * 20))
    assert rows[0] == ("1\x00", "2")


HAN = st.text(st.characters(codec="gb2312", min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    cells=st.lists(HAN, min_size=1, max_size=20), encoding=st.sampled_from(["utf-8", "gb18030", "utf-16", "utf-8-sig"])
)
def test_chinese_is_read_right_or_refused_whatever_it_says(cells: list[str], encoding: str) -> None:
    data = ("值\n" + "".join(f"{cell}\n" for cell in cells)).encode(encoding)
    try:
        _, rows = read(in_memory("any.csv", data))
    except SourceError:
        assert encoding == "gb18030"
        return
    assert [row[0] for row in rows] == cells
