"""The lineage on a dataset's page: what each reader sees of it, and linking without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.datasets.items import item_of
from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.linking import link_datasets
from catalog.datasets.models import Dataset
from catalog.datasets.services import register_dataset, retire_dataset
from catalog.people.models import User
from tests.access.acts import Acts
from tests.cast import Cast
from tests.pages.visiting import Visitor, acts_after, last_sequence, text_of
from tests.stages import RECORD, Stages


@pytest.fixture
def report(cast: Cast) -> Dataset:
    """A draft of stella's."""
    values = {**RECORD, "title": "门诊月报", "title_en": "Monthly report"}
    return register_dataset(actor=cast.stella, provider=cast.health, values=values)


def lineage_on(user: User, dataset: Dataset) -> str:
    """What the page says between the heading and the next section."""
    html = Visitor(user).get(f"/catalogue/{dataset.pk}/").content.decode()
    found = re.search(r'<h2 id="lineage">.*?</section>', html, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])) if found else ""


def test_each_reader_sees_what_is_theirs_to_see(cast: Cast, stages: Stages, report: Dataset) -> None:
    link_datasets(actor=cast.stella, dataset=report, target=stages.published, kind=LinkKind.DERIVED_FROM)
    at_origin, at_report = lineage_on(cast.oscar, stages.published), lineage_on(cast.oscar, report)
    assert "visits" in at_origin.partition("This dataset")[0]
    assert "Uploaded file" in at_origin
    assert "Monthly report" in at_origin.partition("What is made from it")[2]
    assert "Outpatient visits" in at_report.partition("This dataset")[0]
    # The source is for those who work with it, and the report is a draft: a reader learns of neither.
    assert lineage_on(cast.rita, stages.published) == ""


def test_a_relation_is_listed_at_both_ends(cast: Cast, stages: Stages, report: Dataset) -> None:
    link_datasets(actor=cast.stella, dataset=report, target=stages.published, kind=LinkKind.RELATED)
    for dataset, other in ((report, stages.published), (stages.published, report)):
        page = Visitor(cast.oscar).get(f"/catalogue/{dataset.pk}/").content.decode()
        listed = page.partition("Related datasets</h2>")[2].partition("</ul>")[0]
        assert f'href="/catalogue/{other.pk}/"' in listed
    assert "Related datasets</h2>" not in Visitor(cast.rita).get(f"/catalogue/{stages.published.pk}/").content.decode()


def test_a_steward_links_and_takes_back_without_script(cast: Cast, stages: Stages, report: Dataset) -> None:
    stella, path = Visitor(cast.stella), f"/catalogue/{report.pk}/links/"
    page = stella.get(f"/catalogue/{report.pk}/")
    assert f'href="{path}"' in page.content.decode()
    said = {"kind": "derived_from", "target": stages.published.pk, "once": "a1"}
    start = last_sequence()
    answer = stella.post(path, **said)
    assert (answer.status_code, answer.url) == (302, f"/catalogue/{report.pk}/#lineage")
    assert stella.post(path, **said).status_code == 302  # the double click
    assert [action for action, _kind, _details in acts_after(start)] == ["dataset.linked"]
    link = DatasetLink.objects.get()
    # The button stands at both ends for whoever may press it, and leads back to where it was pressed.
    for here in (report, stages.published):
        assert f'action="/links/{link.pk}/remove/"' in stella.get(f"/catalogue/{here.pk}/").content.decode()
        assert "/remove/" not in Visitor(cast.oscar).get(f"/catalogue/{here.pk}/").content.decode()
    gone = stella.post(f"/links/{link.pk}/remove/", at=stages.published.pk)
    assert (gone.status_code, gone.url) == (302, f"/catalogue/{stages.published.pk}/#lineage")
    assert acts_after(start)[-1][0] == "dataset.unlinked"
    history = text_of(stella.get(f"/catalogue/{report.pk}/history/"))
    assert re.search(r"Stella took back the link of Monthly report to Outpatient visits\W+Derived from", history)


def test_what_cannot_be_linked_is_said_at_the_form_and_nothing_is_lost(
    cast: Cast, stages: Stages, report: Dataset
) -> None:
    stella = Visitor(cast.stella)
    link_datasets(actor=cast.stella, dataset=report, target=stages.published, kind=LinkKind.DERIVED_FROM)
    foreign = register_dataset(actor=cast.wendy, provider=cast.water, values={**RECORD, "title": "水价"})
    start, visits = last_sequence(), stages.published.pk
    for path, target, words in (
        (report.pk, visits, "linked in this way already"),
        (visits, report.pk, "was itself made from this one"),
        (report.pk, foreign.pk, "Select a valid choice"),
        (report.pk, report.pk, "Select a valid choice"),
        (report.pk, "", "This field is required"),
    ):
        answer = stella.post(f"/catalogue/{path}/links/", kind="derived_from", target=target)
        assert answer.status_code == 200
        assert words in text_of(answer)
        assert 'value="derived_from" selected' in answer.content.decode()
    assert last_sequence() == start
    retire_dataset(actor=cast.stella, dataset=report, reason="合并")
    answer = stella.post(f"/catalogue/{report.pk}/links/", kind="related", target=visits)
    assert "cannot be done in the present state" in text_of(answer)


@pytest.mark.parametrize(("name", "status"), [("oscar", 403), ("amy", 403), ("rita", 404), ("wendy", 404)])
def test_others_find_no_form_and_no_button(cast: Cast, stages: Stages, report: Dataset, name: str, status: int) -> None:
    link = link_datasets(actor=cast.stella, dataset=report, target=stages.published, kind=LinkKind.RELATED)
    visitor, path = Visitor(getattr(cast, name)), f"/catalogue/{report.pk}/links/"
    assert visitor.get(path).status_code == status
    assert visitor.post(path, kind="derived_from", target=stages.published.pk).status_code == status
    answer = visitor.post(f"/links/{link.pk}/remove/")
    assert answer.status_code == (302 if status == 403 else 404)
    assert DatasetLink.objects.count() == 1


def test_the_page_fetches_the_form_into_itself(cast: Cast, stages: Stages) -> None:
    assert stages.published
    path = f"/catalogue/{stages.published.pk}/links/"
    whole, part = Visitor(cast.stella).get(path), Visitor(cast.stella).get(path, hx_request="true")
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert b'name="target"' in part.content
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_form_is_a_whole_page_in_both_languages(cast: Cast, stages: Stages, language: str) -> None:
    html = Visitor(cast.stella, language).get(f"/catalogue/{stages.draft.pk}/links/").content.decode()
    assert html.count("<h1") == 1
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script>", html)


def test_a_page_asks_the_database_as_often_for_many_links_as_for_few(cast: Cast, stages: Stages) -> None:
    visits, stella = stages.published, Visitor(cast.stella)

    def link(title: str) -> None:
        for kind in LinkKind:
            made = [
                register_dataset(
                    actor=cast.stella, provider=cast.health, values={**RECORD, "title": title, "theme": ""}
                )
                for _ in range(2)
            ]
            link_datasets(actor=cast.stella, dataset=visits, target=made[0], kind=kind)
            link_datasets(actor=cast.stella, dataset=made[1], target=visits, kind=kind)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert stella.get(f"/catalogue/{visits.pk}/").status_code == 200
        return len(captured)

    link("一")
    few = queries()
    for number in range(4):
        link(f"又{number}")
    assert queries() == few


def test_declared_items_stand_there_until_a_table_is_attached(cast: Cast, stages: Stages) -> None:
    items = [item_of(name="持卡人姓名", field="xm", data_type="C", length="50")]
    draft = register_dataset(actor=cast.stella, provider=cast.health, values={**RECORD, "items": items})
    page = text_of(Visitor(cast.stella).get(f"/catalogue/{draft.pk}/"))
    assert re.search(r"Declared items.*持卡人姓名 xm Text 50", page)
    assert "Declared items" not in text_of(Visitor(cast.stella).get(f"/catalogue/{stages.draft.pk}/"))


def test_a_version_names_the_items_that_were_declared(cast: Cast, stages: Stages) -> None:
    Dataset.objects.filter(pk=stages.draft.pk).update(items=[item_of(name="持卡人姓名"), item_of(name="卡号")])
    assert stages.published
    assert "持卡人姓名, 卡号" in text_of(Visitor(cast.rita).get(f"/catalogue/{stages.draft.pk}/versions/1/"))


def test_those_who_work_on_it_see_how_much_it_is_used(world: Stages, acts: Acts) -> None:
    def panel(user: User) -> Any:
        return text_of(Visitor(user).get(f"/fragments/access/{world.draft.pk}/"))

    cast = world.cast
    assert "No grant is in force." in panel(cast.amy)
    world.granted()
    assert "1 grant in force · 1 organisation" in panel(cast.amy)
    assert "grant in force" not in panel(cast.rita)
