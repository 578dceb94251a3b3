"""Commands about alerts and deliveries: acknowledge, resolve, judge, send again, drop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import click

from core.cli.output import say
from core.cli.place import Place, acting
from core.model.alert import Alert
from core.model.change import Verdict
from core.operations import Operations


@click.command()
@click.argument("alerts", nargs=-1, required=True, metavar="ALERT…")
@click.option("--note", default="", help="Why, for the others.")
@click.pass_obj
def ack(place: Place, alerts: tuple[str, ...], note: str) -> int:
    """Say that somebody looks after ALERT (A-12)."""
    by = place.actor()
    return _each(place, alerts, lambda operations, name: operations.acknowledge(name, note, by))


@click.command()
@click.argument("alerts", nargs=-1, required=True, metavar="ALERT…")
@click.option("--note", default="", help="What it was.")
@click.pass_obj
def resolve(place: Place, alerts: tuple[str, ...], note: str) -> int:
    """Say that ALERT (A-12) is over."""
    by = place.actor()
    return _each(place, alerts, lambda operations, name: operations.resolve(name, note, by))


def _each(place: Place, names: tuple[str, ...], act: Callable[[Operations, str], Awaitable[Alert]]) -> int:
    async def acts() -> None:
        async with acting(place) as operations:
            for name in names:
                alert = await act(operations, name)
                say(f"A-{alert.id} {alert.state.value}  {alert.rule}  {alert.target}")

    asyncio.run(acts())
    return 0


@click.command()
@click.argument("subject", metavar="CHANGE|ALERT")
@click.argument("word", type=click.Choice([each.value for each in Verdict]), metavar="real|noise|expected")
@click.pass_obj
def verdict(place: Place, subject: str, word: str) -> int:
    """Say what a change (C-12) or alert (A-12) turned out to be; the false-change rate is counted from these."""

    async def act() -> None:
        async with acting(place) as operations:
            await operations.give_verdict(subject, Verdict(word), place.actor())

    asyncio.run(act())
    say(f"{subject}: {word}")
    return 0


@click.group()
def deliveries() -> None:
    """Send dead deliveries again, or drop them (`vedette ls deliveries` lists them)."""


@deliveries.command()
@click.argument("delivery", metavar="D-12")
@click.pass_obj
def requeue(place: Place, delivery: str) -> int:
    """Send it again, under the same key."""

    async def act() -> None:
        async with acting(place) as operations:
            queued = await operations.requeue(delivery, place.actor())
            say(f"D-{queued.id} {queued.state.value} to {queued.channel}")

    asyncio.run(act())
    return 0


@deliveries.command()
@click.argument("delivery", metavar="D-12")
@click.pass_obj
def drop(place: Place, delivery: str) -> int:
    """Give it up for good."""

    async def act() -> None:
        async with acting(place) as operations:
            dropped = await operations.drop(delivery, place.actor())
            say(f"dropped D-{dropped.id} to {dropped.channel}")

    asyncio.run(act())
    return 0
