#!/usr/bin/env python3
"""WebNN from a bare checkout: `python3 cli.py ARGS` is `wnn ARGS`; `python3 cli.py test [ARGS]` runs every test,
and `python3 cli.py screenshots` draws the pictures in docs/images.

The first use makes `.venv` beside this file and installs the project in it, editable; later uses check in a few
milliseconds that nothing has to be redone, and become `wnn`. Needs the standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
PYTHON = SCRIPTS / ("python" + SUFFIX)
STATIC = ROOT / "static"
OLDEST, NEWEST = (3, 11), (3, 13)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FIREFOXES = ("firefox-esr", "firefox")


class SetupError(Exception):
    """Something that WebNN needs could not be had; the message says what to do."""


def say(message: str, end: str = "\n") -> None:
    """Tell the person, on stderr: stdout belongs to what is run."""
    print(message, end=end, file=sys.stderr, flush=True)


# Which Python


def is_supported(version: tuple[int, ...]) -> bool:
    return OLDEST <= version[:2] <= NEWEST


def supported_python() -> str:
    """The interpreter to make the environment with: this one, or another on PATH where this one does not fit."""
    if is_supported(tuple(sys.version_info[:2])):
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    raise SetupError(
        f"WebNN needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}, and this is Python {sys.version_info[0]}."
        f"{sys.version_info[1]}. Install one of those and start cli.py with it: python3.{NEWEST[1]} cli.py"
    )


# The environment


def run(command: Sequence[str | Path], problem: str, cwd: Path = ROOT) -> None:
    """Run a command quietly; where it fails, raise `SetupError` with `problem` and what the command said."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=str(cwd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        raise SetupError(f"{problem}\n{result.stdout.strip()[-4000:]}")


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Hold `.venv/.lock`, so that two launches at once do not install over each other; a dead holder holds nothing."""
    VENV.mkdir(exist_ok=True)
    with (VENV / ".lock").open("a+") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:  # LK_LOCK gives up after ten seconds
                with contextlib.suppress(OSError):
                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def environment_stamp() -> str:
    """What the environment itself depends on: a moved checkout needs a new one."""
    return str(ROOT)


def install_stamp(extra: str) -> str:
    """What the installation depends on: the declared dependencies and how the package is built."""
    digest = hashlib.sha256(extra.encode())
    for name in ("pyproject.toml", "hatch_build.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read_stamp(name: str) -> str:
    try:
        return (VENV / name).read_text("utf-8")
    except OSError:
        return ""


def environment_is_ready() -> bool:
    return read_stamp("made.stamp") == environment_stamp() and PYTHON.exists()


def is_installed(extra: str = "") -> bool:
    return environment_is_ready() and read_stamp(f"install{extra}.stamp") == install_stamp(extra)


def make_environment() -> None:
    """Make `.venv` afresh, whatever a broken-off attempt left there."""
    for path in VENV.iterdir():
        if path.name == ".lock":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(str(path))
        else:
            path.unlink()
    python = supported_python()
    try:
        run([python, "-m", "venv", VENV], "")
    except SetupError as error:
        add_pip_otherwise(python, error)
    (VENV / "made.stamp").write_text(environment_stamp(), "utf-8")


def add_pip_otherwise(python: str, error: SetupError) -> None:
    """Make the environment where Python came without `ensurepip`, as Debian's does: with its pip, or by apt as root."""
    with contextlib.suppress(SetupError):
        run([python, "-m", "venv", "--without-pip", VENV], "")
        run([python, "-m", "pip", "--python", PYTHON, "install", "-q", "pip"], "")
        return
    hint = f"The environment .venv could not be made. On Debian and Ubuntu: sudo apt install python3-venv{error}"
    if not is_root_on_debian():
        raise SetupError(hint)
    apt_install("python3-venv")
    run([python, "-m", "venv", VENV], hint)


def install(extra: str = "") -> None:
    """Install the project editable, with its dependencies and those of `extra`."""
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    run(
        [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-e", target],
        f"WebNN could not be installed in {VENV}. The first use needs a Python package index. pip said:",
    )
    for name in {"", extra}:
        (VENV / f"install{name}.stamp").write_text(install_stamp(name), "utf-8")


def ensure_installed(extra: str = "") -> None:
    if is_installed(extra):
        return
    with locked():
        if is_installed(extra):  # another launch did it meanwhile
            return
        again = environment_is_ready()
        what = "what tests need" if extra else "WebNN"
        say(f"{'Installing' if again else 'First use: installing'} {what} in {VENV} ...", end="")
        started = time.monotonic()
        if not again:
            make_environment()
        install(extra)
        say(f" done in {time.monotonic() - started:.0f} s.")


# The front end


def newest_source_time() -> float:
    paths = [STATIC / "package-lock.json", STATIC / "build.mjs", STATIC / "licences.mjs"]
    for folder in ("src", "styles", "public", "licences"):
        for path, _, names in os.walk(str(STATIC / folder)):
            paths.append(Path(path))
            paths += [Path(path, name) for name in names]
    return max((path.stat().st_mtime for path in paths if path.exists()), default=0.0)


def ensure_front_end() -> None:
    """Build the front end again where a source is newer than it."""
    try:
        if (STATIC / "dist" / "build.json").stat().st_mtime >= newest_source_time():
            return
    except OSError:
        pass
    say("The browser side changed; building it ...")
    with locked():
        run([PYTHON, STATIC / "build.py"], "The browser side could not be built.")


# Tests


def is_root_on_debian() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    problem = f"apt-get could not install {' '.join(packages)}."
    run(["apt-get", "-qq", "update"], problem)
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    run([*environment, "apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages], problem)


def find_browser() -> str | None:
    """A Chromium or Chrome: named by WNN_TEST_BROWSER, on PATH, in its usual place, or Playwright's own."""
    named = os.environ.get("WNN_TEST_BROWSER")
    if named:
        return named
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    usual = (
        Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        Path(os.environ.get("PROGRAMFILES", "/"), "Google/Chrome/Application/chrome.exe"),
        Path(os.environ.get("PROGRAMFILES(X86)", "/"), "Microsoft/Edge/Application/msedge.exe"),
    )
    found_path = next((path for path in usual if path.is_file()), None) or playwrights_browser()
    return str(found_path) if found_path else None


def playwrights_browser() -> Path | None:
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    result = subprocess.run([str(PYTHON), "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    path = Path(result.stdout.strip() or "/nonexistent")
    return path if path.is_file() else None


def ensure_browser() -> str | None:
    """The browser to test with, installed where that can be done; None where there is none to be had."""
    found = find_browser()
    if found:
        return found
    say("Tests need Chromium; installing it ...")
    if is_root_on_debian():
        apt_install("chromium")
    else:
        with contextlib.suppress(SetupError):
            run([PYTHON, "-m", "playwright", "install", "chromium"], "")
    return find_browser()


def ensure_firefox() -> None:
    """Install Firefox where that takes one command. Few tests need it, and they say so when they are skipped."""
    if os.environ.get("WNN_TEST_FIREFOX") or any(shutil.which(name) for name in FIREFOXES):
        return
    if is_root_on_debian():
        say("A test needs Firefox; installing it ...")
        try:
            apt_install("firefox-esr")
        except SetupError as error:
            say(f"{error}\nWithout Firefox, the test that drives it is skipped.")


def ensure_font() -> None:
    """Install the pages' first choice of a font where that takes one command: without it, a bare system's is drawn."""
    if is_root_on_debian() and not Path("/usr/share/fonts/opentype/inter").is_dir():
        with contextlib.suppress(SetupError):
            apt_install("fonts-inter")


def test_extras() -> str:
    """What tests need: Keras too, which opens what we export, unless WNN_TEST_KERAS names a Python that has it."""
    return "test" if os.environ.get("WNN_TEST_KERAS") else "test,keras-test"


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest (with `arguments`), then Node's test runner. Returns 0 if both pass, else the first failure's code."""
    ensure_installed(test_extras())
    run([PYTHON, STATIC / "build.py", "--dev"], "The browser side could not be built.")
    browser = ensure_browser()
    if browser:
        os.environ["WNN_TEST_BROWSER"] = browser
    else:
        say("No Chromium or Chrome was found: tests that drive one are skipped. Set WNN_TEST_BROWSER to its path.")
    ensure_firefox()
    python_code = subprocess.call([str(PYTHON), "-m", "pytest", *arguments], cwd=str(ROOT))
    node = subprocess.check_output([str(PYTHON), str(STATIC / "build.py"), "--print-node"], text=True).strip()
    node_code = subprocess.call([node, "--test", "tests/**/*.test.ts"], cwd=str(STATIC))
    for name, code in (("pytest", python_code), ("node --test", node_code)):
        say(f"{name}: {'passed' if code == 0 else f'FAILED, exit code {code}'}")
    return python_code or node_code


def draw_screenshots() -> int:
    """Draw docs/images with a browser that looks at a run."""
    ensure_installed("test")
    run([PYTHON, STATIC / "build.py"], "The browser side could not be built.")
    browser = ensure_browser()
    ensure_font()
    if not browser:
        raise SetupError("The pictures need Chromium or Chrome; set WNN_TEST_BROWSER to its path.")
    os.environ["WNN_TEST_BROWSER"] = browser
    return subprocess.call([str(PYTHON), str(ROOT / "docs" / "screenshots.py")])


# The launcher


def become(command: Sequence[str]) -> NoReturn:
    """Replace this process by `command`; where that cannot be done, wait for it and pass its exit code on."""
    if os.name != "nt":
        os.execv(command[0], list(command))
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C goes to the child as well, which decides
    sys.exit(subprocess.call(list(command)))


def main(arguments: Sequence[str]) -> int:
    try:
        if arguments[:1] == ["test"]:
            return run_tests(arguments[1:])
        if arguments == ["screenshots"]:
            return draw_screenshots()
        ensure_installed()
        ensure_front_end()
    except SetupError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted; the next use carries on from here.")
        return 130
    become([str(SCRIPTS / ("wnn" + SUFFIX)), *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
