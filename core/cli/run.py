"""`vedette run`: the engine without a screen; `vedette status`: how the running one is."""

from __future__ import annotations

import asyncio
from typing import Any

import click
import msgspec

from core.cli.output import note, output_option, say, say_json
from core.cli.place import Place
from core.clock import rfc3339
from core.engine.service import once, serve
from core.errors import NotFoundError
from core.operations import EngineStatus, SocketOperations, is_served


@click.command()
@click.option("--once", "only_once", is_flag=True, help="Look at what is due, tell, and leave.")
@click.option("--all", "everything", is_flag=True, help="With --once: look at every target.")
@click.option("--quiet", is_flag=True, help="No banner; the log files are written all the same.")
@click.option("--patience", type=float, default=0.0, hidden=True)
@click.pass_obj
def run(place: Place, only_once: bool, everything: bool, quiet: bool, patience: float) -> int:
    """Watch without a screen. Writes {"event":"ready"} to standard error when it watches."""
    if everything and not only_once:
        raise click.UsageError("--all goes with --once")
    if only_once:
        return asyncio.run(once(place.data, place.settings_file(), place.environ, everything=everything))
    return serve(place.data, place.settings_file(), place.environ, banner=not quiet, patience=patience)


@click.command()
@output_option()
@click.pass_obj
def status(place: Place, output: str) -> int:
    """The running engine's own figures."""
    if not is_served(place.data):
        raise NotFoundError(f"no engine runs on {place.data}; start one with `vedette run`")
    figures = asyncio.run(SocketOperations(place.data).status())
    if output == "json":
        say_json(_json(figures))
        return 0
    for label, value in _lines(figures):
        say(f"{label:<12} {value}")
    for trouble in figures.trouble:
        note(f"trouble: {trouble}")
    return 0


def _lines(figures: EngineStatus) -> list[tuple[str, str]]:
    late, stored = figures.late_p99_ms, figures.stored_p99_ms
    return [
        ("engine", f"pid {figures.pid}, version {figures.version}, since {rfc3339(figures.started_at)}"),
        ("targets", str(figures.targets)),
        ("scans", f"{figures.scans} ({figures.failures} failed), {figures.scans_per_second:.1f}/s"),
        ("in flight", f"{figures.in_flight}, due {figures.due}, domains held back {figures.held_domains}"),
        ("late p99", "–" if late is None else f"{late:.0f} ms"),
        ("stored p99", "–" if stored is None else f"{stored:.0f} ms after due"),
        ("own link", "up" if figures.online else "down"),
        *((f"worker {each.number}", f"pid {each.pid}, {each.in_flight} in flight, {each.done} done, "
           f"{each.restarts} restarts") for each in figures.workers),
        *((each.name, f"{each.type}: {each.delivered} delivered, {each.failed} failed, {each.waiting} waiting")
          for each in figures.channels),
    ]  # fmt: skip


def _json(figures: EngineStatus) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(figures)
    built["started_at"], built["at"] = rfc3339(figures.started_at), rfc3339(figures.at)
    return {"schema": 1, **built}
