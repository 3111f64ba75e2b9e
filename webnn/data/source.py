"""What a loader reads out of files, before it is split; and how it is split into a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data.dataset import Array, Dataset, Split
from webnn.data.rows import take
from webnn.data.splitting import RowNumbers, folds, rows_without, split_rows

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPlan:
    """How examples are split: `validation` and `test` are shares; with `folds`, fold number `fold` (from 1) is the
    validation split instead. `stratified`: each class alike, by default where there are classes.
    """

    validation: float = 0.2
    test: float = 0.0
    stratified: bool | None = None
    seed: int = 0
    folds: int | None = None
    fold: int = 1

    @classmethod
    def parse(cls, section: Mapping[str, Any]) -> SplitPlan:
        """Read the `split` of a model file, which has been checked. Raises `WebNNError("invalid_dataset")`."""
        plan = cls(**section)
        if plan.folds is not None and plan.fold > plan.folds:
            raise WebNNError(
                "invalid_dataset",
                f"split.fold is {plan.fold}, but there are {plan.folds} folds: write 1 to {plan.folds}.",
            )
        if plan.validation + plan.test >= 1:
            raise WebNNError("invalid_dataset", "split.validation and split.test leave nothing to train on.")
        return plan


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Source:
    """Examples as a loader found them: `inputs` [examples, ...], one array or several, and `targets` of as many rows.

    `categories` are the values that a table's columns of words may have, for reading another file alike.
    """

    inputs: Array | tuple[Array, ...]
    targets: NDArray[Any]
    origin: str
    label_names: tuple[str, ...] | None = None
    scale: float = 1.0
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def dataset(
        self,
        validation: float | Source = 0.2,
        test: float | Source = 0.0,
        *,
        stratified: bool | None = None,
        seed: int = 0,
        licence: str = NOT_STATED,
        source: str | None = None,
    ) -> Dataset:
        """Make a dataset: each of `validation` and `test` is a share of these examples, or a source of its own."""
        given = {name: part for name, part in (("validation", validation), ("test", test)) if isinstance(part, Source)}
        plan = SplitPlan(
            validation=0.0 if isinstance(validation, Source) else validation,
            test=0.0 if isinstance(test, Source) else test,
            stratified=stratified,
            seed=seed,
        )
        return assemble(self, plan, given, licence, source)


def assemble(main: Source, plan: SplitPlan, given: Mapping[str, Source], licence: str, source: str | None) -> Dataset:
    """Make a dataset of `main`, cut by `plan`, but for the splits that are `given`."""
    parts = cut(Split(main.inputs, main.targets), plan, whole_validation="validation" in given)
    parts |= {name: Split(part.inputs, part.targets) for name, part in given.items()}
    return Dataset(
        train=parts["train"],
        validation=parts["validation"],
        test=parts.get("test"),
        scale=main.scale,
        label_names=main.label_names,
        licence=licence,
        source=source or main.origin,
    )


def cut(whole: Split, plan: SplitPlan, *, whole_validation: bool = False) -> dict[str, Split]:
    """Cut one split into `train`, `validation` (unless `whole_validation`: that is had elsewhere) and, where `plan`
    has a share for it, `test`.
    """
    stratified = whole.has_classes if plan.stratified is None else plan.stratified
    if stratified and not whole.has_classes:
        raise WebNNError(
            "invalid_dataset", "Only classes can be stratified, and these targets are values: drop split.stratified."
        )
    rows: RowNumbers = np.arange(len(whole))
    held_out: dict[str, RowNumbers] = {}
    if plan.test:
        rows, held_out["test"] = split_rows(whole.targets, plan.test, plan.seed, stratified=stratified)
    if plan.folds is not None:
        fold = folds(whole.targets[rows], plan.folds, plan.seed, stratified=stratified)[plan.fold - 1]
        held_out["validation"] = rows[fold]
    elif not whole_validation:
        share = plan.validation / (1 - plan.test)
        _, chosen = split_rows(whole.targets[rows], share, plan.seed + 1, stratified=stratified)
        held_out["validation"] = rows[chosen]
    kept = rows_without(len(whole), list(held_out.values()))
    if not len(kept) or not all(len(part) for part in held_out.values()):
        raise WebNNError("invalid_dataset", f"{len(whole)} examples are too few to split so.")
    return {name: some_rows((whole,), part) for name, part in {"train": kept, **held_out}.items()}


def cut_again(dataset: Dataset, plan: SplitPlan) -> Dataset:
    """Put the training and validation examples together and cut them anew; a `test` split that there is stays."""
    if plan.test and dataset.test is not None:
        raise WebNNError("invalid_dataset", "The dataset has a test split already: drop split.test.")
    pool = (dataset.train, dataset.validation)
    whole = some_rows(pool, np.arange(len(dataset.train) + len(dataset.validation)))
    parts = cut(whole, plan)
    return replace(dataset, train=parts["train"], validation=parts["validation"], test=parts.get("test", dataset.test))


def some_rows(pool: tuple[Split, ...], rows: RowNumbers) -> Split:
    """Some rows of splits end to end, read when they are needed where they are large."""
    columns = zip(*(split.arrays for split in pool), strict=True)
    inputs = tuple(take(pieces, rows) for pieces in columns)
    return Split(inputs, take([split.targets for split in pool], rows))
