"""From a model definition to everything that simulations of it share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webnn.core.config import RunConfig, ShardSize
from webnn.data.dataset import Dataset
from webnn.data.loading import load_data
from webnn.data.shards import ShardStore, cut_shards, encode_split
from webnn.evaluator.evaluator import Evaluator
from webnn.model.definition import ModelDefinition
from webnn.sim.node_trainer import NodeTrainer
from webnn.sim.simulation import Target
from webnn.sim.trainer import StubTrainer

MAX_PROCESSES = 2

Cut = Callable[[Dataset, int], ShardStore]
"""Cuts a dataset's training split into shards, by a seed."""


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A model with its data, and a trainer that computes real gradients for it. It holds processes: `close` it.

    `shard_bytes`: how much each shard takes on the wire, by name; `weight_bytes` None: the weights take what they are.
    """

    definition: ModelDefinition
    config: RunConfig
    target: Target
    trainer: NodeTrainer
    shard_bytes: Mapping[str, int]
    weight_bytes: int | None = None

    async def close(self) -> None:
        await self.trainer.close()


async def prepare(  # noqa: PLR0917 (what to simulate, from where, and how)
    definition: ModelDefinition,
    dataset_search: Sequence[Path],
    data_dir: Path,
    seed: int,
    tell: Callable[[str], None] = lambda _: None,
    processes: int | None = None,
    cut: Cut = cut_shards,
) -> Laboratory:
    """Load the data, `cut` it, build the model with the weights of `seed`, and start the `processes` that train (None:
    one for each core, two at most).

    Raises `WebNNError` for what the person has to mend.
    """
    tell(f"Loading the dataset {definition.dataset}")
    loaded = await asyncio.to_thread(load_data, definition, dataset_search, data_dir, lambda _: None)
    shards = await asyncio.to_thread(cut, loaded.dataset, seed)
    tell("Building the model")
    evaluator = await Evaluator.start()
    try:
        built = await evaluator.build(definition, loaded.description, seed, loaded.augmentation)
        await evaluator.check(shards.get(shards.shards[0].name))
        await evaluator.load_validation(lambda: encode_split(loaded.dataset.validation))
        trainer = await NodeTrainer.start(
            evaluator,
            built,
            {"dataset": dict(loaded.description), "training": definition.training_of(seed, loaded.augmentation)},
            ((shard.name, shards.get(shard.name)) for shard in shards.shards),
            processes=processes or min(MAX_PROCESSES, os.cpu_count() or 1),
        )
    except BaseException:
        await evaluator.close()
        raise
    sizes = [ShardSize(shard.name, shard.num_examples) for shard in shards.shards]
    held_out = len(loaded.dataset.validation)
    config = definition.run_config(seed, sizes, built.num_weights, built.num_trainable, held_out, built.frozen)
    stop = definition.training.stop
    target = Target(stop.accuracy, None if stop.accuracy is not None else stop.loss)
    return Laboratory(definition, config, target, trainer, wire_sizes(shards))


@dataclass(frozen=True, slots=True)
class Mock:
    """A model's sizes and its data's, and a stub in the place of the model: for studies of scheduling."""

    config: RunConfig
    trainer: StubTrainer
    shard_bytes: Mapping[str, int]
    weight_bytes: int | None
    target: Target

    async def close(self) -> None:
        pass


async def prepare_mock(
    definition: ModelDefinition,
    dataset_search: Sequence[Path],
    data_dir: Path,
    seed: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Mock:
    """Load the data and count the model's weights, of which the stub has few, so that tens of thousands of volunteers
    fit into memory.

    Raises `WebNNError` for what the person has to mend.
    """
    tell(f"Loading the dataset {definition.dataset}")
    loaded = await asyncio.to_thread(load_data, definition, dataset_search, data_dir, lambda _: None)
    shards = await asyncio.to_thread(cut_shards, loaded.dataset, seed)
    async with await Evaluator.start() as evaluator:
        built = await evaluator.build(definition, loaded.description, seed, loaded.augmentation)
    trainer = StubTrainer()
    sizes = [ShardSize(shard.name, shard.num_examples) for shard in shards.shards]
    few = len(trainer.initial)
    config = definition.run_config(seed, sizes, few, few, len(loaded.dataset.validation), ())
    return Mock(config, trainer, wire_sizes(shards), 4 * built.num_weights, Target())


def wire_sizes(shards: ShardStore) -> dict[str, int]:
    """Count the bytes that each shard takes on the wire: those of the first tell how well they all pack."""
    first = shards.shards[0]
    packed = shards.gzipped(first.name)
    share = 1.0 if packed is None else len(packed) / first.num_bytes
    return {shard.name: int(share * shard.num_bytes) for shard in shards.shards}
