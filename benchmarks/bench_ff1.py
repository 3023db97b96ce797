"""What format-preserving encryption costs a value, beside other people's, one value at a time.

Prints nanoseconds of processor time a value, text to text (one thread, the best of several runs), and how many times
faster this is than each peer on the same values in this process. Peers are measured where they are installed: fastfpe
(aim: 30 times as fast), libffx (150), pyffx and ff3 (500). The aim by itself is 100 ns for eighteen digits.

    python -m benchmarks.bench_ff1 [--rows 200000] [--format text|json]
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import pyarrow as pa

from privacy.masking import DomainKey
from privacy.masking.columns import MAX_ROWS
from privacy.masking.ff1 import Ff1Form, Ff1Operator
from privacy.masking.ff1_cipher import Ff1
from privacy.masking.numerals import DIGITS, NAMED, Alphabet

KEY = bytes(range(32))
KEYS = DomainKey(KEY)
RUNS = 5
PEER_ROWS = 2_000
DIGITS_MEASURED = 18


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: nanoseconds of processor time a value; `peer_nanoseconds` None where the peer is not installed."""

    what: str
    nanoseconds: float
    peer: str = ""
    peer_nanoseconds: float | None = None
    aim: int | None = None

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


def generated(rows: int, length: int, characters: str) -> list[str]:
    """Values of nobody: the same for every run."""
    source = random.Random(length)
    return ["".join(source.choices(characters, k=length)) for _ in range(rows)]


def ours(rows: int, length: int, characters: str, entity_type: str | None = None) -> float:
    """A column in batches of the size that the engine uses."""
    operator = Ff1Form(Alphabet(characters), "").with_key(KEYS, entity_type)
    values = generated(rows, length, characters)
    if entity_type == "CN_MOBILE":
        values = ["13" + value[2:] for value in values]
    column = pa.array(values)
    batches = [column.slice(start, MAX_ROWS) for start in range(0, len(column), MAX_ROWS)]

    def work() -> None:
        for batch in batches:
            operator.apply(batch)

    return nanoseconds_a_value(work, rows)


def _fastfpe() -> Callable[[str], str]:
    ff1 = importlib.import_module("fastfpe.ff1")
    return lambda value: str(ff1.encrypt(KEY.hex(), "", DIGITS, value))


def _libffx() -> Callable[[str], str]:
    cipher = importlib.import_module("ffx").FF1(KEY, radix=10)
    return lambda value: str(cipher.encrypt(value))


def _pyffx() -> Callable[[str], str]:
    codec = importlib.import_module("pyffx").String(KEY, alphabet=DIGITS, length=DIGITS_MEASURED)
    return lambda value: str(codec.encrypt(value))


def _ff3() -> Callable[[str], str]:
    cipher = importlib.import_module("ff3").FF3Cipher(KEY.hex(), "00" * 7)
    return lambda value: str(cipher.encrypt(value))


# The module to look for, how many times faster this should be, whether it is FF1 under the same key and so must agree,
# and how a value is encrypted there.
PEERS: dict[str, tuple[str, int, bool, Callable[[], Callable[[str], str]]]] = {
    "fastfpe": ("fastfpe", 30, True, _fastfpe),
    "libffx": ("ffx", 150, True, _libffx),
    "pyffx": ("pyffx", 500, False, _pyffx),
    "ff3": ("ff3", 500, False, _ff3),
}


def peer_figures(nanoseconds: float) -> list[Figure]:
    """The same eighteen digits by the peers, one value at a time."""
    values = generated(PEER_ROWS, DIGITS_MEASURED, DIGITS)
    same_key = Ff1Operator(Ff1Form(Alphabet(DIGITS), ""), Ff1(KEY, 10))
    expected = same_key.apply(pa.array(values)).values.to_pylist()
    figures = []
    for peer, (module, aim, is_ff1, prepare) in PEERS.items():
        cost = None
        if importlib.util.find_spec(module) is not None:
            encrypt = prepare()
            if is_ff1 and [encrypt(value) for value in values[:50]] != expected[:50]:
                raise SystemExit(f"{peer} and this FF1 do not agree")
            cost = nanoseconds_a_value(lambda encrypt=encrypt: [encrypt(value) for value in values], PEER_ROWS)  # type: ignore[misc]
        figures.append(Figure(f"FF1, {DIGITS_MEASURED} digits", nanoseconds, peer, cost, aim))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    rows = options.rows
    figures = [
        *peer_figures(ours(rows, DIGITS_MEASURED, DIGITS)),
        Figure("FF1, mobile number in canonical form", ours(rows, 11, DIGITS, "CN_MOBILE")),
        Figure("FF1, 19 digits (two limbs)", ours(rows, 19, DIGITS)),
        Figure("FF1, 16 hexadecimal digits", ours(rows, 16, NAMED["hex"])),
        Figure("FF1, 10 letters and digits", ours(rows, 10, NAMED["alphanumeric"])),
    ]
    if options.format == "json":
        print(json.dumps([{**asdict(figure), "ratio": figure.ratio} for figure in figures], indent=2))
        return
    for figure in figures:
        line = f"{figure.what:<40} {figure.nanoseconds:9.1f} ns"
        if figure.ratio is not None:
            line += f"   {figure.peer}: {figure.peer_nanoseconds:.1f} ns   ratio {figure.ratio:.1f} (aim {figure.aim})"
        elif figure.peer:
            line += f"   {figure.peer}: not installed, not measured"
        print(line)


if __name__ == "__main__":
    main()
