"""Commands about alerts and deliveries: acknowledge, resolve, judge, send again, drop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import click

from core.cli.output import output_option, say, say_json
from core.cli.place import Place, acting
from core.contract import alert_json, delivery_json, listing
from core.model.alert import Alert, Delivery
from core.model.change import Verdict
from core.operations import Operations


@click.command()
@click.argument("alerts", nargs=-1, required=True, metavar="ALERT…")
@click.option("--note", default="", help="Why, for the others.")
@output_option()
@click.pass_obj
def ack(place: Place, alerts: tuple[str, ...], note: str, output: str) -> int:
    """Say that somebody looks after ALERT (A-12)."""
    by = place.actor()
    return _each(place, alerts, lambda operations, name: operations.acknowledge(name, note, by), output)


@click.command()
@click.argument("alerts", nargs=-1, required=True, metavar="ALERT…")
@click.option("--note", default="", help="What it was.")
@output_option()
@click.pass_obj
def resolve(place: Place, alerts: tuple[str, ...], note: str, output: str) -> int:
    """Say that ALERT (A-12) is over."""
    by = place.actor()
    return _each(place, alerts, lambda operations, name: operations.resolve(name, note, by), output)


def _each(place: Place, names: tuple[str, ...], act: Callable[[Operations, str], Awaitable[Alert]], output: str) -> int:
    async def acts() -> list[Alert]:
        async with acting(place) as operations:
            return [await act(operations, name) for name in names]

    done = asyncio.run(acts())
    if output == "json":
        say_json(listing(alert_json(alert) for alert in done))
        return 0
    for alert in done:
        say(f"A-{alert.id} {alert.state.value}  {alert.rule}  {alert.target}".rstrip())
    return 0


@click.command()
@click.argument("subject", metavar="CHANGE|ALERT")
@click.argument("word", type=click.Choice([each.value for each in Verdict]), metavar="real|noise|expected")
@output_option()
@click.pass_obj
def verdict(place: Place, subject: str, word: str, output: str) -> int:
    """Say what a change or alert turned out to be.

    The rate of false changes in reports is counted from these.
    """

    async def act() -> None:
        async with acting(place) as operations:
            await operations.give_verdict(subject, Verdict(word), place.actor())

    asyncio.run(act())
    if output == "json":
        say_json({"schema": 1, "subject": subject, "verdict": word})
    else:
        say(f"{subject}: {word}")
    return 0


@click.group()
def deliveries() -> None:
    """Send dead deliveries again, or drop them.

    `vedette ls deliveries -f dead` lists them.
    """


@deliveries.command()
@click.argument("delivery", metavar="D-12")
@output_option()
@click.pass_obj
def requeue(place: Place, delivery: str, output: str) -> int:
    """Send it again, under the same key."""
    return _moved(place, lambda operations: operations.requeue(delivery, place.actor()), "{} to {}: queued", output)


@deliveries.command()
@click.argument("delivery", metavar="D-12")
@output_option()
@click.pass_obj
def drop(place: Place, delivery: str, output: str) -> int:
    """Give it up for good."""
    return _moved(place, lambda operations: operations.drop(delivery, place.actor()), "{} to {}: dropped", output)


def _moved(place: Place, act: Callable[[Operations], Awaitable[Delivery]], words: str, output: str) -> int:
    async def acts() -> Delivery:
        async with acting(place) as operations:
            return await act(operations)

    moved = asyncio.run(acts())
    if output == "json":
        say_json({"schema": 1, "delivery": delivery_json(moved)})
    else:
        say(words.format(f"D-{moved.id}", moved.channel))
    return 0
