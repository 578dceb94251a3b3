"""Which rules a change meets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from core.model.alert import Rule
from core.model.change import Change
from core.model.target import Target
from core.query.filters import Query, compile_filter, parse
from core.query.records import change_record

# What holds where nobody wrote a rule.
WITHOUT_RULES = Rule("default", "severity>=high")

# Filters read at a time; more rules than that are read again, not refused.
_KEPT = 1024


@lru_cache(maxsize=_KEPT)
def read_rule(when: str) -> Query:
    """The filter of a rule; QueryError, pointing at the character, where it cannot be read."""
    return parse(when)


def active_rules(rules: Sequence[Rule]) -> list[Rule]:
    """The enabled rules, or the one that holds where there is none at all."""
    return [rule for rule in rules if rule.enabled] if rules else [WITHOUT_RULES]


def met(rules: Sequence[Rule], change: Change, target: Target | None, now: float) -> list[Rule]:
    """The rules that hold for a change, in their order."""
    record = change_record(change, target if target is not None and target.id else None)
    return [rule for rule in active_rules(rules) if compile_filter(read_rule(rule.when), now)(record)]
