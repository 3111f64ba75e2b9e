"""Loaders read well-formed files, and name the file and the place where one is not."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from webnn.core.errors import WebNNError
from webnn.data import load_cifar_binary, load_csv, load_idx, load_image_folders, load_npy, load_npz
from webnn.data.idx import write_idx

FLOWERS = """length,width,colour,species
5.1,3.5,white,setosa
4.9,3.0,blue,virginica
6.2,2.9,white,virginica
5.0,3.3,red,setosa
"""


def refusal(read: Callable[[], Any]) -> str:
    """The sentence of a refusal: one paragraph."""
    with pytest.raises(WebNNError) as caught:
        read()
    assert caught.value.code == "invalid_dataset"
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    path = tmp_path / "flowers.csv"
    path.write_text(FLOWERS)
    return path


def test_words_are_classes_and_categorical_columns_are_one_hot(flowers: Path) -> None:
    source = load_csv(flowers, target="species", categorical=["colour"])
    assert source.label_names == ("setosa", "virginica")
    assert source.targets.tolist() == [0, 1, 1, 0]
    assert source.categories == {"colour": ("blue", "red", "white")}
    expected = [[5.1, 3.5, 0, 0, 1], [4.9, 3.0, 1, 0, 0], [6.2, 2.9, 0, 0, 1], [5.0, 3.3, 0, 1, 0]]
    np.testing.assert_allclose(source.inputs, np.array(expected, np.float32))


def test_numbers_are_values_unless_they_are_called_classes(tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    path.write_text("\ufeffrooms;price;new\n3;10;1\n\n12;2;0\n", encoding="utf-8")
    values = load_csv(path, target="price", separator=";")
    assert (values.targets.tolist(), values.label_names) == ([10.0, 2.0], None)
    several = load_csv(path, target=["price", "new"], separator=";")
    assert (several.targets.tolist(), several.label_names) == ([[10.0, 1.0], [2.0, 0.0]], ("price", "new"))
    classes = load_csv(path, target="price", columns=["rooms"], kind="class", separator=";")
    assert (classes.targets.tolist(), classes.label_names) == ([1, 0], ("2", "10"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FLOWERS.replace("3.0", ""), "line 3, column width: the cell is empty"),
        (FLOWERS.replace("3.0", "three"), 'line 3, column width: "three" is not a finite number'),
        (FLOWERS.replace("3.0", "nan"), 'line 3, column width: "nan" is not a finite number'),
        (FLOWERS.replace("3.0", "1e300"), 'line 3, column width: "1e300" is not a finite number'),
        (FLOWERS.replace("blue,", ""), "line 3: it has 3 cells, the first line 4"),
        (FLOWERS.replace("species", "length"), "line 1: the first line must name each column"),
        ("length,species\n", "no rows below the line of names"),
        ("", "line 1: the first line must name"),
        (FLOWERS.replace("length", "lenght"), 'no column "length". Did you mean "lenght"?'),
        (FLOWERS.replace("blue", '"blue'), "this is no CSV"),
    ],
)
def test_a_bad_table_is_told_with_line_and_column(flowers: Path, text: str, words: str) -> None:
    flowers.write_text(text)
    sentence = refusal(
        lambda: load_csv(flowers, target="species", columns=["length", "width", "colour"], categorical=["colour"])
    )
    assert str(flowers) in sentence
    assert words in sentence


def test_another_file_is_read_alike(flowers: Path, tmp_path: Path) -> None:
    first = load_csv(flowers, target="species", categorical=["colour"])
    other = tmp_path / "more.csv"
    other.write_text("length,width,colour,species\n1,2,red,virginica\n")
    again = load_csv(
        other, target="species", categorical=["colour"], label_names=first.label_names, categories=first.categories
    )
    assert again.inputs.tolist() == [[1, 2, 0, 1, 0]]  # type: ignore[union-attr]
    assert again.targets.tolist() == [1]
    other.write_text("length,width,colour,species\n1,2,rad,virginica\n")
    read = lambda: load_csv(  # noqa: E731
        other, target="species", categorical=["colour"], categories=first.categories
    )
    assert 'line 2, column colour: "rad" is not one of the words known. Did you mean "red"?' in refusal(read)


def test_npy_files_are_memory_maps(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(12.0).reshape(4, 3))
    np.save(tmp_path / "y.npy", np.array([[0], [1], [1], [0]]))
    source = load_npy(tmp_path / "x.npy", tmp_path / "y.npy")
    assert isinstance(source.inputs, np.memmap)
    assert source.targets.tolist() == [0, 1, 1, 0]
    np.save(tmp_path / "y.npy", np.zeros(3))
    assert "the first axis" in refusal(lambda: load_npy(tmp_path / "x.npy", tmp_path / "y.npy"))
    (tmp_path / "x.npy").write_bytes(b"nothing")
    assert "x.npy is not a .npy file" in refusal(lambda: load_npy(tmp_path / "x.npy", tmp_path / "y.npy"))
    np.save(tmp_path / "x.npy", np.array([{}]), allow_pickle=True)
    assert "x.npy cannot be read" in refusal(lambda: load_npy(tmp_path / "x.npy", tmp_path / "y.npy"))


@pytest.mark.parametrize("order", ["C", "F"])
def test_npz_members_that_are_stored_are_memory_maps(tmp_path: Path, order: Any) -> None:
    images = np.array(np.random.default_rng(0).normal(size=(5, 4, 3)), order=order)
    np.savez(tmp_path / "a.npz", inputs=images, targets=np.arange(5))
    np.savez_compressed(tmp_path / "b.npz", x=images, y=np.arange(5))
    stored = load_npz(tmp_path / "a.npz")
    packed = load_npz(tmp_path / "b.npz", inputs="x", targets="y")
    assert isinstance(stored.inputs, np.memmap)
    for source in (stored, packed):
        np.testing.assert_array_equal(source.inputs, images)
        assert source.targets.tolist() == [0, 1, 2, 3, 4]
    assert 'no array "input". Did you mean "inputs"?' in refusal(lambda: load_npz(tmp_path / "a.npz", inputs="input"))
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:200])
    assert "a.npz cannot be read as a .npz file" in refusal(lambda: load_npz(tmp_path / "a.npz"))


def test_idx_pairs_are_pictures_with_one_channel(tmp_path: Path) -> None:
    write_idx(tmp_path / "x.gz", np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4))
    write_idx(tmp_path / "y", np.array([1, 0], np.uint8))
    source = load_idx(tmp_path / "x.gz", tmp_path / "y")
    assert (source.inputs.shape, source.scale) == ((2, 3, 4, 1), 1 / 255)  # type: ignore[union-attr]
    write_idx(tmp_path / "y", np.array([1], np.uint8))
    assert "2 examples" in refusal(lambda: load_idx(tmp_path / "x.gz", tmp_path / "y"))


def records(labels: list[list[int]], seed: int = 0) -> tuple[bytes, Any]:
    """CIFAR records, and their pictures [n, 32, 32, 3]."""
    pictures = np.random.default_rng(seed).integers(0, 256, (len(labels), 32, 32, 3), np.uint8)
    parts = [
        bytes(label) + picture.transpose(2, 0, 1).tobytes() for label, picture in zip(labels, pictures, strict=True)
    ]
    return b"".join(parts), pictures


def test_cifar_records_are_pictures_and_labels(tmp_path: Path) -> None:
    data, pictures = records([[3], [9]])
    (tmp_path / "one.bin").write_bytes(data)
    (tmp_path / "two.bin.gz").write_bytes(gzip.compress(data))
    source = load_cifar_binary([tmp_path / "one.bin", tmp_path / "two.bin.gz"])
    np.testing.assert_array_equal(source.inputs, np.concatenate([pictures, pictures]))
    assert source.targets.tolist() == [3, 9, 3, 9]
    data, _ = records([[19, 99], [0, 5]])
    (tmp_path / "fine.bin").write_bytes(data)
    assert load_cifar_binary(tmp_path / "fine.bin", classes=100).targets.tolist() == [99, 5]


def test_bad_cifar_files_are_told_with_their_record(tmp_path: Path) -> None:
    path = tmp_path / "bad.bin"
    path.write_bytes(records([[3], [10]])[0])
    assert f"{path}, record 2: the label 10 is not below 10" in refusal(lambda: load_cifar_binary(path))
    path.write_bytes(records([[3]])[0][:-1])
    assert "bad.bin holds 3072 bytes, which are not whole records of 3073" in refusal(lambda: load_cifar_binary(path))
    path.write_bytes(b"")
    assert "holds 0 bytes" in refusal(lambda: load_cifar_binary(path))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    image = pytest.importorskip("PIL.Image")
    for name, colour in (("cat", (255, 0, 0)), ("dog", (0, 0, 255))):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(2):
            image.new("RGB", (6, 4), colour).save(tmp_path / "pets" / name / f"{number}.png")
    return tmp_path / "pets"


def test_pictures_are_read_by_class(pets: Path) -> None:
    source = load_image_folders(pets)
    assert (source.inputs.shape, source.label_names) == ((4, 4, 6, 3), ("cat", "dog"))  # type: ignore[union-attr]
    assert source.targets.tolist() == [0, 0, 1, 1]
    assert source.inputs[2, 0, 0].tolist() == [0, 0, 255]  # type: ignore[call-overload]
    small = load_image_folders(pets, size=[2, 2], colour="grey")
    assert small.inputs.shape == (4, 2, 2, 1)  # type: ignore[union-attr]


def test_bad_folders_of_pictures_are_told(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (5, 5)).save(pets / "dog" / "1.png")
    sentence = refusal(lambda: load_image_folders(pets))
    assert str(Path("dog", "1.png")) in sentence
    assert "5 x 5 pixels and the first picture 6 x 4" in sentence
    (pets / "dog" / "1.png").write_bytes(b"no picture")
    assert "1.png cannot be read as a picture" in refusal(lambda: load_image_folders(pets, size=[2, 2]))
    (pets / "empty").mkdir()
    assert "empty has no pictures" in refusal(lambda: load_image_folders(pets))
    assert "is not the folder of a class" in refusal(lambda: load_image_folders(pets, label_names=["cat", "dog"]))
    assert "has no folders" in refusal(lambda: load_image_folders(pets / "cat"))
    assert "is not a folder" in refusal(lambda: load_image_folders(pets / "cat" / "0.png"))
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    assert 'pip install "webnn[images]"' in refusal(lambda: load_image_folders(pets))


def test_a_source_becomes_a_dataset(flowers: Path) -> None:
    source = load_csv(flowers, target="species", categorical=["colour"])
    dataset = source.dataset(0.5, licence="CC0")
    assert (len(dataset.train), len(dataset.validation)) == (2, 2)
    assert sorted(dataset.validation.targets.tolist()) == [0, 1]
    assert (dataset.source, dataset.licence, dataset.label_names) == ("flowers.csv", "CC0", ("setosa", "virginica"))
    given = source.dataset(source, source)
    assert (len(given.train), len(given.validation), len(given.splits["test"])) == (4, 4, 4)
