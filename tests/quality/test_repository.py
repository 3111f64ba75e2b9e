"""What the repository holds, and what the wheel made from it holds."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:home|Users|root|work)/[\w.-]+")
BINARY_SUFFIXES = {".png", ".npz", ".gz", ".ico", ".safetensors", ".bin", ".woff2", ".keras", ".h5"}


def tracked_files() -> list[Path]:
    result = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if result.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in result.stdout.decode().split("\0") if name]


def test_no_file_names_a_place_on_somebodys_machine():
    found = []
    for path in tracked_files():
        if path.suffix in BINARY_SUFFIXES or not path.is_file() or path == Path(__file__).resolve():
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in MACHINE_PATH.finditer(path.read_text("utf-8"))]
    assert found == []


def test_built_and_downloaded_files_are_not_tracked():
    parts = {"node_modules", "dist", "__pycache__", ".venv", "runs", "_bundled"}
    assert [path for path in tracked_files() if parts & set(path.relative_to(ROOT).parts)] == []


def test_lock_file_names_no_registry():
    assert '"resolved"' not in (ROOT / "static" / "package-lock.json").read_text("utf-8")


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built from this checkout, whose front end is built here too if it is not."""
    if not (ROOT / "static" / "node_modules").exists():
        pytest.skip("the front end's packages are not installed: python static/build.py --dev")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = folder.glob("*.whl")
    assert wheel.stat().st_size < 5_000_000
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_carries_front_end_templates_examples_and_licences(wheel_names: set[str]):
    dist = "webnn/_bundled/static/dist/"
    wanted = {dist + name for name in ("build.json", "licences.txt", "styles.css")}
    wanted |= {dist + f"page/{name}.js" for name in ("home", "join", "watch")}
    wanted |= {dist + "worker/main.js", dist + "node/evaluator.cjs", dist + "node/volunteer.cjs"}
    wanted |= {dist + f"tfjs-backend-wasm{kind}.wasm" for kind in ("", "-simd", "-threaded-simd")}
    for folder in ("static/templates", "models", "datasets"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        wanted |= {"webnn/_bundled/" + path.relative_to(ROOT).as_posix() for path in files}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "webnn").rglob("*.py")}
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "webnn").rglob("*.json")}
    assert wanted - wheel_names == set()
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in wheel_names)


def test_licences_name_what_the_wasm_binaries_are_made_of(wheel_names: set[str]):
    text = (ROOT / "static" / "dist" / "licences.txt").read_text("utf-8")
    for words in ("For XNNPACK software", "Redistributions in binary form", "pthreadpool", "Apache License"):
        assert words in text


def test_wheel_carries_nothing_else(wheel_names: set[str]):
    forbidden = ("node_modules", "__pycache__", ".map", "static/src", "tests/", ".ts", "sources.sha256")
    assert [name for name in wheel_names if any(part in name for part in forbidden)] == []
    assert {name.split("/")[0].split("-")[0] for name in wheel_names} == {"webnn"}
