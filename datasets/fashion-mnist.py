"""Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017): 70,000 pictures of clothes of 28x28 pixels, laid out as MNIST's.

The four files are read from the data folder, plain or gzipped, from where Debian's package `dataset-fashion-mnist` puts
them, or downloaded once. Options as `mnist` has them: `download`, `verify`, `holdOut`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from webnn.data import Dataset
from webnn.data.mnist_like import MnistLike

FASHION_MNIST = MnistLike(
    mirrors=(
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    sha256={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    label_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    licence="MIT",
    source="H. Xiao, K. Rasul and R. Vollgraf (2017), Fashion-MNIST, Zalando Research, arXiv:1708.07747",
    installed=(Path("/usr/share/datasets/fashion-mnist"),),
)


def load(options: Mapping[str, object], data_dir: Path) -> Dataset:
    """60,000 pictures to train on, and the 10,000 "t10k" pictures to validate on."""
    return FASHION_MNIST.load(options, data_dir)
