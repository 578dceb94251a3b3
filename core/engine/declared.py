"""Channels and rules that are in force, of the file and of the store, for whoever lists or edits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.model.target import Origin
from core.operations import Declared
from core.ports import Entry
from core.settings.stored import channel_to_json, rule_to_json
from core.settings.values import Settings


def declared(settings: Settings, entries: Iterable[Entry]) -> tuple[Declared, ...]:
    """The file's first; of two by one name the file's counts, and the other is not in force."""
    found = {(each.kind, each.name): each for each in _of_the_file(settings)}
    for entry in entries:
        if entry.kind in ("channel", "rule"):
            found.setdefault((entry.kind, entry.name), Declared(entry.kind, entry.name, entry.text, Origin.STORE))
    return tuple(found.values())


def _of_the_file(settings: Settings) -> Iterator[Declared]:
    for channel in settings.channels:
        yield Declared("channel", channel.name, channel_to_json(channel), Origin.FILE)
    for rule in settings.rules:
        yield Declared("rule", rule.name, rule_to_json(rule), Origin.FILE)
