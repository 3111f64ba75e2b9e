"""CIFAR-10 (Krizhevsky, 2009): 60,000 colour pictures of 32x32 pixels in ten classes, in its binary version.

`data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` are read from the data folder, from
`cifar-10-batches-bin` in it, or out of `cifar-10-binary.tar.gz`, which is downloaded (170 MB) once. Options:
`download` (true: fetch what is missing) and `holdOut` (0: so many of the last training pictures are for validation,
and the 10,000 test pictures are kept as `test`).
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

from webnn.core.errors import WebNNError
from webnn.data import Dataset, RemoteFile, Split, fetch_all, load_cifar_binary, read_options
from webnn.data.download import missing_files

TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = "test_batch.bin"
FOLDER = "cifar-10-batches-bin"
ARCHIVE = RemoteFile(
    "cifar-10-binary.tar.gz",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    170_052_171,
    unpack=False,
)
LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
DEFAULTS = {"download": True, "holdOut": 0}


def load(options: Mapping[str, object], data_dir: Path) -> Dataset:
    """Pictures uint8 [32, 32, 3], scaled to 0..1: 50,000 train, and the 10,000 test pictures as validation."""
    settings = read_options(options, DEFAULTS)
    folder = find_files(data_dir, download=bool(settings["download"]))
    train = load_cifar_binary([folder / name for name in TRAIN])
    test = load_cifar_binary(folder / TEST)
    held_out = settings["holdOut"]
    assert isinstance(held_out, int)
    kept = len(train.targets) - held_out
    if not 0 < kept <= len(train.targets):
        raise WebNNError(
            "invalid_dataset", f'The option "holdOut" must be from 0 to {len(train.targets) - 1:,}, not {held_out}.'
        )
    pixels = train.inputs
    assert not isinstance(pixels, tuple)
    tested = Split(test.inputs, test.targets)
    return Dataset(
        train=Split(pixels[:kept], train.targets[:kept]),
        validation=Split(pixels[kept:], train.targets[kept:]) if held_out else tested,
        test=tested if held_out else None,
        scale=train.scale,
        label_names=LABELS,
        licence="none stated; made for research",
        source="A. Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images, University of Toronto",
    )


def find_files(data_dir: Path, *, download: bool) -> Path:
    """Return the folder that holds the six files, which come out of the archive where they are not there."""
    for folder in (data_dir, data_dir / FOLDER):
        if all((folder / name).is_file() for name in (*TRAIN, TEST)):
            return folder
    archive = data_dir / ARCHIVE.name
    if not archive.is_file():
        if not download:
            raise missing_files([*TRAIN, TEST], data_dir, 'the option "download" is false')
        fetch_all([ARCHIVE], data_dir)
    unpack(archive, data_dir)
    return data_dir


def unpack(archive: Path, folder: Path) -> None:
    """Take the six files out of the archive, each whole or not at all."""
    try:
        with tarfile.open(archive) as tar:
            for name in (*TRAIN, TEST):
                member = tar.extractfile(f"{FOLDER}/{name}")
                assert member is not None
                temporary = folder / f".{name}.part"
                temporary.write_bytes(member.read())
                temporary.replace(folder / name)
    except (OSError, EOFError, KeyError, tarfile.TarError) as error:
        raise WebNNError("invalid_dataset", f"{archive} is damaged ({error}): delete it and get it again.") from error
