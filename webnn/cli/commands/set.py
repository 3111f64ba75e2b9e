"""`wnn set [RUN] KEY=VALUE ...`: change settings of a live run."""

from __future__ import annotations

import json

import click

from webnn.cli import options
from webnn.cli.target import Target


@click.command("set", short_help="Change settings of a live run.")
@click.argument("words", nargs=-1, required=True, metavar="[RUN] KEY=VALUE...")
@options.target_options
@options.json_option
def command(words: tuple[str, ...], target: Target, json_lines: bool) -> None:
    """Change settings while a run goes on; leases given from now on have them.

    KEY is learningRate, schedule (schedule=cosine, schedule.step.everyEpochs=5), batchSize, leaseSeconds,
    validation.everySeconds, merge (merge=weighted, merge.fedbuff.size=8) or a stop condition (stop.accuracy=0.95;
    stop.seconds=null takes one away). RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.changes import read_changes
    from webnn.cli.remote import connect_to_run

    run = None if "=" in words[0] else words[0]
    changes = read_changes(words[0 if run is None else 1 :])
    client, found = connect_to_run(target, run)
    status = client.change_settings(found, changes)
    click.echo(json.dumps(status) if json_lines else f"The run {status['id']} goes on with {json.dumps(changes)}.")
