"""The bundled residual network trains, its batch-norm statistics merge as averages, and Keras agrees with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from support.keras_reader import PYTHON, REASON, predict_with_keras

from webnn.core.events import Vector
from webnn.core.leases import Lease, Part
from webnn.core.merging import Contribution, Wants, make_strategy
from webnn.core.metrics import Validation
from webnn.data.loading import LoadedDataset, load_data
from webnn.data.shards import encode_examples, encode_split
from webnn.engine.local import LocalEngine
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.results import BuiltModel
from webnn.export.formats import Format, write_model
from webnn.model.definition import ModelDefinition, load_model
from webnn.paths import bundled_datasets_dir, bundled_models_dir

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]

STEPS, BATCH, HALF, ROUNDS = 12, 16, 80, 3
FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")


@dataclass(frozen=True)
class Round:
    """The run's weights before and after a merge, the two volunteers' that were merged, and how the result does."""

    before: Vector
    sent: Sequence[Vector]
    after: Vector
    validation: Validation


@dataclass(frozen=True)
class Course:
    """A short run: `predicted` is what its last weights say of the held-out pictures."""

    built: BuiltModel
    loaded: LoadedDataset
    first: Validation
    rounds: Sequence[Round]
    predicted: NDArray[np.float32]


def write_cifar(folder: Path, count: int) -> None:
    """Write files in CIFAR-10's format, `count` pictures each: noise, and for each class a bright band of its own."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for name in FILES:
        labels = rng.integers(0, 10, count).astype(np.uint8)
        pictures = rng.integers(0, 90, (count, 3, 32, 32), np.uint8)
        for picture, label in zip(pictures, labels.tolist(), strict=True):
            picture[label % 3, 3 * label : 3 * label + 4] = 250
        (folder / name).write_bytes(np.concatenate([labels[:, None], pictures.reshape(count, -1)], axis=1).tobytes())


def half(volunteer: int, definition: ModelDefinition, wants: Wants) -> Lease:
    """Return a lease of `STEPS` batches of one half of the pictures."""
    part = Part("all", volunteer * HALF, (volunteer + 1) * HALF)
    return Lease(
        *(f"l{volunteer}", f"v{volunteer}", 1, (part,), STEPS * BATCH, STEPS, BATCH),
        seed=volunteer,
        learning_rate=definition.learning_rate,
        optimizer="model",
        wants=wants,
        granted_at=0.0,
        deadline=9.0,
    )


def contribution(lease: Lease, payload: Vector, iterations: int) -> Contribution:
    return Contribution(
        *(lease.lease_id, lease.volunteer_id, payload),
        base_iterations=iterations,
        iterations=lease.iterations,
        num_examples=lease.num_examples,
        staleness=0,
        whole=False,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def course(evaluator: Evaluator, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two volunteers train the network with the real trainer, each on its half, and the engine merges by its rule."""
    data = tmp_path_factory.mktemp("data")
    write_cifar(data / "cifar10", 2 * HALF // 5)
    definition = load_model("cifar10-resnet", [bundled_models_dir()])
    loaded = load_data(definition, [bundled_datasets_dir()], data)
    built = await evaluator.build(definition, loaded.description, seed=1)
    await evaluator.load_validation(lambda: encode_split(loaded.dataset.validation))
    first = await evaluator.validate(built.initial)
    (shard,) = encode_split(loaded.dataset.train)
    strategy = make_strategy(definition.merge)
    engine = LocalEngine(strategy, built.initial, built.num_trainable, frozen=built.frozen)
    leases = [half(volunteer, definition, strategy.wants) for volunteer in range(2)]
    rounds = []
    for _ in range(ROUNDS):
        base = engine.newest
        sent = [(await evaluator.replay(lease, base.weights, {"all": shard}))[0][0] for lease in leases]
        merged = await engine.merge(
            base.version + 1,
            base.iterations + STEPS,
            [contribution(*each, base.iterations) for each in zip(leases, sent, strict=True)],
        )
        rounds.append(Round(base.weights, sent, merged.weights, await evaluator.validate(merged.weights)))
    held_out = encode_examples(loaded.dataset.validation, np.arange(len(loaded.dataset.validation)))
    return Course(built, loaded, first, rounds, await evaluator.predict(engine.newest.weights, held_out))


async def test_it_trains_on_files_of_cifar(course: Course, evaluator: Evaluator) -> None:
    report = await evaluator.check(next(encode_split(course.loaded.dataset.train)))
    assert np.isfinite(report.loss)
    assert report.warnings == ()
    assert course.loaded.dataset.train.inputs.shape == (2 * HALF, 32, 32, 3)
    last = course.rounds[-1].validation
    assert last.loss < course.first.loss
    assert last.accuracy is not None
    assert last.accuracy > 0.8


async def test_its_statistics_are_merged_as_averages(course: Course) -> None:
    start = course.built.num_trainable
    statistics = [spec.name for spec in course.built.weights if not spec.trainable]
    assert len(statistics) == 2 * 9
    assert all("moving_" in name for name in statistics)
    assert course.built.frozen == ()
    for each in course.rounds:
        one, other = (sent[start:] for sent in each.sent)
        assert np.abs(one - other).max() > 1e-3  # each saw its own pictures
        np.testing.assert_allclose(each.after[start:], (each.before[start:] + one + other) / 3, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(PYTHON is None, reason=REASON)
async def test_its_keras_export_agrees(course: Course, tmp_path: Path) -> None:
    held_out = course.loaded.dataset.validation.arrays[0]
    np.savez(tmp_path / "shown.npz", x=held_out.astype(np.float32) / np.float32(255))
    asked = {}
    for form in (Format.KERAS, Format.H5):
        path = tmp_path / f"net.{form}"
        write_model(form, path, course.rounds[-1].after, course.built.topology, course.built.weights, {})
        asked[form.value] = (path, tmp_path / "shown.npz")
    for form, predicted in predict_with_keras(asked).items():
        np.testing.assert_allclose(predicted, course.predicted, atol=1e-5, rtol=0, err_msg=form)
