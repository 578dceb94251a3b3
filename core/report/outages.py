"""How long each target was down: outages from the changes that ended and began them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.model.change import Change, ChangeState
from core.model.target import Status
from core.report.report import Material

_DOWN, _UP = "availability.down", "availability.up"
_UNWATCHED = frozenset({"paused", Status.UNKNOWN, Status.INCONCLUSIVE})


@dataclass(frozen=True, slots=True)
class Outage:
    """One time down, cut to the period; `ended` is False while it goes on. `began` is None if that was before it."""

    target: str
    since: float
    until: float
    began: float | None
    ended: bool

    @property
    def seconds(self) -> float:
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Standing:
    """How one target fared: `availability` in [0, 1], None where nothing is known of it."""

    target: str
    state: str
    outages: tuple[Outage, ...]
    availability: float | None

    @property
    def downtime(self) -> float:
        return sum(outage.seconds for outage in self.outages)


def standings(material: Material) -> list[Standing]:
    """Every target, the worst first."""
    by_target: dict[str, list[Change]] = defaultdict(list)
    for change in material.changes:
        if change.type in (_DOWN, _UP) and change.state is ChangeState.CONFIRMED:
            by_target[change.target].append(change)
    found = [_standing(record, by_target[str(record["name"])], material) for record in material.targets]
    return sorted(found, key=lambda each: (each.availability is None, each.availability or 0.0, each.target))


def _standing(record: Mapping[str, object], turns: Iterable[Change], material: Material) -> Standing:
    name, state = str(record["name"]), str(record.get("state") or Status.UNKNOWN.value)
    outages = _outages(name, state, sorted(turns, key=lambda change: change.at), material)
    known = bool(outages) or state not in _UNWATCHED
    period = material.until - max(material.since, _watched_since(record))
    down = sum(outage.seconds for outage in outages)
    return Standing(name, state, outages, 1 - down / period if known and period > 0 else None)


def _watched_since(record: Mapping[str, object]) -> float:
    """When the target came to be watched; before that nothing is known of it, so it counts for nothing."""
    added = record.get("added_at")
    return added if isinstance(added, float) else 0.0


def _outages(name: str, state: str, turns: list[Change], material: Material) -> tuple[Outage, ...]:
    """Pair what went down with what came up; what comes up first was down before the period."""
    inside = [turn for turn in turns if material.since <= turn.at < material.until]
    earlier = [turn for turn in turns if turn.at < material.since]
    began = earlier[-1].at if earlier and earlier[-1].type == _DOWN else None
    is_down = began is not None or (inside[0].type == _UP if inside else not earlier and state == Status.DOWN)
    start, outages = material.since, []
    for turn in inside:
        if turn.type == _UP and is_down:
            outages.append(Outage(name, start, turn.at, began, ended=True))
            is_down = False
        elif turn.type == _DOWN and not is_down:
            start, began, is_down = turn.at, turn.at, True
    if is_down:
        outages.append(Outage(name, start, material.until, began, ended=False))
    return tuple(outages)
