"""`vedette demo`: the whole loop on a self-made world of loopback sites that really change."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from core.cli.console import CONSOLE, Console
from core.cli.output import output_option, say, say_json
from core.cli.place import Place
from core.demo.headless import run
from core.demo.script import LENGTH
from core.demo.sites import SITES
from core.demo.telling import account_json, summary_lines
from core.demo.world import opened
from core.errors import NotYetError, VedetteError
from core.text import parse_duration

SHORTEST = 5.0


@click.command()
@click.option("--headless", is_flag=True, help="Without a screen: print what happens.")
@click.option("--for", "lasts", metavar="TIME", default="60s", show_default=True, help="How long, with --headless.")
@click.option("--ascii", "flags", flag_value="ascii", multiple=True, help="Draw with ASCII only.")
@click.option("--slow", "flags", flag_value="slow", multiple=True, help="Send fewer bytes.")
@click.option("--no-mouse", "flags", flag_value="no-mouse", multiple=True, help="Leave the mouse to the terminal.")
@click.option("--theme", metavar="NAME", help="A theme, as the console's.")
@output_option()
def demo(headless: bool, lasts: str, flags: Sequence[str], theme: str | None, output: str) -> int:
    """The whole loop on a world of its own.

    Sites on loopback deploy, break, slow down and recover; a mailbox and a webhook receive what is told. Nothing goes
    outside, nothing is left behind. Ends with 1 when a scene was missed or an alarm was false.
    """
    if headless and (flags or theme):
        raise click.UsageError("--ascii, --slow, --no-mouse and --theme are for the screen, which --headless has not")
    if not headless:
        return _on_screen(flags, theme or "")
    seconds = _seconds(lasts)
    if output == "table":
        _aloud(f"{len(SITES)} sites on loopback, watched for {seconds:g} s; the script takes {LENGTH:g} s.")
    account = run(seconds, _aloud if output == "table" else _nothing)
    if output == "json":
        say_json(account_json(account))
    else:
        for line in summary_lines(account):
            _aloud(line)
    return 1 if account.missed() or account.false_alarms() else 0


def _aloud(line: str) -> None:
    """A terminal that is gone (SIGHUP) is as a pipe that nobody reads: it ends the demo, and is no fault."""
    try:
        say(line)
    except OSError as error:
        raise BrokenPipeError(error.errno, "nobody reads on") from error


def _nothing(line: str) -> None:
    """Where a document is asked for, there are no lines."""


def _on_screen(flags: Sequence[str], theme: str) -> int:
    """The console on the world, with an engine of its own; the world goes when it is left."""
    show: Console | None = click.get_current_context().meta.get(CONSOLE)
    if show is None:
        raise NotYetError("vedette demo without --headless")
    with opened() as world:
        return show(Place(world.data, world.settings, True, os.environ), ("demo", *flags), theme)


def _seconds(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise VedetteError(f"--for: {error}") from None
    if seconds < SHORTEST:
        raise VedetteError(f"--for: a demo takes {SHORTEST:g} s at least")
    return seconds
