"""Fuzzes the codec and the session with atheris: `python fuzz/run.py --seconds 60`.

Each target of `fuzz/targets.py` runs in a process of its own, since the fuzzer ends the one that it runs in. What is
found is kept in `build/fuzz/TARGET/` (the corpus grows from run to run) and `build/fuzz/TARGET-crash-...`;
`--again FILE --target NAME` shows one again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]
BUILD = ROOT / "build" / "fuzz"
NAMES = ("frames", "messages", "almost_messages", "vectors", "session")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="in all, shared out among the targets [60]")
    parser.add_argument("--target", choices=NAMES, action="append", help="this one alone; may be repeated [all]")
    parser.add_argument("--again", type=Path, metavar="FILE", help="run one input, such as that of a crash")
    parser.add_argument("--inside", choices=NAMES, help=argparse.SUPPRESS)
    given, rest = parser.parse_known_args()
    if given.inside is not None:
        return fuzz(given.inside, rest)
    if rest:
        parser.error(f"unknown: {' '.join(rest)}")
    if given.again is not None:
        return run_again(given.again, given.target)
    if find_spec("atheris") is None:
        print("Fuzzing needs atheris, which is there for Linux: pip install 'webnn[fuzz]'.", file=sys.stderr)
        return 2
    targets = given.target or list(NAMES)
    found = [name for name in targets if not run_target(name, given.seconds / len(targets))]
    if found:
        print(f"Found something: {', '.join(found)}; the inputs are in {BUILD}.")
    return 1 if found else 0


def run_target(name: str, seconds: float) -> bool:
    """Fuzz one target in a process of its own; False where it found something."""
    corpus = BUILD / name
    corpus.mkdir(parents=True, exist_ok=True)
    options = (f"-max_total_time={max(1, round(seconds))}", f"-artifact_prefix={BUILD}/{name}-", "-max_len=4096")
    command = (sys.executable, __file__, "--inside", name, *options, "-timeout=30", "-rss_limit_mb=2048", str(corpus))
    with tempfile.TemporaryDirectory(prefix="webnn-") as folder:
        from fuzz.targets import seeds

        for number, seed in enumerate(seeds(name)):
            (Path(folder) / f"seed{number}").write_bytes(seed)
        ran = subprocess.run((*command, folder), cwd=ROOT, capture_output=True, text=True, check=False)
    said = ran.stderr + ran.stdout
    done = re.findall(r"Done (\d+) runs in (\d+) second", said)
    coverage = re.findall(r"cov: (\d+)", said)
    result = f"{int(done[-1][0]):,} inputs in {done[-1][1]} s" if done else "did not end well"
    print(f"{name}: {result}, coverage {coverage[-1] if coverage else '?'}", flush=True)
    if ran.returncode != 0:
        print(said[-4000:])
    return ran.returncode == 0


def fuzz(name: str, options: list[str]) -> int:
    """Become the fuzzer; never returns."""
    import atheris

    with atheris.instrument_imports(include=["webnn", "msgpack"]):
        from fuzz.targets import TARGETS

    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()
    return 0


def run_again(path: Path, targets: list[str] | None) -> int:
    from fuzz.targets import TARGETS

    for name in targets or NAMES:
        TARGETS[name](path.read_bytes())
        print(f"{name}: nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
