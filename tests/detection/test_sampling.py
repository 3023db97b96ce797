"""Quick mode: which rows are drawn, and how far what they say of the whole table can be relied on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.sources import Table, file_location, open_source
from catalog.sources.sampling import BLOCK_COLUMN, Drawing, chosen
from privacy.detection.intervals import design_effect, interval_of
from privacy.detection.model import ColumnInput, SamplePlan, ScanProgress, TableScan
from privacy.detection.sampling import GROUPS, RowKeeper, scan_sample
from tests.detection.people import People

SEEDS = range(400)


class Rows:
    """A table in memory, as a source presents one. `blocks`: rows of some blocks of so many are handed over, and of which they are."""

    name = "rows"

    def __init__(self, table: pa.Table, *, in_blocks: int = 0, taken: int = 0) -> None:
        self.table, self.in_blocks, self.taken = table, in_blocks, taken

    def batches(self, columns: Any = None, *, batch_rows: int = 1000, **_: Any) -> Iterator[pa.RecordBatch]:
        yield from self.table.to_batches(max_chunksize=batch_rows)

    def draw(self, rows: int, *, seed: int, batch_rows: int) -> Drawing | None:
        if not self.in_blocks:
            return None
        blocks = np.arange(self.table.num_rows) // self.in_blocks
        picked = np.random.default_rng(seed).choice(blocks.max() + 1, self.taken, replace=False)
        index = np.flatnonzero(np.isin(blocks, picked))
        drawn = self.table.take(index).append_column(BLOCK_COLUMN, pa.array(blocks[index]))
        return Drawing(
            iter(drawn.combine_chunks().to_batches()), passed_over=True, blocks=True, population=self.table.num_rows
        )


def sampled(table: Any, rows: int, seed: int = 7, **arguments: Any) -> TableScan:
    source = table if hasattr(table, "batches") else Rows(table)
    schema = source.table.schema if isinstance(source, Rows) else source.schema.arrow
    columns = [ColumnInput(field.name, "", field.type) for field in schema]
    plan = SamplePlan(seed, rows)
    return scan_sample(columns, cast(Table, source), plan=plan, **{"text_budget_seconds": None, **arguments})


# --- drawing ------------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(0, 400), max_size=12), wanted=st.integers(1, 300), seed=st.integers(0, 2**31 - 1))
def test_exactly_as_many_rows_are_kept_as_are_wanted_and_the_cut_into_batches_does_not_show(
    sizes: list[int], wanted: int, seed: int
) -> None:
    numbers = pa.array(range(sum(sizes)), pa.int64())

    def kept(cuts: list[int]) -> list[int]:
        keeper, at = RowKeeper(wanted, seed), 0
        for size in cuts:
            keeper.add(pa.record_batch([numbers.slice(at, size)], names=["n"]))
            at += size
        assert keeper.seen == sum(sizes)
        sample = keeper.sample()
        return [] if sample is None else cast(list[int], sample.column(0).to_pylist())

    rows = kept(sizes)
    assert len(rows) == min(wanted, sum(sizes))
    assert rows == sorted(set(rows)), "each row once, in the order of the table"
    assert rows == kept([sum(sizes)])


def test_every_row_is_as_likely_as_any_other() -> None:
    times = np.zeros(200)
    for seed in range(2000):
        keeper = RowKeeper(20, seed)
        for start in range(0, 200, 50):
            keeper.add(pa.record_batch([pa.array(range(start, start + 50))], names=["n"]))
        times[keeper.sample().column(0).to_numpy()] += 1  # type: ignore[union-attr]
    assert times.mean() == 200
    assert times.min() > 140
    assert times.max() < 260
    assert abs(times[:100].sum() - times[100:].sum()) < 1300


def test_a_table_of_long_texts_is_sampled_within_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privacy.detection.sampling._MOST_BYTES", 2_000_000)
    keeper = RowKeeper(20_000, 3)
    for _ in range(40):
        keeper.add(pa.record_batch([pa.array(["x" * 1000] * 500)], names=["t"]))
    sample = keeper.sample()
    assert sample is not None
    assert 1000 <= sample.num_rows < 3000
    assert keeper.seen == 20_000


def test_the_same_seed_draws_the_same_rows_again_and_another_one_others() -> None:
    table = pa.table({"n": [f"{i}" for i in range(5000)], "phone": [People(3).mobile() for _ in range(5000)]})
    assert sampled(table, 300, seed=5) == sampled(table, 300, seed=5)
    keepers = [RowKeeper(50, seed) for seed in (1, 2)]
    for keeper in keepers:
        keeper.add(pa.record_batch([pa.array(range(1000))], names=["n"]))
    first, second = (keeper.sample() for keeper in keepers)
    assert first != second


def test_hashed_row_numbers_are_drawn_by_the_share_asked_for() -> None:
    for seed in (0, 1, 2**31 - 1):
        for rows in (range(1, 200_001), range(7, 1_400_007, 7)):
            share = sum(chosen(row, seed, 0.1) for row in rows) / len(rows)
            assert share == pytest.approx(0.1, abs=0.003)
    assert chosen("no number", 1, 0.0), "a row that has no number is not lost"


# --- intervals ----------------------------------------------------------------------------------------------------------------


def test_none_in_n_rows_is_the_exact_form_of_the_rule_of_three() -> None:
    bound = interval_of(0, 10_000)
    assert bound.low == 0
    assert bound.high == pytest.approx(3 / 10_000, rel=0.002)
    assert (1 - bound.high) ** 10_000 == pytest.approx(0.05)
    assert interval_of(0, 10_000, blocks=60).high == pytest.approx(1 - 0.05 ** (1 / 60))


def test_the_interval_is_newcombes_score_interval_with_continuity_correction() -> None:
    # The worked examples of R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 4.
    for hits, rows, low, high in ((81, 263, 0.2535, 0.3682), (15, 148, 0.0598, 0.1644), (1, 29, 0.0018, 0.1963)):
        found = interval_of(hits, rows)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(rows=st.integers(1, 10**6), share=st.floats(0, 1), more=st.integers(0, 10**6), effect=st.floats(1, 50))
def test_an_interval_holds_what_was_seen_and_nothing_that_was_ruled_out(
    rows: int, share: float, more: int, effect: float
) -> None:
    hits, population = round(share * rows), rows + more
    found = interval_of(hits, rows, population=population, effect=effect, groups=40)
    assert 0 <= found.low <= found.high <= 1
    assert hits / population <= found.low or found.low == pytest.approx(hits / population)
    assert found.high <= (hits + more) / population + 1e-9
    told = found.as_dict()
    assert told["low"] <= found.low
    assert told["high"] >= found.high
    wide = interval_of(hits, rows, effect=effect, groups=40, blocks=rows)
    narrow = interval_of(hits, rows)
    assert wide.low <= narrow.low + 1e-12
    assert wide.high >= narrow.high - 1e-12


def test_a_table_that_was_judged_whole_has_no_uncertainty() -> None:
    for hits in (0, 1, 25, 50):
        found = interval_of(hits, 50, population=50)
        assert found.low == found.high == hits / 50


def test_without_a_row_nothing_is_ruled_out() -> None:
    assert interval_of(0, 0).as_dict() == {"low": 0, "high": 1, "level": 0.95, "rows": 0}


def test_blocks_that_differ_have_an_effect_and_blocks_alike_have_none() -> None:
    assert design_effect([(5, 100)] * 40) == 1
    assert design_effect([(100, 100)] * 20 + [(0, 100)] * 20) == pytest.approx(100, rel=0.05)
    assert design_effect([]) == design_effect([(0, 100)] * 3) == design_effect([(3, 100)]) == 1


@pytest.mark.parametrize("share", [0.00002, 0.0001, 0.0002, 0.0005, 0.001, 0.01, 0.1, 0.5, 0.9, 0.9995])
@pytest.mark.parametrize("rows", [1000, 20_000])
def test_the_interval_holds_the_true_share_in_95_of_100_samples_of_single_rows(rows: int, share: float) -> None:
    hits, times = np.unique(np.random.default_rng(11).binomial(rows, share, 20_000), return_counts=True)
    found = [interval_of(int(one), rows) for one in hits]
    covered = sum(int(n) for one, n in zip(found, times, strict=True) if one.low <= share <= one.high)
    assert covered / 20_000 >= 0.935


def clustered(random: np.random.Generator, blocks: int, size: int, affected: float, within: float) -> Any:
    """Rows per block that hold a type: some blocks have many, most have none."""
    return np.where(random.random(blocks) < affected, random.binomial(size, within, blocks), 0)


@pytest.mark.parametrize(
    ("affected", "within"), [(1.0, 0.02), (0.5, 0.4), (0.1, 0.9), (0.03, 1.0), (0.005, 1.0), (0.3, 0.01)]
)
@pytest.mark.parametrize(("drawn", "size"), [(300, 60), (200, 100)])
def test_the_interval_of_whole_blocks_holds_the_true_share_although_rows_stand_together(
    affected: float, within: float, drawn: int, size: int
) -> None:
    random, covered, naive, tables = np.random.default_rng(5), 0, 0, 600
    for _ in range(tables):
        population = clustered(random, 20_000, size, affected, within)
        truth = population.mean() / size
        hits = population[random.choice(20_000, drawn, replace=False)]
        groups = [(int(part.sum()), len(part) * size) for part in np.array_split(hits, GROUPS)]
        total, rows = int(hits.sum()), drawn * size
        found = interval_of(total, rows, effect=design_effect(groups), blocks=drawn, groups=GROUPS)
        covered += found.low <= truth <= found.high
        alone = interval_of(total, rows)
        naive += alone.low <= truth <= alone.high
    assert covered / tables >= 0.93
    if within > 0.3:
        assert naive < covered, "taken for single rows, rows of blocks claim too much"


# --- a sample of a table ----------------------------------------------------------------------------------------------------


def test_a_sample_is_never_clean() -> None:
    p = People(31)
    table = pa.table({"F1": [p.name() for _ in range(500)], "F2": ["a"] * 500})
    result = sampled(table, 200)
    assert (result.rows, result.sampled, result.state) == (200, True, "incomplete")
    assert [reason.code for reason in result.reasons] == ["sampled"]
    assert "sampled" in result.column("F1").evidence["notes"]
    assert result.sample is not None
    assert (result.sample.drawn, result.sample.population, result.sample.exact) == ("rows", 500, True)
    assert sampled(table, 5000).state == "incomplete", "not even one that judged every row"


@pytest.mark.parametrize("seed", range(5))
def test_what_stands_at_the_end_of_a_table_is_found_as_well_as_at_its_beginning(seed: int) -> None:
    p = People(4)
    values = [f"code {i}" for i in range(30_000)] + [p.mobile() for _ in range(600)]
    column = sampled(pa.table({"v": values}), 2000, seed=seed).column("v")
    interval = column.evidence["interval"] if column.entity_type else column.evidence["other_intervals"]["CN_MOBILE"]
    assert interval["low"] <= 600 / 30_600 <= interval["high"]
    assert interval["rows"] == 2000
    assert interval["level"] == 0.95


def test_intervals_of_a_scanned_table_hold_the_true_shares() -> None:
    """Over many seeds, on rows that stand together: a type in a tenth of the table, and one in a few rows."""
    p, rows = People(9), 12_000
    values = [p.mobile() if 4000 <= i < 5200 else p.email() if i % 3000 == 0 else f"item {i}" for i in range(rows)]
    shares = {"CN_MOBILE": 1200 / rows, "EMAIL_ADDRESS": 4 / rows}
    covered = {"CN_MOBILE": 0, "EMAIL_ADDRESS": 0}
    seeds = 100
    for seed in range(seeds):
        column = sampled(pa.table({"v": values}), 800, seed=seed).column("v")
        intervals = {column.entity_type: column.evidence["interval"], **column.evidence["other_intervals"]}
        for entity_type, share in shares.items():
            found = intervals.get(entity_type) or interval_of(0, 800).as_dict()
            covered[entity_type] += found["low"] <= share <= found["high"]
    assert min(covered.values()) >= 0.93 * seeds


def test_rows_of_whole_blocks_are_weighed_by_blocks() -> None:
    p = People(2)
    values = [p.mobile() if (i // 50) % 20 == 3 else f"item {i}" for i in range(40_000)]
    table = pa.table({"v": values, "w": ["a"] * 40_000})
    result = sampled(Rows(table, in_blocks=50, taken=120), 6000)
    assert result.sample is not None
    assert (result.sample.drawn, result.sample.blocks, result.sample.rows) == ("blocks", 120, 6000)
    column = result.column("v")
    found = column.evidence["interval"] if column.entity_type else column.evidence["other_intervals"]["CN_MOBILE"]
    assert found["low"] <= 0.05 <= found["high"]
    hits = column.counts["matched"] if column.entity_type else column.other_types[0].rows
    alone = interval_of(hits, 6000)
    assert found["high"] - found["low"] > 2 * (alone.high - alone.low)
    assert result.column("w").evidence["interval"]["high"] == pytest.approx(1 - 0.05 ** (1 / 120), abs=1e-5)


def test_where_drawn_text_was_left_unread_no_interval_is_claimed_for_names() -> None:
    p = People(6)
    table = pa.table({"remark": [f"联系人{p.name()},{p.remark()},电话{p.mobile()}" for _ in range(3000)]})
    column = sampled(table, 1000, text_budget_seconds=0).column("remark")
    intervals = {column.entity_type: column.evidence["interval"], **column.evidence["other_intervals"]}
    assert intervals.get("PERSON") is None
    assert intervals["CN_MOBILE"]["low"] > 0.9, "telephones are found without reading"


def test_a_table_without_rows_has_no_interval() -> None:
    result = sampled(pa.table({"v": pa.array([], pa.string())}), 100)
    assert result.rows == 0
    assert result.column("v").evidence["interval"] is None


def test_a_sample_tells_how_far_it_is_and_stops_when_told() -> None:
    seen: list[ScanProgress] = []
    table = pa.table({"v": [f"{i}" for i in range(40_000)]})
    sampled(table, 1000, progress=seen.append, row_estimate=40_000)
    assert {one.phase for one in seen} >= {"draw", "judge"}
    assert max(one.rows for one in seen if one.phase == "draw") == 40_000
    assert [one for one in seen if one.phase == "judge"][-1].rows == 1000

    class Cancelled(Exception):
        pass

    def cancel(_progress: ScanProgress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        sampled(table, 1000, progress=cancel)


# --- sources ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, rows = tmp_path_factory.mktemp("sampling"), 60_000
    table = pa.table({"n": range(rows), "v": [f"item {i}" for i in range(rows)]})
    pa.csv.write_csv(table, folder / "t.csv")
    pq.write_table(table, folder / "t.parquet", row_group_size=100)
    database = sqlite3.connect(folder / "t.db")
    database.execute("CREATE TABLE t (n INTEGER, v TEXT)")
    database.executemany("INSERT INTO t VALUES (?, ?)", ((i, f"item {i}") for i in range(rows)))
    database.commit()
    database.close()
    return {name: folder / f"t.{name}" for name in ("csv", "parquet", "db")}


@pytest.mark.parametrize("kind", ["csv", "parquet", "db"])
def test_every_kind_of_file_draws_rows_from_all_over_the_table(kind: str, files: dict[str, Path]) -> None:
    with open_source(file_location(files[kind])) as source:
        result = sampled(source.table(), 3000)
        again = sampled(source.table(), 3000)
    assert result == again
    assert result.sample is not None
    assert result.sample.drawn == "rows"
    assert result.sample.population == pytest.approx(60_000, abs=1)
    assert result.rows == pytest.approx(3000, abs=200)


def test_row_groups_of_a_large_file_are_drawn(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.sources.parquet.MANY_ROWS", 10_000)
    with open_source(file_location(files["parquet"])) as source:
        result = sampled(source.table(), 3000)
    assert result.sample is not None
    assert (result.sample.drawn, result.sample.blocks, result.sample.rows) == ("blocks", 200, 3000)
    assert result.sample.population == 60_000


@pytest.mark.parametrize("plan", [{"rows": 0}, {"seed": -1}, {"seed": 2**31}])
def test_a_plan_that_draws_nothing_is_refused(plan: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one row"):
        SamplePlan(**{"seed": 1, **plan})
