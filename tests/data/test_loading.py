"""Dataset modules are found by name, run by path, and their failures told in one paragraph."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from webnn.core.errors import WebNNError
from webnn.data.loading import list_datasets, load_dataset

GOOD = """
import numpy as np
from webnn.data import Dataset, Split, read_options

def load(options, data_dir):
    count = read_options(options, {"count": 4})["count"]
    rows = Split(np.zeros((count, 2), np.uint8), np.arange(count) % 2)
    return Dataset(train=rows, validation=rows, licence="CC0", source=str(data_dir))
"""


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(text)


def failure(tmp_path: Path, text: str, options: dict[str, object] | None = None) -> WebNNError:
    write(tmp_path / "datasets", "mine", text)
    with pytest.raises(WebNNError) as caught:
        load_dataset("mine", [tmp_path / "datasets"], options or {}, tmp_path / "data")
    message = str(caught.value)
    assert "\n" not in message
    assert str(tmp_path / "datasets" / "mine.py") in message
    return caught.value


def test_load_is_given_the_options_and_its_own_data_folder(tmp_path: Path) -> None:
    write(tmp_path / "datasets", "mine", GOOD)
    loaded = load_dataset("mine", [tmp_path / "datasets"], {"count": 6}, tmp_path / "data")
    assert loaded.name == "mine"
    assert len(loaded.dataset.train) == 6
    assert loaded.dataset.source == str(tmp_path / "data" / "mine")
    assert loaded.description["num_examples"] == 6


def test_a_module_may_be_named_by_its_path(tmp_path: Path) -> None:
    write(tmp_path, "mine", GOOD)
    assert load_dataset(str(tmp_path / "mine.py"), [], {}, tmp_path).name == "mine"


def test_the_owners_folder_hides_the_bundled_one(tmp_path: Path) -> None:
    write(tmp_path / "own", "mine", GOOD)
    write(tmp_path / "bundled", "mine", GOOD)
    write(tmp_path / "bundled", "other", GOOD)
    found = list_datasets([tmp_path / "own", tmp_path / "bundled"])
    assert found == {"mine": tmp_path / "own" / "mine.py", "other": tmp_path / "bundled" / "other.py"}


def test_an_unknown_name_gets_the_nearest_known_one(tmp_path: Path) -> None:
    write(tmp_path / "datasets", "digits", GOOD)
    with pytest.raises(WebNNError, match=r'no dataset "digitz".*Did you mean "digits"') as caught:
        load_dataset("digitz", [tmp_path / "datasets"], {}, tmp_path)
    assert caught.value.code == "unknown_name"


def test_a_module_that_raises_is_named_with_its_line(tmp_path: Path) -> None:
    error = failure(
        tmp_path, "def load(options, data_dir):\n    return helper()\n\n\ndef helper():\n    return 1 / 0\n"
    )
    assert error.code == "invalid_dataset"
    assert "mine.py, line 6: the module raised ZeroDivisionError: division by zero" in str(error)


def test_a_line_is_named_where_the_search_path_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text, words in (("1 / 0\n", "ZeroDivisionError"), ("def load(:\n", "this is not valid Python")):
        write(Path("datasets"), "mine", text)
        with pytest.raises(WebNNError, match=rf"^{re.escape(str(Path('datasets', 'mine.py')))}, line 1: .*{words}"):
            load_dataset("mine", [Path("datasets")], {}, tmp_path)


def test_a_module_that_raises_while_imported_is_named_with_its_line(tmp_path: Path) -> None:
    assert "mine.py, line 2: the module raised KeyError" in str(failure(tmp_path, "table = {}\ntable['x']\n"))


def test_a_missing_package_comes_with_the_command_that_installs_it(tmp_path: Path) -> None:
    assert "pip install not_there_at_all" in str(failure(tmp_path, "import not_there_at_all\n"))


def test_a_syntax_error_is_named_with_its_line(tmp_path: Path) -> None:
    assert "mine.py, line 2: this is not valid Python" in str(failure(tmp_path, "x = 1\ndef load(:\n"))


def test_a_module_without_load_is_told_so(tmp_path: Path) -> None:
    assert "has no function load(options, data_dir)" in str(failure(tmp_path, "x = 1\n"))


def test_load_must_return_a_dataset(tmp_path: Path) -> None:
    assert "load() returned int" in str(failure(tmp_path, "def load(options, data_dir):\n    return 3\n"))


def test_a_dataset_that_does_not_fit_keeps_its_own_sentence(tmp_path: Path) -> None:
    text = GOOD.replace("np.arange(count) % 2", "np.arange(count + 1) % 2")
    assert "The inputs have 4 examples and the targets 5" in str(failure(tmp_path, text))


def test_a_misspelt_option_gets_the_nearest_known_one(tmp_path: Path) -> None:
    assert 'no option "cuont" (value 3). Did you mean "count"?' in str(failure(tmp_path, GOOD, {"cuont": 3}))
    assert '"count" must be of type int' in str(failure(tmp_path, GOOD, {"count": "many"}))
