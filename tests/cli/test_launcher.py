"""The launcher, `cli.py`: loaded by path as it is, or started in a copy whose environment is already made."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="the stand-in for wnn is a shell script")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the launcher looks at, with a front end that is newer than its sources."""
    for name in ("cli.py", "pyproject.toml", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "static" / "src").mkdir(parents=True)
    (tmp_path / "static" / "src" / "main.ts").write_text("", "utf-8")
    (tmp_path / "static" / "dist").mkdir()
    (tmp_path / "static" / "dist" / "build.json").write_text("{}", "utf-8")
    return tmp_path


def load(checkout: Path) -> SimpleNamespace:
    """The launcher's names; its functions see changes made through `patched`."""
    return SimpleNamespace(**runpy.run_path(str(checkout / "cli.py"), run_name="launcher"))


def patched(launcher: SimpleNamespace, **names: object) -> None:
    launcher.main.__globals__.update(names)


def make_environment(checkout: Path, script: str) -> None:
    """An environment that counts as ready, whose `wnn` is a shell script."""
    scripts = checkout / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "python").symlink_to(sys.executable)
    (scripts / "wnn").write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    (scripts / "wnn").chmod(0o755)
    launcher = load(checkout)
    (checkout / ".venv" / "made.stamp").write_text(launcher.environment_stamp(), "utf-8")
    (checkout / ".venv" / "install.stamp").write_text(launcher.install_stamp(""), "utf-8")


@POSIX
def test_arguments_and_exit_code_pass_through_from_any_folder(checkout: Path, tmp_path_factory: pytest.TempPathFactory):
    make_environment(checkout, 'echo "$#:$1:$2:$PWD"; exit 7')
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    command = [sys.executable, str(checkout / "cli.py"), "train", "a b"]
    result = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
    assert result.returncode == 7
    assert result.stdout == f"2:train:a b:{elsewhere}\n"
    assert result.stderr == ""


@POSIX
def test_launcher_becomes_the_command_rather_than_waiting_for_it(checkout: Path):
    make_environment(checkout, "echo $$")
    process = subprocess.Popen([sys.executable, str(checkout / "cli.py")], stdout=subprocess.PIPE, text=True)
    stdout, _ = process.communicate()
    assert int(stdout) == process.pid


def test_first_use_installs_once_and_says_so_in_one_line(checkout: Path, capsys: pytest.CaptureFixture[str]):
    launcher = load(checkout)
    commands: list[list[str]] = []

    def record(command, problem, cwd=None):
        commands.append([str(part) for part in command])
        if "venv" in command:
            launcher.PYTHON.parent.mkdir(parents=True)
            launcher.PYTHON.touch()

    patched(launcher, run=record)
    launcher.ensure_installed()
    launcher.ensure_installed()
    assert [command[1:3] for command in commands] == [["-m", "venv"], ["-m", "pip"]]
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("First use: installing WebNN in ")


def test_changed_dependencies_install_again_in_the_same_environment(checkout: Path):
    launcher = load(checkout)
    commands: list[str] = []
    patched(launcher, run=lambda command, problem, cwd=None: commands.append(str(command[2])))
    launcher.VENV.mkdir()
    launcher.PYTHON.parent.mkdir()
    launcher.PYTHON.touch()
    (launcher.VENV / "made.stamp").write_text(launcher.environment_stamp(), "utf-8")
    launcher.install()
    assert launcher.is_installed()
    with (checkout / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# another dependency\n")
    assert not launcher.is_installed()
    launcher.ensure_installed()
    assert commands == ["pip", "pip"]


def test_half_made_environment_is_made_again(checkout: Path):
    launcher = load(checkout)
    (launcher.VENV / "lib" / "junk").mkdir(parents=True)
    (launcher.VENV / "pyvenv.cfg").write_text("broken", "utf-8")
    patched(launcher, run=lambda command, problem, cwd=None: None)
    launcher.make_environment()
    assert not (launcher.VENV / "lib").exists()
    assert (launcher.VENV / "made.stamp").exists()


def test_moved_checkout_gets_a_new_environment(checkout: Path):
    launcher = load(checkout)
    launcher.PYTHON.parent.mkdir(parents=True)
    launcher.PYTHON.touch()
    (launcher.VENV / "made.stamp").write_text(str(checkout / "elsewhere"), "utf-8")
    assert not launcher.environment_is_ready()


def test_failed_installation_leaves_no_stamp_and_says_why(checkout: Path, capsys: pytest.CaptureFixture[str]):
    launcher = load(checkout)

    def fail(command, problem, cwd=None):
        if "pip" in command:
            raise launcher.SetupError("no network")

    patched(launcher, run=fail)
    assert launcher.main(["list"]) == 1
    assert "no network" in capsys.readouterr().err
    assert not launcher.is_installed()


def test_second_launch_waits_for_the_first_and_does_not_install_again(checkout: Path):
    launcher = load(checkout)
    code = (
        f"import runpy; m = runpy.run_path({str(checkout / 'cli.py')!r})\nwith m['locked'](): print('held', flush=True)"
    )
    with launcher.locked():
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
    assert process.communicate()[0] == "held\n"


def test_newer_source_builds_the_front_end_again(checkout: Path):
    launcher = load(checkout)
    commands: list[str] = []
    patched(launcher, run=lambda command, problem, cwd=None: commands.append(Path(command[1]).name))
    launcher.ensure_front_end()
    assert commands == []
    later = (checkout / "static" / "dist" / "build.json").stat().st_mtime + 10
    os.utime(checkout / "static" / "src" / "main.ts", (later, later))
    (checkout / ".venv").mkdir()
    launcher.ensure_front_end()
    assert commands == ["build.py"]


@pytest.mark.parametrize(("version", "fits"), [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)])
def test_python_versions(checkout: Path, version, fits):
    assert load(checkout).is_supported(version) is fits


def test_unsupported_python_looks_for_another_and_else_says_which(checkout: Path):
    launcher = load(checkout)
    found = SimpleNamespace(which=lambda name: "/bin/python3.12" if name == "python3.12" else None)
    patched(launcher, is_supported=lambda version: False, shutil=found)
    assert launcher.supported_python() == "/bin/python3.12"
    patched(launcher, shutil=SimpleNamespace(which=lambda name: None))
    with pytest.raises(launcher.SetupError, match=r"WebNN needs Python 3\.11 to 3\.13, and this is Python 3"):
        launcher.supported_python()


def test_test_command_runs_both_runners_and_fails_if_either_does(checkout: Path, capsys: pytest.CaptureFixture[str]):
    launcher = load(checkout)
    calls: list[list[str]] = []

    def call(command, cwd=None):
        calls.append(list(command))
        return 3 if "pytest" in command else 0

    fake = SimpleNamespace(call=call, check_output=lambda *a, **k: "/node\n")
    names = {"ensure_installed": lambda extra: None, "run": lambda *a, **k: None, "ensure_browser": lambda: None}
    names["ensure_firefox"] = lambda: None
    patched(launcher, subprocess=fake, **names)
    assert launcher.main(["test", "-k", "x"]) == 3
    assert calls[0][1:] == ["-m", "pytest", "-k", "x"]
    assert calls[1][:2] == ["/node", "--test"]
    assert "pytest: FAILED, exit code 3" in capsys.readouterr().err


def test_tests_get_keras_unless_another_python_has_it(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    launcher = load(checkout)
    asked: list[str] = []

    def install(extra=""):
        asked.append(extra)
        raise launcher.SetupError("enough")

    patched(launcher, ensure_installed=install)
    monkeypatch.delenv("WNN_TEST_KERAS", raising=False)
    assert launcher.main(["test"]) == 1
    monkeypatch.setenv("WNN_TEST_KERAS", "/opt/keras/bin/python")
    assert launcher.main(["test"]) == 1
    assert asked == ["test,keras-test", "test"]


def test_browser_named_in_the_environment_wins(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WNN_TEST_BROWSER", "/opt/chrome")
    assert load(checkout).find_browser() == "/opt/chrome"


@pytest.mark.parametrize(("present", "root", "wanted"), [(True, True, []), (False, False, []), (False, True, [1])])
def test_firefox_is_installed_where_that_takes_one_command(checkout: Path, present: bool, root: bool, wanted: list):
    launcher = load(checkout)
    installed: list[int] = []
    found = SimpleNamespace(which=lambda name: "/usr/bin/firefox" if present and name == "firefox" else None)
    names = {"shutil": found, "is_root_on_debian": lambda: root, "apt_install": lambda name: installed.append(1)}
    patched(launcher, **names)
    launcher.ensure_firefox()
    assert installed == wanted


def test_firefox_that_cannot_be_installed_is_done_without(checkout: Path, capsys: pytest.CaptureFixture[str]):
    launcher = load(checkout)

    def fail(name):
        raise launcher.SetupError("no network")

    nothing = SimpleNamespace(which=lambda name: None)
    patched(launcher, shutil=nothing, is_root_on_debian=lambda: True, apt_install=fail)
    launcher.ensure_firefox()
    assert "the test that drives it is skipped" in capsys.readouterr().err
