"""The Python side's own rules: formatting, lint, types, layers."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
LAYERS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def check(*command: str) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}\n{result.stderr}"


def test_ruff_finds_nothing():
    check(sys.executable, "-m", "ruff", "check", "--no-cache", ".")


def test_code_is_formatted():
    check(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_types_are_strict():
    check(sys.executable, "-m", "mypy", "webnn", "cli.py", "hatch_build.py", "static/build.py", "datasets")


def test_imports_run_one_way():
    check(sys.executable, "-c", LAYERS)
