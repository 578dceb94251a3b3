"""What `diff` compares: a saved response, a target now, or a target at a moment (`site@2026-11-01`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from core import clock
from core.cli.place import Place, reading
from core.errors import NotFoundError, VedetteError
from core.model.scan import Fact, SavedResponse, Scan, ScanJob
from core.model.target import SCANNER_NAMES
from core.scan.once import look_once
from core.scan.pool import FINGERPRINTS
from core.scan.saved import load as load_saved
from core.settings.values import FetchSettings

FILES = (".html", ".htm", ".har")


@dataclass(frozen=True, slots=True)
class Moment:
    """One side of a comparison: how it is called, and the facts that held."""

    name: str
    facts: tuple[Fact, ...]
    at: float | None = None


def moment(text: str) -> float:
    """Epoch seconds of an RFC 3339 moment, a date, or a time of today (UTC)."""
    today = datetime.fromtimestamp(clock.now(), UTC).date().isoformat()
    for form in (text, f"{today}T{text}"):
        try:
            found = datetime.fromisoformat(form)
        except ValueError:
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    raise click.BadParameter(f"'{text}' is no moment: use 2026-11-01, 2026-11-01T03:12:00Z or 03:12")


def is_file(subject: str) -> bool:
    """Whether a person means a file: it exists, or it is called like one and cannot be a target's name."""
    return Path(subject).is_file() or (subject.lower().endswith(FILES) and "/" in subject and "://" not in subject)


async def scan_of_file(place: Place, subject: str) -> Scan:
    """A saved response, read in a worker of its own."""
    response = load_saved(Path(subject))
    saved = SavedResponse(response.final_url, response.status, response.headers, response.body)
    job = ScanJob(1, 0, subject, response.final_url, SCANNER_NAMES, saved=saved)
    return await look_once(job, FetchSettings(), clock.now, place.data / FINGERPRINTS)


async def moment_of(place: Place, subject: str) -> Moment:
    """The facts that a person's words stand for."""
    if is_file(subject):
        scan = await scan_of_file(place, subject)
        if scan.failure is not None:
            raise VedetteError(f"{subject}: {scan.failure.message}")
        return Moment(subject, scan.facts)
    async with reading(place) as store:
        name, at = subject, None
        try:
            target = await store.reader.target(name)
        except NotFoundError:
            name, separator, when = subject.rpartition("@")
            if not separator:
                raise
            target, at = await store.reader.target(name), moment(when)
        facts = await store.reader.facts(target.id, at)
    if not facts:
        raise NotFoundError(f"nothing is known of {target.name}" + (" at that moment" if at is not None else " yet"))
    return Moment(subject, facts, at)
