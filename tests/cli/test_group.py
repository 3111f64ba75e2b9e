import subprocess
import sys
from time import perf_counter

import click
import pytest

from webnn import __version__
from webnn.cli import environment
from webnn.cli.group import COMMANDS
from webnn.cli.main import run, wnn


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in environment.OPTIONS:
        monkeypatch.delenv(name, raising=False)


def commands() -> list[click.Command]:
    found = [wnn.get_command(click.Context(wnn), name) for name in COMMANDS]
    return [command for command in found if command is not None]


def test_help_names_every_command(capsys):
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"wnn {__version__}\n"


def test_misspelt_command_names_the_nearest(capsys):
    assert run(["trian", "x"]) == 2
    assert 'Did you mean "train"?' in capsys.readouterr().err


def test_unlike_command_names_them_all(capsys):
    assert run(["zzz"]) == 2
    assert f"{', '.join(COMMANDS)}." in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name, capsys):
    assert run([name, "--help"]) == 0
    assert "Usage: wnn" in capsys.readouterr().out


def test_help_lines_of_the_group_are_those_of_the_commands():
    assert {command.name: command.short_help for command in commands()} == dict(COMMANDS)


def test_table_of_variables_is_that_of_the_options():
    found = {parameter.envvar for command in commands() for parameter in command.params if parameter.envvar}
    assert found == environment.OPTIONS


def test_misspelt_variable_names_the_nearest(monkeypatch, capsys):
    monkeypatch.setenv("WNN_DATADIR", "/tmp")
    assert run(["list"]) == 2
    assert 'Did you mean "WNN_DATA_DIR"?' in capsys.readouterr().err


def test_variable_sets_its_option(monkeypatch):
    monkeypatch.setenv("WNN_PORT", "1234")
    train = wnn.get_command(click.Context(wnn), "train")
    assert train is not None
    assert train.make_context("train", ["digits-mlp"]).params["port"] == 1234


@pytest.mark.parametrize("arguments", [["train"], ["train", "m", "--port", "70000"], ["train", "m", "--nope"]])
def test_bad_usage_exits_with_2_and_no_traceback(arguments, capsys):
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert "Error" in error
    assert "Traceback" not in error


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from webnn.cli.main import run; run(['--help'])\n"
        "heavy = {'numpy', 'aiohttp', 'rich', 'jinja2', 'asyncio', 'safetensors'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    started = perf_counter()
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert perf_counter() - started < 5  # a third of a second where nothing else runs
