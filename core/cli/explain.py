"""`vedette why` for what was decided, `why-not` for what was held back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

import click

from core import clock
from core.cli.moments import moment
from core.cli.output import output_option, say, say_json
from core.cli.place import Place, reading
from core.contract import why_json
from core.detect.compare import compare
from core.errors import NotFoundError
from core.model.change import Reason
from core.model.scan import Fact
from core.model.target import Target
from core.store.open import Store

AROUND = 60.0
_JUST = 0.002  # moments of looks are kept to the millisecond


@click.command()
@click.argument("subject", metavar="CHANGE|ALERT")
@output_option()
@click.pass_obj
def why(place: Place, subject: str, output: str) -> int:
    """The reasons behind a change (C-12) or an alert (A-12)."""

    async def ask() -> tuple[Reason, ...]:
        async with reading(place) as store:
            return await _reasons(store, subject)

    return _told(asyncio.run(ask()), output)


async def _reasons(store: Store, subject: str) -> tuple[Reason, ...]:
    if not subject.upper().startswith("A-"):
        try:
            return (await store.reader.change(subject)).reasons
        except NotFoundError:
            if subject.upper().startswith("C-"):
                raise
    alert = await store.reader.alert(subject)
    chain = [
        replace(reason, because=f"{reason.because} (C-{change.id})")
        for change in alert.changes
        for reason in change.reasons
    ]
    sent = [
        Reason(
            "deliver", each.state.value, f"{each.channel}: {each.response or f'{each.attempts} attempts'} (D-{each.id})"
        )
        for each in alert.deliveries
    ]
    return (*chain, *alert.reasons, *sent)


@click.command("why-not")
@click.argument("name", metavar="TARGET")
@click.option("--at", "when", metavar="T", help="Moment: 03:12, 2026-11-01T03:12:00Z. Now by default.")
@output_option()
@click.pass_obj
def why_not(place: Place, name: str, when: str | None, output: str) -> int:
    """Why nothing was told of TARGET at a moment.

    What was held back or suppressed then, or was simply the same.
    """
    at = moment(when) if when else clock.now()

    async def ask() -> tuple[Reason, ...]:
        async with reading(place) as store:
            return await _held_back(store, await store.reader.target(name), at)

    return _told(asyncio.run(ask()), output)


async def _held_back(store: Store, target: Target, at: float) -> tuple[Reason, ...]:
    """Evaluated again from what is stored: looks around that moment, changes then, facts before and after."""
    reach = max(AROUND, 2 * (target.schedule.every or AROUND))
    scans = await store.history.scans(target.id, at - reach, at + reach)
    changes = await store.reader.changes(target_id=target.id, since=at - reach, until=at + reach)
    if target.paused and not scans:
        return (Reason("schedule", "paused", "the target is paused, so nothing looked"),)
    if not scans:
        return (Reason("schedule", "no look", f"nothing looked within {reach:.0f} s of {clock.rfc3339(at)}"),)
    reasons = _look_reasons(scans)
    for change in changes:
        key = f" {change.key}" if change.key else ""
        reasons.append(Reason("change", change.state.value, f"C-{change.id} {change.type}{key}"))
        reasons += change.reasons
    if not changes:
        earlier = scans[0][0] + (_JUST if len(scans) > 1 else -_JUST)
        later = max(at, scans[-1][0])
        reasons += _compared(await store.reader.facts(target.id, earlier), await store.reader.facts(target.id, later))
    return tuple(reasons)


def _look_reasons(scans: list[tuple[float, str, float]]) -> list[Reason]:
    """Looks one after the other that ended alike, as one reason."""
    reasons = []
    for failure, group in groupby(scans, key=itemgetter(1)):
        alike = list(group)
        first, last = clock.rfc3339(alike[0][0]), clock.rfc3339(alike[-1][0])
        outcome = f"failed at {failure}" if failure else "answered"
        because = f"at {first} in {alike[0][2]:.0f} ms" if len(alike) == 1 else f"{len(alike)} looks, {first} to {last}"
        reasons.append(Reason("look", outcome, because))
    return reasons


def _compared(before: tuple[Fact, ...], after: tuple[Fact, ...]) -> list[Reason]:
    if not before:
        return [Reason("compare", "first look", "there was nothing to compare with yet")]
    found = compare(before, after)
    if not found:
        return [Reason("compare", "same", f"all {len(after)} facts were the same as before")]
    return [reason for change in found for reason in change.reasons]


def _told(reasons: tuple[Reason, ...], output: str) -> int:
    if output == "json":
        say_json(why_json(reasons))
        return 0
    width = max((len(reason.step) for reason in reasons), default=0)
    for reason in reasons:
        say(f"{reason.step:<{width}}  {reason.outcome}: {reason.because}")
    if not reasons:
        say("no reasons were kept")
    return 0
