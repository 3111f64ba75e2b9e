"""A checkpoint is whole or it is not there; the newest whole one is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import numpy as np
import pytest

from webnn.core.errors import WebNNError
from webnn.store.checkpoint import read_checkpoint, write_checkpoint

VECTOR = np.arange(10, dtype=np.float32)


def write(folder: Path, version: int, keep: int = 3) -> int:
    state = {"moment": np.full(4, version, np.float64), "count": np.array([version])}
    return write_checkpoint(folder, VECTOR * version, state, {"version": version, "snapshot": {"a": [1, None]}}, keep)


def version_of(folder: Path) -> int:
    checkpoint = read_checkpoint(folder)
    assert checkpoint is not None
    version: int = checkpoint.manifest["version"]
    np.testing.assert_array_equal(checkpoint.weights, VECTOR * version)
    return version


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path / "checkpoint", 7)
    checkpoint = read_checkpoint(tmp_path / "checkpoint")
    assert checkpoint is not None
    assert checkpoint.manifest == {"version": 7, "snapshot": {"a": [1, None]}}
    assert checkpoint.damaged == ()
    assert checkpoint.weights.dtype == np.float32
    np.testing.assert_array_equal(checkpoint.weights, VECTOR * 7)
    np.testing.assert_array_equal(checkpoint.strategy_state["moment"], np.full(4, 7.0))
    assert checkpoint.strategy_state["count"].dtype == np.int64
    checkpoint.weights[:] += 1  # the run goes on in place


def test_nothing_written_is_nothing_read(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "none") is None
    assert read_checkpoint(tmp_path) is None


def test_the_last_few_are_kept(tmp_path: Path) -> None:
    for version in range(1, 6):
        write(tmp_path, version, keep=2)
    assert version_of(tmp_path) == 5
    assert names(tmp_path) == [
        f"checkpoint-0000000{number}.{ending}" for number in (4, 5) for ending in ("json", "safetensors")
    ]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def other_format(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))


DAMAGE: list[tuple[str, Callable[[Path], None], str]] = [
    ("safetensors", flip, "SHA-256"),
    ("safetensors", cut, "SHA-256"),
    ("safetensors", Path.unlink, "checkpoint-00000002.safetensors is missing"),
    ("json", cut, "checkpoint-00000002.json"),
    ("json", Path.unlink, "checkpoint-00000002.json is missing"),
    ("json", other_format, "its format is 99"),
    ("json", lambda path: path.write_text("{}") and None, "'format' is missing"),
]


@pytest.mark.parametrize(("ending", "damage", "words"), DAMAGE)
def test_a_damaged_newest_is_reported_and_the_one_before_used(
    tmp_path: Path, ending: str, damage: Callable[[Path], None], words: str
) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    damage(tmp_path / f"checkpoint-00000002.{ending}")
    checkpoint = read_checkpoint(tmp_path)
    assert checkpoint is not None
    assert checkpoint.manifest["version"] == 1
    assert len(checkpoint.damaged) == 1
    assert words in checkpoint.damaged[0]


def test_arrays_of_a_first_checkpoint_that_was_interrupted_are_none(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (tmp_path / "checkpoint-00000001.json").unlink()
    assert read_checkpoint(tmp_path) is None
    write(tmp_path, 2)
    checkpoint = read_checkpoint(tmp_path)
    assert checkpoint is not None
    assert checkpoint.manifest["version"] == 2


def test_when_all_are_damaged_each_is_named(tmp_path: Path) -> None:
    for version in (1, 2):
        write(tmp_path, version)
        cut(tmp_path / f"checkpoint-0000000{version}.safetensors")
    with pytest.raises(WebNNError, match=r"00000002\.json.*00000001\.json") as caught:
        read_checkpoint(tmp_path)
    assert caught.value.code == "invalid_checkpoint"


def test_a_damaged_one_is_never_written_over(tmp_path: Path) -> None:
    write(tmp_path, 1)
    write(tmp_path, 2)
    (tmp_path / "checkpoint-00000002.json").unlink()
    assert write(tmp_path, 3) == 3
    assert version_of(tmp_path) == 3


class Kill(Enum):
    """The moment at which the process dies."""

    BEFORE_ARRAYS_ARE_NAMED = 1
    BEFORE_MANIFEST_IS_NAMED = 2


class KilledError(BaseException):
    """Stands for kill -9: nobody handles it."""


@pytest.mark.parametrize("kill", Kill)
def test_killed_before_a_rename_the_one_before_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill: Kill
) -> None:
    write(tmp_path, 1)
    renames = 0
    rename, unlink = Path.replace, Path.unlink

    def dying(self: Path, target: Path) -> Path:
        nonlocal renames
        renames += 1
        if renames == kill.value:
            raise KilledError
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dying)
        patch.setattr(Path, "unlink", lambda self, missing_ok=False: None)  # the dead clean nothing up
        with pytest.raises(KilledError):
            write(tmp_path, 2)
    assert renames == kill.value
    assert any(name.endswith(".part") for name in names(tmp_path))
    assert unlink is Path.unlink
    assert version_of(tmp_path) == 1
    write(tmp_path, 3)
    assert version_of(tmp_path) == 3
    assert not any(name.endswith(".part") for name in names(tmp_path))
