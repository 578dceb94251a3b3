"""The table of a rule: its keys, what they allow, and the rule they make."""

from __future__ import annotations

from core.errors import QueryError
from core.model.alert import Rule
from core.query import filters
from core.query.fields import CHANGES
from core.settings import kinds
from core.settings.walk import Node, Shape, listing, plain, table
from core.settings.writing import duration_text


def read_rule(node: Node) -> Rule | None:
    """The rule of one table; None where it could not be read (what is wrong is noted)."""
    found = table(node, SHAPE)
    if "name" not in found or "when" not in found:
        return None
    return Rule(**found)


def rule_table(rule: Rule) -> dict[str, object]:
    """The table that reads back as this rule, without what the defaults say anyway."""
    written: dict[str, object] = {"name": rule.name, "when": rule.when}
    if rule.severity is not None:
        written["severity"] = rule.severity.word
    if rule.notify:
        written["notify"] = list(rule.notify)
    if rule.throttle:
        written["throttle"] = duration_text(rule.throttle)
    if not rule.enabled:
        written["enabled"] = False
    return written


def _when(node: Node) -> str | None:
    text = plain(kinds.text)(node)
    if text is None:
        return None
    try:
        filters.parse(text, CHANGES)
    except QueryError as error:
        expected = f"; expected {', '.join(error.expected)}" if error.expected else ""
        node.wrong(f"{str(error).splitlines()[0]}{expected}", error.position)
        return None
    return str(text)


def _notify(node: Node) -> tuple[str, ...] | None:
    channels = listing(plain(kinds.name))(node)
    return tuple(dict.fromkeys(channels)) if channels is not None else None


SHAPE = Shape(
    {
        "name": plain(kinds.name),
        "when": _when,
        "severity": plain(kinds.severity_word),
        "notify": _notify,
        "throttle": plain(kinds.duration()),
        "enabled": plain(kinds.flag),
    },
    required=("name", "when"),
)
