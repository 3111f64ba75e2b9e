"""Datasets: what a dataset module gives back (`Dataset`, `Split`), and helpers for writing one.

A dataset module is a Python file `datasets/NAME.py` with one function,
`load(options: Mapping[str, object], data_dir: Path) -> Dataset`. `docs/datasets.md` says more.
"""

from webnn.data.dataset import Dataset, Split
from webnn.data.download import RemoteFile, fetch_all
from webnn.data.idx import read_idx
from webnn.data.options import read_options
from webnn.data.splitting import stratified_split

__all__ = ["Dataset", "RemoteFile", "Split", "fetch_all", "read_idx", "read_options", "stratified_split"]
