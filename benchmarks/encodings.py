"""What each pair of encodings costs in accuracy, and what it saves in bytes.

    python benchmarks/encodings.py --model mnist-cnn --seeds 3 --data-dir DATA
    python benchmarks/encodings.py --model lenet5 --iterations 2000 --pairs f32/f32 int2/grid --json
    python benchmarks/encodings.py --real --pairs f32/f32 int2/grid

A pair is UP/DOWN. In virtual time, with real gradients, each training has the same volunteers, seeds and leases, so
that encodings differ by what they lose alone; bytes are those of the numbers. With `--real` Node volunteers train over
real sockets and every byte counts but the training data; accuracies differ by chance too then. Each training ends after
as many merged iterations as the others, and is validated on the whole validation split.

The table is kept in benchmarks/results/encodings-MODEL.json (`--no-save`: not). What a training came to is kept in
build/benchmarks/, so an interrupted comparison goes on where it was; `--fresh`
trains again.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import machine  # noqa: E402
from kept import FOLDER, ROOT, code  # noqa: E402
from lossy import LossyTrainer  # noqa: E402

from webnn.core.encoding import DOWN, UP, Encoding  # noqa: E402 (the checkout's own package)
from webnn.data.directory import data_dir  # noqa: E402
from webnn.evaluator.node import find_program  # noqa: E402
from webnn.evaluator.worker import WorkerPool  # noqa: E402
from webnn.model.definition import ModelDefinition, load_model  # noqa: E402
from webnn.model.settings import apply_settings  # noqa: E402
from webnn.paths import bundled_datasets_dir, bundled_models_dir  # noqa: E402
from webnn.server.config import ServerConfig  # noqa: E402
from webnn.server.prepare import PrepareRequest, prepare_run  # noqa: E402
from webnn.server.service import TrainingServer  # noqa: E402
from webnn.sim.population import parse_population  # noqa: E402
from webnn.sim.prepare import prepare  # noqa: E402
from webnn.sim.simulation import Scenario, Simulation, Target  # noqa: E402

PAIRS = (
    *("f32/f32", "f16/f16", "int8/int8", "int8/grid", "int4/int8", "int4/grid"),
    *("int2/int8", "int2/grid", "f32/grid", "int2/f32", "topk/int8", "topk/grid"),
)
POPULATION = {"secondsPerIteration": 0.02}
VIRTUAL_SECONDS = 1e6

Result = dict[str, Any]


def definition_of(options: argparse.Namespace) -> ModelDefinition:
    stop = {"iterations": options.iterations}
    settings = [f"training.stop={json.dumps(stop)}", "validation.everySeconds=1000", *options.set]
    return apply_settings(load_model(options.model, [bundled_models_dir()]), settings)


async def simulate(options: argparse.Namespace, up: str, down: str, seed: int) -> Result:
    """Train in virtual time."""
    definition, data = definition_of(options), data_dir(options.data_dir)
    laboratory = await prepare(definition, [bundled_datasets_dir()], data, seed, processes=1)
    trainer = LossyTrainer(laboratory.trainer, Encoding(up), Encoding(down))
    scenario = Scenario(
        config=laboratory.config,
        population=parse_population(POPULATION),
        volunteers=options.volunteers,
        target=Target(),
        seconds=VIRTUAL_SECONDS,
        seed=seed,
        keep_going=True,
        shard_bytes=laboratory.shard_bytes,
    )
    try:
        outcome = await Simulation(scenario, trainer).run()
    finally:
        await laboratory.close()
    updates = max(trainer.updates, 1)
    return {
        "accuracy": outcome.accuracy,
        "loss": outcome.loss,
        "updates": trainer.updates,
        "up": trainer.bytes["up"] / updates,
        "down": trainer.bytes["down"] / updates,
    }


async def train(options: argparse.Namespace, up: str, down: str, seed: int) -> Result:
    """Train with Node volunteers."""
    command = [*find_program("volunteer").command(), "--encoding", up, "--down", down]
    with tempfile.TemporaryDirectory() as folder:
        runs_dir = Path(folder)
        data = data_dir(options.data_dir)
        request = PrepareRequest(definition_of(options), [bundled_datasets_dir()], data, runs_dir, seed)
        prepared = await prepare_run(request)
        async with TrainingServer(prepared, ServerConfig(runs_dir, port=0)) as server:
            async with WorkerPool(server.listening.url, options.volunteers, command=command):
                finished = await server.wait_finished()
            updates = server.run_task.status()["outcomes"]["merged"]
            traffic = server.run_task.traffic
    return {
        "accuracy": finished.accuracy,
        "loss": finished.loss,
        "updates": updates,
        "up": traffic.bytes_in / updates,
        "down": (traffic.bytes_out - traffic.bytes_of_data) / updates,
    }


def result_of(options: argparse.Namespace, up: str, down: str, seed: int) -> Result:
    """One training, kept or new."""
    about = [definition_of(options).raw, options.real, options.volunteers, up, down, seed, POPULATION]
    name = [*about, own_code(real=options.real), code()]
    file = FOLDER / f"encodings-{hashlib.sha256(json.dumps(name).encode()).hexdigest()[:32]}.json"
    if file.exists() and not options.fresh:
        kept: Result = json.loads(file.read_text("utf-8"))
        return kept
    result = asyncio.run((train if options.real else simulate)(options, up, down, seed))
    FOLDER.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(result), "utf-8")
    fresh.replace(file)
    return result


@cache
def own_code(*, real: bool) -> str:
    """Name the code that decides what a training comes to, beside what decides any simulation."""
    folders = ("webnn/server", "static/src/worker", "static/src/shared") if real else ()
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in {".py", ".ts"})
    digest = hashlib.sha256()
    for file in (HERE / "lossy.py", *files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def rows(options: argparse.Namespace) -> Iterator[Result]:
    """Compare, a row for each pair; `ratio`: times fewer bytes than the first pair's."""
    first: float | None = None
    for pair in options.pairs:
        up, down = pair.split("/")
        results = [result_of(options, up, down, seed) for seed in range(1, options.seeds + 1)]
        means = {key: statistics.mean(result[key] for result in results) for key in ("accuracy", "loss", "up", "down")}
        first = first or means["up"] + means["down"]
        accuracies = [result["accuracy"] for result in results]
        ratio = first / (means["up"] + means["down"])
        yield {"model": options.model, "pair": pair, **means, "ratio": ratio, "accuracies": accuracies}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="mnist-cnn", help="a bundled model [mnist-cnn]")
    parser.add_argument("--iterations", type=int, default=3000, help="merged iterations of each training [3000]")
    parser.add_argument("--volunteers", type=int, default=4, help="[4]")
    parser.add_argument("--seeds", type=int, default=1, help="trainings to average over [1]")
    parser.add_argument("--pairs", nargs="+", choices=[f"{up}/{down}" for up in UP for down in DOWN], default=PAIRS)
    parser.add_argument("--real", action="store_true", help="Node volunteers over real sockets")
    parser.add_argument("--set", action="append", default=[], help="as of `wnn train`")
    parser.add_argument("--data-dir", type=Path, help="folder of the datasets' files, as for wnn")
    parser.add_argument("--fresh", action="store_true", help="train again what build/benchmarks/ has kept")
    parser.add_argument("--no-save", action="store_true", help="leave benchmarks/results/ alone")
    parser.add_argument("--json", action="store_true", help="the last line is JSON")
    options = parser.parse_args()
    print(f"{'up/down':>10}  {'accuracy':>26}  {'loss':>7}  {'B up/update':>12}  {'B down/update':>14}  {'fewer':>6}")
    compared = []
    for row in rows(options):
        compared.append(row)
        low, high = min(row["accuracies"]), max(row["accuracies"])
        spread = f"{row['accuracy']:.4f} ({low:.4f}..{high:.4f})"
        figures = f"{row['loss']:>7.4f}  {row['up']:>12,.0f}  {row['down']:>14,.0f}  {row['ratio']:>5.1f}x"
        print(f"{row['pair']:>10}  {spread:>26}  {figures}", flush=True)
    if not options.no_save:
        about = {key: getattr(options, key) for key in ("iterations", "volunteers", "seeds")}
        machine.keep(f"encodings-{options.model}{'-real' if options.real else ''}", {**about, "rows": compared})
    if options.json:
        print(json.dumps(compared))


if __name__ == "__main__":
    main()
