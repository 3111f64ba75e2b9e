"""The browser side's own rules: types, lint, and which folder may import which."""

import re
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "static"
SOURCES = STATIC / "src"
BIN = STATIC / "node_modules"

MAY_IMPORT = {
    "shared": {"shared"},
    "trainer": {"trainer", "shared"},
    "worker": {"worker", "trainer", "shared"},
    "node": {"node", "worker", "trainer", "shared"},
    "page": {"page", "shared"},
    "embed": {"embed", "shared"},
    "client": {"client", "page", "shared"},
}
"""docs/architecture.md's picture: the page knows the worker by its messages alone, whose types it may import."""

MAY_IMPORT_TYPES = {"page": {"worker"}, "client": {"worker"}}

IMPORT = re.compile(r"""(?:^|;)\s*(?:import|export)\s+(type\s+)?[^;'"]*?from\s*["']([^"']+)["']""", re.MULTILINE)
BARE_IMPORT = re.compile(r"""(?:^\s*import|\bimport\()\s*["']([^"']+)["']""", re.MULTILINE)


def imports(source: str) -> Iterator[tuple[str, bool]]:
    """Yield each module that TypeScript `source` imports, and whether only its types."""
    for match in IMPORT.finditer(source):
        yield match[2], match[1] is not None
    for match in BARE_IMPORT.finditer(source):
        yield match[1], False


def forbidden_imports(path: Path, source: str) -> Iterator[str]:
    place = path.relative_to(SOURCES).parts[0]
    for module, only_types in imports(source):
        if not module.startswith("."):
            continue
        target = (path.parent / module).resolve().relative_to(SOURCES.resolve()).parts[0]
        allowed = MAY_IMPORT[place] | (MAY_IMPORT_TYPES.get(place, set()) if only_types else set())
        if target not in allowed:
            yield f"{path.relative_to(STATIC)} imports {module}"


def run_node(program: str, *arguments: str) -> None:
    if not (BIN / program).exists():
        pytest.skip("the development packages are not installed: python static/build.py --dev")
    node = runpy.run_path(str(STATIC / "build.py"))["node"]()
    result = subprocess.run(
        [str(node), str(BIN / program), *arguments], cwd=STATIC, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_imports_run_one_way():
    found = [
        text for path in sorted(SOURCES.rglob("*.ts")) for text in forbidden_imports(path, path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("page/join.ts", 'import { Session } from "../worker/session.ts";'),
        ("page/join.ts", 'import {\n  Trainer,\n} from "../trainer/trainer.ts";'),
        ("page/join.ts", 'const t = await import("../trainer/trainer.ts");'),
        ("trainer/trainer.ts", 'import type { Session } from "../worker/session.ts";'),
        ("shared/frames.ts", 'export { x } from "../trainer/random.ts";'),
    ],
)
def test_imports_the_other_way_are_found(place, source):
    assert list(forbidden_imports(SOURCES / place, source))


def test_types_of_messages_may_be_imported_by_the_page():
    source = 'import type { SessionEvent } from "../worker/events.ts";\nimport { a } from "../shared/frames.ts";'
    assert list(forbidden_imports(SOURCES / "page" / "join.ts", source)) == []


def test_typescript_types_are_strict():
    run_node("typescript/bin/tsc", "--noEmit")


def test_biome_finds_nothing():
    run_node("@biomejs/biome/bin/biome", "check", "--error-on-warnings", ".")
