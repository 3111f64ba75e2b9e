"""`wnn kick NUMBER [RUN]`: send a volunteer away."""

from __future__ import annotations

import json

import click

from webnn.cli import options
from webnn.cli.target import Target


class VolunteerNumber(click.ParamType[int]):
    """3 or #3."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).removeprefix("#")
        if not text.isdecimal() or len(text) > 9:
            self.fail(f"{value!r} is not a volunteer's number: `wnn volunteers` shows them, as in #3.", param, ctx)
        return int(text)


@click.command("kick", short_help="Send a volunteer away.")
@click.argument("number", type=VolunteerNumber())
@options.run_argument
@click.option("--for-good", is_flag=True, help="It may not come back.")
@click.option("--forgive", is_flag=True, help="Let one that was sent away for good come back.")
@options.target_options
@options.json_option
def command(*, number: int, run: str | None, for_good: bool, forgive: bool, target: Target, json_lines: bool) -> None:
    """End the connection of volunteer NUMBER (as `wnn volunteers` has it). What it has given stays counted.

    RUN is a run's id or its beginning; by default the run that is live.
    """
    from webnn.cli.remote import connect_to_run

    if for_good and forgive:
        raise click.UsageError("--for-good and --forgive exclude each other.")
    client, found = connect_to_run(target, run)
    if forgive:
        answer, words = client.unblock(found, number), "may come back"
    elif for_good:
        answer, words = client.block(found, number), "was sent away for good"
    else:
        answer, words = client.kick(found, number), "was sent away"
    click.echo(json.dumps(answer) if json_lines else f"Volunteer #{number} {words}.")
