"""What a look says of earlier suspicions, and which facts go back and forth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec.structs import replace

from core.detect.comparison import FactsByKey, Finding
from core.model.judging import Flips, Suspicion
from core.model.scan import Fact

# Facts that only are there or not: what stands beside a URL may differ.
PRESENCE_KINDS = frozenset({"link", "image", "script", "stylesheet", "feed"})
# From so many changes of mind on, a fact is known to rotate.
ROTATING = 3
_REMEMBERED = 64
_FORGOTTEN_AFTER = 30 * 86400.0
# Members of a set that a suspicion remembers; enough to tell whether a change lasts.
_MEMBERS = 64


class Standing(Enum):
    """What became of a suspected change at the next look."""

    HOLDS = "holds"
    BACK = "back"
    OTHER = "other"


def standing(suspicion: Suspicion, facts: Mapping[str, FactsByKey]) -> Standing:
    """Whether the facts of a later look still show the change, the state before it, or something else again."""
    if suspicion.key == "":
        return _standing_of_set(suspicion, facts.get(suspicion.kind, {}))
    fact = facts.get(suspicion.kind, {}).get(suspicion.key)
    if suspicion.kind in PRESENCE_KINDS:
        return Standing.HOLDS if (fact is None) == (suspicion.after is None) else Standing.BACK
    value = fact.compared if fact is not None else None
    if value == suspicion.after:
        return Standing.HOLDS
    return Standing.BACK if value == suspicion.before else Standing.OTHER


def _standing_of_set(suspicion: Suspicion, members: FactsByKey) -> Standing:
    """A set change lasts when a new member stays, or more members stay away than turns of a rotation explain."""
    gone, come = members_of(suspicion.before), members_of(suspicion.after)
    staying = [key for key in come if key in members]
    missing = [key for key in gone if key not in members]
    if staying or len(missing) > len(come):
        return Standing.HOLDS
    return Standing.OTHER if missing else Standing.BACK


def members_of(lines: str | None) -> list[str]:
    """The keys of a set suspicion's side."""
    return [line for line in (lines or "").split("\n") if line]


def suspected_facts(suspicions: Iterable[Suspicion]) -> list[tuple[str, str]]:
    """Kind and key of every fact that `standing` asks for."""
    asked = []
    for each in suspicions:
        keys = [each.key] if each.key else members_of(each.before) + members_of(each.after)
        asked += [(each.kind, key) for key in keys]
    return asked


def suspicion_of(found: Finding, position: int, needed: int, now: float) -> Suspicion:
    """What to remember of a change at `position` of the outcome: it has no id yet, so -(position + 1) stands for it."""
    before, after = found.was, found.holds
    if found.fact_key == "":
        before, after = _shortened(before), _shortened(after)
    return Suspicion(-(position + 1), found.change.type, found.kind, found.fact_key, before, after, 1, needed, now)


def _shortened(lines: str | None) -> str:
    return "\n".join(members_of(lines)[:_MEMBERS])


def baseline(facts: tuple[Fact, ...], suspicions: tuple[Suspicion, ...]) -> tuple[Fact, ...]:
    """The facts as they were before what is still suspected, so that a third value is compared with the confirmed one.

    Sets stay as they are: what their members said is not remembered.
    """
    single = [each for each in suspicions if each.key]
    if not single:
        return facts
    known = {(fact.kind, fact.key): fact for fact in facts}
    for each in single:
        if each.before is None:
            known.pop((each.kind, each.key), None)
        elif (each.kind, each.key) in known:
            current = known[each.kind, each.key]
            known[each.kind, each.key] = replace(current, value=each.before, stable="")
        else:
            known[each.kind, each.key] = Fact(each.kind, each.key, each.before)
    return tuple(known.values())


def flipped(flips: tuple[Flips, ...], kind: str, key: str, now: float) -> tuple[Flips, ...]:
    """The memory with one more change of mind of this fact; old and excess entries are forgotten."""
    seen = seen_flips(flips, kind, key) + 1
    others = [each for each in flips if (each.kind, each.key) != (kind, key) and now - each.last_at < _FORGOTTEN_AFTER]
    return (*others, Flips(kind, key, seen, now))[-_REMEMBERED:]


def seen_flips(flips: tuple[Flips, ...], kind: str, key: str) -> int:
    """How often this fact went back and forth."""
    return next((each.seen for each in flips if (each.kind, each.key) == (kind, key)), 0)
