"""The MNIST database of handwritten digits (LeCun, Cortes, Burges): 70,000 images of 28x28 pixels, as IDX files.

The four files are read from the data folder, plain or gzipped, or downloaded there once. Options: `download` (true:
fetch what is missing), `verify` (false: check the SHA-256 of files that were on disk already; downloads are always
checked) and `holdOut` (0: see `MnistLike.load`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from webnn.data import Dataset
from webnn.data.mnist_like import MnistLike

MNIST = MnistLike(
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    sha256={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    label_names=tuple("0123456789"),
    licence="CC BY-SA 3.0",
    source="Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits",
)


def load(options: Mapping[str, object], data_dir: Path) -> Dataset:
    """60,000 images to train on, and the 10,000 "t10k" images to validate on.

    There is no `test` split by default, because published figures, the 2018 report's too, are measured on those 10,000
    while training.
    """
    return MNIST.load(options, data_dir)
