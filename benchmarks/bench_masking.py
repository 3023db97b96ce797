"""What protecting a value costs, beside the usual way of doing it one value at a time.

Prints nanoseconds of processor time a value (one thread, the best of several runs) and the ratio to the peer, both
measured in this process on the same generated values. The peers: `hmac.digest` in a loop for tokens (aim: 15 times
as fast), string slices in a loop for masks, presidio-anonymizer's engine where it is installed (aim: 300 times as
fast), and `cryptography`'s AES-SIV in a loop for encryption. Aims by themselves: a token 100 ns, a partial mask 40 ns.
A whole file, and the memory that takes, is `bench_masking_table`'s.

    python -m benchmarks.bench_masking [--rows 200000] [--format text|json]
"""

from __future__ import annotations

import argparse
import base64
import hmac
import importlib
import importlib.util
import io
import json
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from privacy.masking import DomainKey, policy_from_dict, protect_batches, write_artefact
from privacy.masking.columns import MAX_ROWS
from privacy.masking.encryption import encrypt_operator
from privacy.masking.operators import ColumnOperator
from privacy.masking.partial import PartialMask, Preset
from privacy.masking.tokens import token_operator

KEYS = DomainKey(bytes(range(32)))
RUNS = 5
# Seven of the eight columns of `generated`; the eighth is kept.
TABLE_POLICY: dict[str, object] = {
    "default": "keep",
    "fields": {
        "id_no": {"operator": "token", "entity_type": "CN_RESIDENT_ID"},
        "phone": {"operator": "partial_mask", "preset": "mobile"},
        "name": {"operator": "partial_mask", "preset": "name"},
        "email": {"operator": "partial_mask", "preset": "email"},
        "address": {"operator": "generalise", "to": "district"},
        "birth": {"operator": "generalise", "to": "year"},
        "income": {"operator": "generalise", "width": 10_000},
    },
}
PEER_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: nanoseconds of processor time a value, here and by the peer; the ratio is how many times faster this
    is."""

    what: str
    nanoseconds: float
    peer: str
    peer_nanoseconds: float | None

    @property
    def ratio(self) -> float | None:
        return None if self.peer_nanoseconds is None else self.peer_nanoseconds / self.nanoseconds


def nanoseconds_a_value(work: Callable[[], object], values: int) -> float:
    """The best of several runs of `work`, which handles `values` values; processor time of the whole process."""
    work()
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best / values * 1e9


def generated(rows: int) -> dict[str, list[str]]:
    """Values of nobody: the same for every run."""
    source = random.Random(7)
    surnames, given = "张王李赵陈杨黄周吴徐", "伟芳娜秀英敏静丽强磊军洋勇艳杰涛明超兰"
    return {
        "id_no": [f"3205{source.randrange(10**13):013d}X" for _ in range(rows)],
        "phone": [f"13{source.randrange(10**9):09d}" for _ in range(rows)],
        "name": [source.choice(surnames) + "".join(source.sample(given, source.randint(1, 2))) for _ in range(rows)],
        "email": [f"user{source.randrange(10**7)}@example.cn" for _ in range(rows)],
        "address": [f"江苏省苏州市姑苏区第{source.randrange(900)}街{source.randrange(400)}号" for _ in range(rows)],
        "birth": [
            f"{source.randint(1930, 2020)}-{source.randint(1, 12):02d}-{source.randint(1, 28):02d}" for _ in range(rows)
        ],
        "income": [str(source.randrange(100_000)) for _ in range(rows)],
        "region": [source.choice(["姑苏区", "吴中区", "相城区", "昆山市"]) for _ in range(rows)],
    }


def by_batches(operator: ColumnOperator, values: list[str]) -> Callable[[], None]:
    """Apply an operator to a column in batches of the size that the engine uses."""
    column = pa.array(values)
    batches = [column.slice(start, MAX_ROWS) for start in range(0, len(column), MAX_ROWS)]

    def work() -> None:
        for batch in batches:
            operator.apply(batch)

    return work


def hmac_loop(values: list[str]) -> None:
    key = bytes(32)
    for value in values:
        hmac.digest(key, value.encode(), "sha256")


def hmac_token_loop(values: list[str]) -> None:
    key = bytes(32)
    for value in values:
        base64.b32encode(hmac.digest(key, value.encode(), "sha256")[:10]).decode()


def slice_loop(values: list[str]) -> None:
    for value in values:
        value[:3] + "****" + value[7:]


def siv_loop(values: list[str]) -> None:
    siv = AESSIV(bytes(range(64)))
    for value in values:
        base64.urlsafe_b64encode(siv.encrypt(value.encode(), [b"type"])).decode()


def presidio_anonymizer(values: list[str]) -> float | None:
    """Presidio's engine masking the same values, or None where it is not installed."""
    if importlib.util.find_spec("presidio_anonymizer") is None:
        return None
    presidio = importlib.import_module("presidio_anonymizer")
    entities = importlib.import_module("presidio_anonymizer.entities")
    engine = presidio.AnonymizerEngine()
    found = [entities.RecognizerResult("CN_MOBILE", 3, 7, 1.0)]
    config = {
        "CN_MOBILE": entities.OperatorConfig("mask", {"masking_char": "*", "chars_to_mask": 4, "from_end": False})
    }
    few = values[:2000]

    def work() -> None:
        for value in few:
            engine.anonymize(text=value, analyzer_results=found, operators=config)

    return nanoseconds_a_value(work, len(few))


def operator_figures(columns: dict[str, list[str]]) -> list[Figure]:
    """Tokens and masks of single columns."""
    few_ids, few_phones = columns["id_no"][:PEER_ROWS], columns["phone"][:PEER_ROWS]
    rows = len(columns["id_no"])
    plain_hmac = nanoseconds_a_value(lambda: hmac_loop(few_ids), PEER_ROWS)
    text_hmac = nanoseconds_a_value(lambda: hmac_token_loop(few_ids), PEER_ROWS)
    sliced = nanoseconds_a_value(lambda: slice_loop(few_phones), PEER_ROWS)
    presidio = presidio_anonymizer(few_phones)
    ids = nanoseconds_a_value(by_batches(token_operator(KEYS, "CN_RESIDENT_ID"), columns["id_no"]), rows)
    phones = nanoseconds_a_value(by_batches(token_operator(KEYS, "CN_MOBILE"), columns["phone"]), rows)
    sealed = nanoseconds_a_value(by_batches(encrypt_operator(KEYS, "CN_RESIDENT_ID"), columns["id_no"]), rows)
    sealed_loop = nanoseconds_a_value(lambda: siv_loop(few_ids), PEER_ROWS)
    mobile = nanoseconds_a_value(by_batches(PartialMask(Preset.MOBILE), columns["phone"]), rows)
    figures = [
        Figure("token of a resident ID", ids, "hmac.digest loop", plain_hmac),
        Figure("token of a resident ID", ids, "hmac.digest loop, to base32 text", text_hmac),
        Figure("token of a mobile number", phones, "hmac.digest loop", plain_hmac),
        Figure("encryption of a resident ID", sealed, "AES-SIV one by one, to base64 text", sealed_loop),
        Figure("partial mask, mobile", mobile, "python slices in a loop", sliced),
        Figure("partial mask, mobile", mobile, "presidio-anonymizer engine", presidio),
    ]
    for preset, column in (
        (Preset.RESIDENT_ID, "id_no"),
        (Preset.NAME, "name"),
        (Preset.EMAIL, "email"),
        (Preset.ADDRESS, "address"),
    ):
        cost = nanoseconds_a_value(by_batches(PartialMask(preset), columns[column]), rows)
        figures.append(Figure(f"partial mask, {preset.value}", cost, "python slices in a loop", sliced))
    return figures


def table_figure(columns: dict[str, list[str]]) -> Figure:
    """Parquet to Parquet, eight columns of which seven are protected, against copying the same file through the same
    reader and writer."""
    rows = len(columns["id_no"])
    source = io.BytesIO()
    pq.write_table(pa.table(columns), source)
    policy = policy_from_dict(TABLE_POLICY)

    def copied() -> None:
        file = pq.ParquetFile(source)
        write_artefact(file.iter_batches(MAX_ROWS), io.BytesIO(), "parquet", schema=file.schema_arrow)

    def protected() -> None:
        file = pq.ParquetFile(source)
        write_artefact(
            protect_batches(file.iter_batches(MAX_ROWS), file.schema_arrow, policy, KEYS), io.BytesIO(), "parquet"
        )

    return Figure(
        "a row, Parquet to Parquet, 7 of 8 columns protected",
        nanoseconds_a_value(protected, rows),
        "copying the row",
        nanoseconds_a_value(copied, rows),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    columns = generated(options.rows)
    figures = [*operator_figures(columns), table_figure(columns)]
    if options.format == "json":
        print(json.dumps([{**asdict(figure), "ratio": figure.ratio} for figure in figures], indent=2))
        return
    for figure in figures:
        line = f"{figure.what:<52} {figure.nanoseconds:9.1f} ns"
        if figure.peer_nanoseconds is None or figure.ratio is None:
            print(f"{line}   {figure.peer}: not installed, not measured")
        else:
            print(f"{line}   {figure.peer}: {figure.peer_nanoseconds:.1f} ns   ratio {figure.ratio:.2f}")


if __name__ == "__main__":
    main()
