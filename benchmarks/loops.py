"""What each pass over a vector takes, by numpy and by the compiled loops (`pip install "webnn[fast]"`).

    python benchmarks/loops.py --params 200000

Microseconds: the least, and the first quartile, of many. Several vectors take turns, so that what is read lies in the
processor's cache only where all of them fit there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from webnn.core import loops
from webnn.core.encoding import decode_vector, encode_vector
from webnn.core.merging.base import moved_towards
from webnn.engine.sketching import Measure

VECTORS = 6
SHARE = 0.1


def passes(count: int) -> dict[str, Callable[[int], object]]:
    """The passes by name; each is told which of the vectors it shall take."""
    rng = np.random.default_rng(1)
    bases = [rng.standard_normal(count, np.float32) * np.float32(0.05) for _ in range(VECTORS)]
    payloads = [base + np.float32(1e-3) * rng.standard_normal(count, np.float32) for base in bases]
    codes = [bytes(encode_vector(payload - base, "int8")) for payload, base in zip(payloads, bases, strict=True)]
    halves = [bytes(encode_vector(payload, "f16")) for payload in payloads]
    measure = Measure(count)
    return {
        "decode int8": lambda i: decode_vector(codes[i], "int8", count, bases[i - 1]),
        "decode f16": lambda i: decode_vector(halves[i], "f16", count),
        "judge": lambda i: measure.judge(payloads[i], bases[i - 2]),
        "merge": lambda i: moved_towards(bases[i], payloads[i - 1], SHARE),
        "encode int8": lambda i: encode_vector(bases[i], "int8"),
        "encode f16": lambda i: encode_vector(bases[i], "f16"),
    }


def microseconds(work: Callable[[int], object], times: int) -> str:
    taken = []
    for i in range(times):
        began = time.perf_counter()
        work(i % VECTORS)
        taken.append(time.perf_counter() - began)
    taken.sort()
    return f"{taken[0] * 1e6:.0f} ({taken[times // 4] * 1e6:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=int, default=200_000, help="numbers in a vector")
    parser.add_argument("--times", type=int, default=300)
    options = parser.parse_args()
    works = passes(options.params)
    plain = {name: microseconds(work, options.times) for name, work in works.items()}
    if loops.load() is None:
        raise SystemExit("numba is not installed: pip install numba")
    print(f"{machine.describe()}, {options.params:,} numbers")
    print(f"{'us':14}{'numpy':>14}{'compiled':>14}")
    for name, work in works.items():
        print(f"{name:14}{plain[name]:>14}{microseconds(work, options.times):>14}")


if __name__ == "__main__":
    main()
