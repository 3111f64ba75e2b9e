"""Files that strangers may hand to an owner: nothing in them runs, leads to other files, or fills the memory."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from webnn.cli.examples_in import read_examples
from webnn.core.errors import WebNNError
from webnn.model.importing import read_model
from webnn.model.weights_files import read_tfjs_weights, read_weights

h5py = pytest.importorskip("h5py")
FIXTURES = Path(__file__).parents[1] / "model" / "fixtures" / "imported"
HUGE = 1 << 36
INPUTS = {"inputs": [{"shape": [8, 8, 1], "scale": 1 / 16, "shift": 0}], "targets": {"kind": "class", "shape": []}}


def changed_h5(folder: Path, name: str = "stack.h5") -> tuple[Path, Any, str]:
    """A copy of a good file, open to be changed, and the name of its first weight."""
    path = folder / name
    shutil.copy(FIXTURES / name, path)
    store = h5py.File(path, "r+")
    found: list[str] = []
    store.visititems(lambda key, one: found.append(key) if isinstance(one, h5py.Dataset) else None)
    return path, store, found[0]


def refused(path: Path) -> str:
    with pytest.raises(WebNNError) as caught:
        read_model(path)
    assert caught.value.code == "invalid_model"
    return str(caught.value)


def test_good_files_are_taken() -> None:
    assert read_model(FIXTURES / "stack.h5").weights
    assert read_model(FIXTURES / "stack.keras").weights


def test_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    path, store, weight = changed_h5(tmp_path)
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["x"] = np.ones(store[weight].shape, np.float32)
    with store:
        del store[weight]
        store[weight] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "x")
        assert (store[weight][()] == 1).all(), "the link leads there"
    assert "lead out of the file" in refused(path)


def test_group_in_another_file_is_not_entered(tmp_path: Path) -> None:
    path, store, _ = changed_h5(tmp_path)
    with store:
        store.move("model_weights", "moved")
        store["model_weights"] = h5py.ExternalLink(str(path), "moved")
    assert "lead out of the file" in refused(path)


def test_numbers_kept_in_another_file_are_not_read(tmp_path: Path) -> None:
    path, store, weight = changed_h5(tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(b"pass" * 10_000)
    with store:
        shape = store[weight].shape
        del store[weight]
        store.create_dataset(weight, shape, "f4", external=[(str(secret), 0, 40_000)])
        assert np.isfinite(store[weight][()]).all(), "they can be read"
    assert "in another file" in refused(path)


def test_array_that_is_hardly_there_is_not_made(tmp_path: Path) -> None:
    path, store, weight = changed_h5(tmp_path)
    with store:
        del store[weight]
        store.create_dataset(weight, (HUGE,), "f4", chunks=(1 << 16,), compression="gzip")
    assert path.stat().st_size < 1 << 20
    assert "hardly any" in refused(path)


def test_keras_archive_that_is_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(FIXTURES / "stack.keras") as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in ("config.json", "metadata.json"):
            bomb.writestr(name, good.read(name))
        with bomb.open("model.weights.h5", "w", force_zip64=True) as file:
            for _ in range(80):
                file.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    assert "packed far more tightly" in refused(path)


@pytest.mark.parametrize("inside", ["[" * 200_000, '{"a":' * 200_000, "null", "1e999"])
def test_configuration_that_is_nested_or_none_is_refused(inside: str, tmp_path: Path) -> None:
    path = tmp_path / "deep.keras"
    with zipfile.ZipFile(FIXTURES / "stack.keras") as good, zipfile.ZipFile(path, "w") as deep:
        deep.writestr("config.json", inside)
        for name in ("metadata.json", "model.weights.h5"):
            deep.writestr(name, good.read(name))
    refused(path)


@pytest.mark.parametrize("name", ["../secret.bin", "folder/../../secret.bin", "{absolute}", "link.bin"])
def test_tfjs_model_names_no_file_outside_its_folder(name: str, tmp_path: Path) -> None:
    secret, folder = tmp_path / "secret.bin", tmp_path / "model"
    secret.write_bytes(bytes(4))
    (folder / "folder").mkdir(parents=True)
    (folder / "link.bin").symlink_to(secret)
    given = name.format(absolute=secret)
    weights = [{"name": "w", "shape": [1], "dtype": "float32"}]
    (folder / "model.json").write_text(json.dumps({"weightsManifest": [{"paths": [given], "weights": weights}]}))
    assert (folder / given).is_file()
    with pytest.raises(ValueError, match="not in the folder"):
        read_tfjs_weights(folder)


class Harm:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("ending", ["npz", "npy"])
def test_pickles_are_never_unpacked(ending: str, tmp_path: Path) -> None:
    path, done = tmp_path / f"pickle.{ending}", tmp_path / "done"
    array = np.array([Harm(done)], object)
    if ending == "npz":
        np.savez(path, w=array)
    else:
        np.save(path, array)
    loaded = np.load(path, allow_pickle=True)
    if ending == "npz":
        assert len(loaded["w"]) == 1
        loaded.close()
    assert done.exists(), "it does harm"
    done.unlink()
    with pytest.raises(WebNNError):
        read_examples(path, INPUTS)
    with pytest.raises((ValueError, KeyError)):
        read_weights(path)
    assert not done.exists()


def test_picture_that_is_a_bomb_is_refused_in_words(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "bomb.png"
    image.new("1", (20_000, 20_000)).save(path)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(WebNNError, match="cannot be read"):
        read_examples(path, INPUTS)
