"""The UCI handwritten digits: 1,797 images of 8x8 pixels, shipped with WebNN (see `digits.LICENCE.md`).

Options: `validation`, the share held out (0.2), `seed` of the split (0), and `target`: "class", or "input" for an
autoencoder, whose target is the image itself. Each class is split alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from webnn.core.errors import WebNNError
from webnn.data import Dataset, Split, read_options, stratified_split

DEFAULTS = {"validation": 0.2, "seed": 0, "target": "class"}


def load(options: Mapping[str, object], data_dir: Path) -> Dataset:
    """Images uint8 [8, 8, 1] from 0 to 16, scaled to 0..1; by default 1,438 train and 359 validation examples.

    There is no `test` split: the source is small, and what it calls its test set is all that is shipped.
    """
    settings = read_options(options, DEFAULTS)
    with np.load(Path(__file__).with_name("digits.npz")) as source:
        images, labels = source["images"], source["labels"]
    kept, held_out = stratified_split(labels, float(settings["validation"]), int(settings["seed"]))  # type: ignore[arg-type, call-overload]
    target = settings["target"]
    if target not in ("class", "input"):
        raise WebNNError("invalid_dataset", f'target is "class" or "input", not {target!r}.')
    targets = labels if target == "class" else (images / 16).astype(np.float32)
    return Dataset(
        train=Split(images[kept], targets[kept]),
        validation=Split(images[held_out], targets[held_out]),
        scale=1 / 16,
        label_names=tuple("0123456789") if target == "class" else None,
        licence="CC BY 4.0",
        source="E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, doi:10.24432/C50P49",
    )
