"""The datasets that come with WebNN."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from webnn.core.errors import WebNNError
from webnn.data.directory import data_dir
from webnn.data.idx import write_idx
from webnn.data.loading import LoadedDataset, load_dataset
from webnn.data.mnist_like import MnistLike
from webnn.data.splitting import stratified_split

BUNDLED = Path(__file__).parents[2] / "datasets"
OFFLINE = {"download": False}
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def load(name: str, options: dict[str, object], folder: Path) -> LoadedDataset:
    return load_dataset(name, [BUNDLED], options, folder)


def test_digits_are_all_there_and_each_class_split_alike(tmp_path: Path) -> None:
    digits = load("digits", {}, tmp_path).dataset
    assert (len(digits.train), len(digits.validation), digits.test) == (1438, 359, None)
    images = np.concatenate([digits.train.arrays[0], digits.validation.arrays[0]])
    labels = np.concatenate([digits.train.targets, digits.validation.targets])
    assert images.shape == (1797, 8, 8, 1)
    assert (images.dtype, images.min(), images.max()) == (np.uint8, 0, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(digits.validation.targets).min() >= 35
    assert digits.scale == (1 / 16,)
    assert not {image.tobytes() for image in digits.train.arrays[0]} & {
        image.tobytes() for image in digits.validation.arrays[0]
    }


def test_digits_options_move_the_split(tmp_path: Path) -> None:
    assert len(load("digits", {"validation": 0.5}, tmp_path).dataset.validation) in range(890, 905)
    first, second = (load("digits", {"seed": seed}, tmp_path).dataset.validation.arrays[0] for seed in (0, 1))
    assert not np.array_equal(first, second)
    with pytest.raises(WebNNError, match="between 0 and 1"):
        load("digits", {"validation": 1.5}, tmp_path)


def test_digits_can_be_their_own_targets(tmp_path: Path) -> None:
    digits = load("digits", {"target": "input"}, tmp_path).dataset
    assert digits.label_names is None
    np.testing.assert_allclose(digits.train.targets * 16, digits.train.arrays[0])
    with pytest.raises(WebNNError, match='"class" or "input"'):
        load("digits", {"target": "inputs"}, tmp_path)


def test_series_go_on_and_are_the_same_each_time(tmp_path: Path) -> None:
    series = load("series", {"examples": 50, "steps": 9, "noise": 0}, tmp_path).dataset
    assert series.train.arrays[0].shape == (40, 9, 1)
    assert series.validation.targets.shape == (10, 1)
    assert np.abs(series.train.targets).max() <= 3
    again = load("series", {"examples": 50, "steps": 9, "noise": 0}, tmp_path).dataset
    np.testing.assert_array_equal(series.train.targets, again.train.targets)


def test_friedmans_targets_are_about_standard(tmp_path: Path) -> None:
    friedman = load("friedman", {}, tmp_path).dataset
    assert friedman.train.arrays[0].shape == (3200, 10)
    assert abs(float(friedman.train.targets.mean())) < 0.1
    assert abs(float(friedman.train.targets.std()) - 1) < 0.1


def test_a_stratified_split_holds_out_some_of_each_class() -> None:
    labels = np.array([0] * 10 + [1] * 2 + [2])
    kept, held_out = stratified_split(labels, 0.3, 1)
    assert np.bincount(labels[held_out], minlength=3).tolist() == [3, 1, 0]
    assert sorted([*kept, *held_out]) == list(range(13))


Arrange = Callable[[str], Path]
LAID_OUT_ALIKE = ("mnist", "fashion-mnist")


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Arrange:
    """Folders with files of MNIST's names and shapes (their numbers are made up), in the spelling asked for."""

    def arrange(pattern: str) -> Path:
        folder = tmp_path_factory.mktemp("data")
        (folder / "mnist").mkdir()
        (folder / "fashion-mnist").symlink_to(folder / "mnist")
        for name, count in (("train", 60_000), ("t10k", 10_000)):
            images = np.zeros((count, 28, 28), np.uint8)
            images[:, 0, 0] = np.arange(count) % 256
            write_idx(folder / "mnist" / pattern.format(f"{name}-images", 3), images)
            write_idx(folder / "mnist" / pattern.format(f"{name}-labels", 1), (np.arange(count) % 10).astype(np.uint8))
        return folder

    return arrange


@pytest.mark.parametrize("name", LAID_OUT_ALIKE)
@pytest.mark.parametrize("pattern", ["{}-idx{}-ubyte", "{}.idx{}-ubyte.gz"])
def test_mnist_is_read_plain_or_gzipped(mnist: Arrange, pattern: str, name: str) -> None:
    dataset = load(name, OFFLINE, mnist(pattern)).dataset
    assert (len(dataset.train), len(dataset.validation), dataset.test) == (60_000, 10_000, None)
    assert dataset.train.arrays[0].shape[1:] == (28, 28, 1)
    assert dataset.train.arrays[0][300, 0, 0, 0] == 44
    assert dataset.scale == (1 / 255,)


def test_mnist_can_hold_out_training_images(mnist: Arrange) -> None:
    dataset = load("mnist", {**OFFLINE, "holdOut": 5000}, mnist("{}-idx{}-ubyte")).dataset
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (55_000, 5_000, 10_000)
    assert dataset.validation.arrays[0][0, 0, 0, 0] == 55_000 % 256


def test_mnist_says_which_files_are_wanted_and_where(tmp_path: Path) -> None:
    with pytest.raises(WebNNError) as caught:
        load("mnist", OFFLINE, tmp_path)
    assert caught.value.code == "missing_data"
    for words in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte", str(tmp_path / "mnist"), "--data-dir"):
        assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_installed_package_serves_too(mnist: Arrange) -> None:
    folder = mnist("{}-idx{}-ubyte.gz") / "mnist"
    layout = MnistLike((), {}, tuple("0123456789"), "CC0", "made up", installed=(folder,))
    assert len(layout.load(OFFLINE, folder / "nowhere").train) == 60_000


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_debians_fashion_mnist_is_the_original(tmp_path: Path) -> None:
    dataset = load("fashion-mnist", {**OFFLINE, "verify": True}, tmp_path).dataset
    assert np.bincount(dataset.train.targets).tolist() == [6000] * 10
    assert dataset.label_names is not None
    assert dataset.label_names[9] == "Ankle boot"


def cifar_files(count: int) -> dict[str, bytes]:
    """Files of CIFAR-10's names and format, with `count` made-up pictures each."""
    rng = np.random.default_rng(0)
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    return {name: rng.integers(0, 10, (count, 3073), np.uint8).tobytes() for name in names}


def test_cifar10_is_read_from_its_folder_or_out_of_its_archive(tmp_path: Path) -> None:
    files = cifar_files(4)
    folder = tmp_path / "cifar10"
    (folder / "cifar-10-batches-bin").mkdir(parents=True)
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as tar:
        for name, data in files.items():
            (folder / "cifar-10-batches-bin" / name).write_bytes(data)
            tar.add(folder / "cifar-10-batches-bin" / name, f"cifar-10-batches-bin/{name}")
    first = load("cifar10", OFFLINE, tmp_path).dataset
    assert (len(first.train), len(first.validation), first.test) == (20, 4, None)
    assert (first.train.arrays[0].shape[1:], first.scale) == ((32, 32, 3), (1 / 255,))
    (folder / "cifar-10-batches-bin").rename(tmp_path / "away")
    second = load("cifar10", {**OFFLINE, "holdOut": 5}, tmp_path).dataset
    assert (len(second.train), len(second.validation), len(second.splits["test"])) == (15, 5, 4)
    np.testing.assert_array_equal(second.validation.arrays[0], first.train.arrays[0][15:])
    data = np.frombuffer(files["data_batch_1.bin"], np.uint8).reshape(4, 3073)
    assert first.train.targets[:4].tolist() == data[:, 0].tolist()
    assert first.train.arrays[0][2, 5, 7].tolist() == [data[2, 1 + 1024 * c + 5 * 32 + 7] for c in range(3)]


def test_cifar10_tells_what_is_missing_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(WebNNError, match=r"data_batch_1\.bin.*test_batch\.bin") as caught:
        load("cifar10", OFFLINE, tmp_path)
    assert caught.value.code == "missing_data"
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / "cifar-10-binary.tar.gz").write_bytes(b"no archive")
    with pytest.raises(WebNNError, match=r"cifar-10-binary\.tar\.gz is damaged"):
        load("cifar10", OFFLINE, tmp_path)


def test_mnist_refuses_a_file_of_another_size_and_one_that_is_not_the_original(mnist: Arrange) -> None:
    folder = mnist("{}-idx{}-ubyte")
    with pytest.raises(WebNNError, match="not the original file"):
        load("mnist", {**OFFLINE, "verify": True}, folder)
    write_idx(folder / "mnist" / "t10k-labels-idx1-ubyte", np.zeros(9_999, np.uint8))
    with pytest.raises(WebNNError, match=r"shape \[9999\], not \[10000\]"):
        load("mnist", OFFLINE, folder)


def test_the_data_folder_comes_from_the_option_the_environment_or_the_cache() -> None:
    assert data_dir("here", {"WNN_DATA_DIR": "there"}) == Path("here").absolute()
    assert data_dir(None, {"WNN_DATA_DIR": "there"}) == Path("there").absolute()
    assert data_dir(None, {}).parts[-2:] == ("webnn", "data")
