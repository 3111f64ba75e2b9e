"""A project with one finished run, trained once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from webnn.cli.main import run

QUICK = ("--no-open", "--port", "0", "--seed", "1", "--workers", "1", "--set", 'training.stop={"iterations": 60}')


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """While entered, `folder` is the current one."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished, recorded run of digits-mlp, and an example of a digit as `digit.npy`."""
    folder = tmp_path_factory.mktemp("trained")
    with inside(folder):
        assert run(["train", "digits-mlp", *QUICK, "--record"]) == 0
    np.save(folder / "digit.npy", np.full((8, 8, 1), 3, np.uint8))
    return folder


@pytest.fixture
def trained(trained_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it for one test, which is the current folder."""
    folder = tmp_path / "project"
    shutil.copytree(trained_once, folder)
    monkeypatch.chdir(folder)
    return folder
