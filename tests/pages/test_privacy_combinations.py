"""The pages of combinations: on the scan, on the protection, and by themselves; asked for, watched, filtered, and what is said of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from catalog.datasets.models import SubjectKind
from catalog.datasets.services import declare_subject
from catalog.jobs.models import Job, JobState
from privacy.models import Combinations, Finding, ScanMode
from privacy.services.combinations import request_combinations
from privacy.services.findings import reject_finding
from privacy.services.scans import request_scan
from tests.access.acts import Acts
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import Stages, visits_csv


def address(stages: Stages) -> str:
    return f"/scans/{stages.scan.pk}/combinations/"


def rows_of(answer: Any) -> list[str]:
    """The columns of each line of the table."""
    body = re.search(r"<tbody>(.*?)</tbody>", answer.content.decode(), flags=re.DOTALL)
    found = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', body.group(1) if body else "", flags=re.DOTALL)
    return [re.sub(r"<[^>]+>|\s+", "", cell) for cell in found]


def test_the_page_of_a_scan_tells_what_singles_out_and_leads_to_all_of_it(cast: Cast, stages: Stages) -> None:
    answer = Visitor(cast.oscar).get(f"/scans/{stages.scan.pk}/")
    read = text_of(answer)
    assert "Columns that single out together" in read
    assert "Counted exactly, on all rows, about 240 persons." in read
    assert "Nobody has said whom a row is about, so every row counts as a person." in read
    assert "Nobody has confirmed yet that these are quasi-identifiers: 性别, 出生日期, 区县" in read
    assert f'href="{address(stages)}"' in answer.content.decode()


def test_every_combination_has_its_line_with_a_bar_and_the_same_in_words(cast: Cast, stages: Stages) -> None:
    answer = Visitor(cast.oscar).get(address(stages))
    html, found = answer.content.decode(), Combinations.objects.get().result
    assert rows_of(answer)[0].startswith("出生日期"), (
        "by itself it is too much already, so it is no combination that is to blame"
    )
    assert len(rows_of(answer)) == 5
    assert html.count("<meter ") == 5
    longest = next(one for one in found["combinations"] if len(one["columns"]) == 3)
    assert f"{longest['uniques']}</span>" in html
    assert f'value="{longest["unique_share"]}"' in html
    assert "style=" not in html, "the content policy allows no style in a tag"


def test_the_lines_are_filtered_by_the_number_of_columns(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    for length, number in (("1", 3), ("2", 3), ("3", 1), ("4", 0)):
        rows = rows_of(oscar.get(f"{address(stages)}?columns={length}"))
        assert len(rows) == number
        assert all(row.count("+") == int(length) - 1 for row in rows)
    assert "There is no combination of so many columns." in text_of(oscar.get(address(stages) + "?columns=4"))
    for nonsense in ("9", "<script>", "9" * 500, "%00"):
        assert len(rows_of(oscar.get(f"{address(stages)}?columns={nonsense}"))) == 5


def test_an_officer_asks_watches_and_reads(cast: Cast, stages: Stages) -> None:
    stages.review()
    declare_subject(
        actor=cast.oscar, distribution=stages.distribution, kind=SubjectKind.PERSON, field=stages.field("身份证号")
    )
    oscar, before = Visitor(cast.oscar), last_sequence()
    assert "somebody has said otherwise whom a row is about" in text_of(oscar.get(address(stages)))
    asked = text_of(oscar.follow(oscar.post(address(stages))))
    assert "The combinations are being counted. You may leave this page" in asked
    assert "no worker has taken it yet" in asked
    assert "Count again" not in asked
    assert [line[0] for line in acts_after(before)] == ["combinations.requested"]
    again = text_of(oscar.follow(oscar.post(address(stages))))
    assert "already being counted" in again
    assert "HX-Refresh" not in oscar.get(address(stages) + "progress/")
    assert "Combinations of columns" in text_of(oscar.get("/jobs/"))

    assert stages.run_jobs() == [JobState.COMPLETE]
    assert oscar.get(address(stages) + "progress/")["HX-Refresh"] == "true"
    read = text_of(oscar.get(address(stages)))
    assert "Nobody has" not in read
    assert "somebody has said otherwise" not in read
    assert "Count again" in read


def test_whoever_may_not_ask_reads_without_a_button_and_strangers_see_nothing(cast: Cast, stages: Stages) -> None:
    for reader in (cast.stella, cast.amy):
        visitor = Visitor(reader)
        assert "Count again" not in text_of(visitor.get(address(stages)))
        assert "You do not have the role that this needs." in text_of(visitor.follow(visitor.post(address(stages))))
    for stranger in (cast.rita, cast.wendy, cast.audrey):
        assert Visitor(stranger).get(address(stages)).status_code == 404
        assert Visitor(stranger).post(address(stages)).status_code == 404
        assert Visitor(stranger).get(address(stages) + "progress/").status_code == 404
    assert Visitor().get(address(stages)).status_code == 302
    assert not Job.objects.waiting().exists()


def test_a_count_that_failed_or_was_stopped_says_why_and_keeps_the_figures(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    found = request_combinations(actor=cast.oscar, scan=stages.scan)
    oscar.post(f"/jobs/{found.job_id}/cancel/")
    assert "The combinations could not be counted: The count was stopped." in text_of(oscar.get(address(stages)))
    request_combinations(actor=cast.oscar, scan=stages.scan)
    Acts(stages).replace_table(visits_csv(100))
    assert stages.run_jobs() == [JobState.FAILED]
    answer = oscar.get(address(stages))
    assert "The data has changed since this scan." in text_of(answer)
    assert len(rows_of(answer)) == 5
    Combinations.objects.update(result={"of": "another version"})
    assert "Count combinations" in text_of(oscar.get(address(stages)))


def test_what_stands_in_the_way_of_a_count_is_said_in_place_of_the_button(cast: Cast, stages: Stages) -> None:
    oscar = Visitor(cast.oscar)
    assert stages.scan
    for name in ("性别", "出生日期"):
        reject_finding(actor=cast.oscar, finding=Finding.objects.get(field__name=name), reason="测试数据")
    read = text_of(oscar.get(address(stages)))
    assert "Combinations need at least two quasi-identifiers." in read
    assert "Other columns are quasi-identifiers now than when it was counted." in read
    assert "Count again" not in read


def test_a_sample_has_no_combinations_and_says_nothing_of_them(cast: Cast, stages: Stages) -> None:
    assert stages.published
    scan = request_scan(actor=cast.oscar, distribution=stages.distribution, mode=ScanMode.SAMPLE)
    stages.run_jobs()
    assert "single out together" not in text_of(Visitor(cast.oscar).get(f"/scans/{scan.pk}/"))


def test_columns_that_do_it_together_are_named_together(cast: Cast, stages: Stages) -> None:
    lines = visits_csv(240).decode().splitlines()
    header, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    for number, row in enumerate(rows):  # twelve born on each day, in eight districts
        row[header.index("出生日期")] = f"1980-01-{1 + number // 12:02d}"
        row[header.index("区县")] = ("姑苏区", "吴中区", "相城区", "虎丘区", "吴江区", "昆山市", "太仓市", "常熟市")[
            number % 8
        ]
    content = "\n".join(",".join(row) for row in (header, *rows)) + "\n"
    assert stages.published
    Acts(stages).replace_table(content.encode())
    read = text_of(Visitor(cast.oscar).get(address(stages)))
    assert "These 2 columns together single out 33.3% of the persons: 出生日期, 区县." in read
    chinese = text_of(Visitor(cast.oscar, language="zh-hans").get(address(stages)))
    assert "这 2 列合起来能识别出 33.3% 的人：出生日期、区县。" in chinese


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_protection_of_the_table_is_set_with_it_in_view(cast: Cast, stages: Stages, language: str) -> None:
    assert stages.ready
    answer = Visitor(cast.oscar, language=language).get(f"/protection/{stages.distribution.pk}/")
    told = {
        "en": "The column 出生日期 by itself singles out 100% of the persons.",
        "zh-hans": "仅凭“出生日期”一列就能识别出 100% 的人。",
    }
    assert told[language] in text_of(answer)
    assert f'href="{address(stages)}"' in answer.content.decode()
