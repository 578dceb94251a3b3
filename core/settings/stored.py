"""Channels and rules as one line of JSON each: how the ones made outside the file are kept in vedette.db."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from core.errors import SettingsError
from core.model.alert import Rule
from core.settings.channels import channel_table, read_channel
from core.settings.problems import Problems
from core.settings.rules import read_rule, rule_table
from core.settings.values import ChannelSettings
from core.settings.walk import Node

T = TypeVar("T")


def channel_to_json(channel: ChannelSettings) -> str:
    """The channel's table, as the file would have it; secrets are references."""
    return _written(channel_table(channel))


def channel_from_json(text: str) -> ChannelSettings:
    """Judged as the file would be; SettingsError for what is no channel of this version."""
    return _read(text, "stored channel", read_channel)


def rule_to_json(rule: Rule) -> str:
    """The rule's table, as the file would have it."""
    return _written(rule_table(rule))


def rule_from_json(text: str) -> Rule:
    """Judged as the file would be; SettingsError for what is no rule of this version."""
    return _read(text, "stored rule", read_rule)


def fault_of(kind: str, text: str) -> str:
    """Why a stored entry cannot be read by this version, "" when it can, or is of a kind that is read elsewhere."""
    read = READERS.get(kind)
    try:
        if read is not None:
            read(text)
    except SettingsError as error:
        return str(error).replace(f"stored {kind}: ", "")
    return ""


def raw_table(text: str) -> dict[str, object]:
    """What stands in a stored entry whether or not it fits; nothing where it is no table at all."""
    try:
        table = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


READERS: dict[str, Callable[[str], object]] = {"channel": channel_from_json, "rule": rule_from_json}


def _written(table: Mapping[str, object]) -> str:
    return msgspec.json.encode(table).decode()


def _read(text: str, source: str, read: Callable[[Node], T | None]) -> T:
    problems = Problems(source)
    try:
        value = read(Node(msgspec.json.decode(text), problems))
    except (msgspec.DecodeError, RecursionError) as error:
        raise SettingsError(f"{source}: {error}") from None
    problems.settle()
    if value is None:
        raise SettingsError(f"{source}: cannot be read")
    return value
