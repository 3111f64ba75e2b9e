"""The tables of measured figures in the documentation are those that the kept results make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
sys.path.insert(0, "benchmarks")
import tables
stale = [page.name for page in tables.pages() if tables.filled(page.read_text("utf-8")) != page.read_text("utf-8")]
print(",".join(stale) or f"{len(tables.pages())} pages")
"""


def test_tables_in_the_documentation_are_those_of_the_kept_results() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "4 pages", done.stdout + done.stderr
