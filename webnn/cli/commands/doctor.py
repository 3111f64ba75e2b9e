"""`wnn doctor`: what is missing on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from webnn.cli import options
from webnn.cli.environment import option
from webnn.cli.exits import ExitCode

MARKS = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}


@click.command(
    "doctor",
    short_help="Say what is missing on this machine, and how to get it.",
    epilog="Exit codes: 0 runs can be trained here, 1 something that every run needs is missing.",
)
@option("--port", type=click.IntRange(1, 65535), default=8888, show_default=True, help="Port that a run would take.")
@options.data_dir_option
@options.runs_dir_option
@options.json_option
def command(port: int, data_dir: Path | None, runs_dir: Path, json_lines: bool) -> int:
    """Look at Node, the built pages, open files, memory, disks, the port, and what is optional. Changes nothing."""
    from webnn.cli.checkup import Place, check_up, healthy
    from webnn.data.directory import data_dir as find_data_dir

    findings = check_up(Place(runs_dir, find_data_dir(data_dir), port))
    for finding in findings:
        if json_lines:
            click.echo(json.dumps(finding.as_dict()))
            continue
        click.echo(f"{MARKS[finding.state]} {finding.what}: {finding.words}")
        if finding.remedy:
            click.echo(f"        {finding.remedy}")
    return ExitCode.OK if healthy(findings) else ExitCode.FAILED
