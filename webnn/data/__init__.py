"""Datasets: what a dataset module gives back (`Dataset`, `Split`), and helpers for writing one.

A dataset module is a Python file `datasets/NAME.py` with one function,
`load(options: Mapping[str, object], data_dir: Path) -> Dataset`. `docs/datasets.md` says more.
"""

from webnn.data.arrays import load_npy, load_npz
from webnn.data.dataset import Dataset, Split
from webnn.data.download import RemoteFile, fetch_all
from webnn.data.idx import read_idx
from webnn.data.images import load_cifar_binary, load_idx, load_image_folders
from webnn.data.options import read_options
from webnn.data.preparation import Preparation
from webnn.data.source import Source
from webnn.data.splitting import folds, random_split, stratified_split
from webnn.data.table import load_csv

__all__ = [
    "Dataset",
    "Preparation",
    "RemoteFile",
    "Source",
    "Split",
    "fetch_all",
    "folds",
    "load_cifar_binary",
    "load_csv",
    "load_idx",
    "load_image_folders",
    "load_npy",
    "load_npz",
    "random_split",
    "read_idx",
    "read_options",
    "stratified_split",
]
