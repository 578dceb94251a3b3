"""Which facts hold after a look, and how they differ from those before it: the intervals that open and close."""

from __future__ import annotations

from dataclasses import dataclass

from core.detect.comparison import LASTING_KINDS, LASTING_PAGE_KEYS, FactsByKey, by_kind, is_error
from core.model.judging import Before, Judging
from core.model.scan import Fact, Scan
from core.model.target import Target

Identity = tuple[str, str]

_NOTHING: FactsByKey = {}


@dataclass(frozen=True, slots=True)
class Look:
    """One look with all that is needed to judge it."""

    before: Before
    scan: Scan
    judging: Judging
    now: float


@dataclass(frozen=True, slots=True)
class Observed:
    """The facts that hold now, the ones that are new or different, the ones that ended, and what nobody looked at."""

    facts: tuple[Fact, ...] = ()
    opened: tuple[Fact, ...] = ()
    closed: tuple[Identity, ...] = ()
    held: frozenset[Identity] = frozenset()
    error_page: bool = False

    def unseen(self, kind: str, key: str) -> bool:
        """Whether the look says nothing of a fact."""
        return (kind, key) in self.held or (self.error_page and not _lasting((kind, key)))


def observe(before: Before, scan: Scan) -> Observed:
    """What a successful look that is not `same` makes of the facts.

    Facts that differ in volatile parts only stay as they are. Two kinds of facts are held instead of closed, because
    the look says nothing of them: those of the page behind an error page, and DNS records that were not answered.
    """
    if not before.facts:
        return Observed(scan.facts, scan.facts)
    known, seen = by_kind(before.facts), by_kind(scan.facts)
    error_page = is_error(seen)
    facts = scan.facts
    if error_page:
        facts = tuple(fact for fact in facts if _lasting((fact.kind, fact.key)))
        seen = by_kind(facts)
    gone = sorted(
        (kind, key) for kind, members in known.items() for key in members.keys() - seen.get(kind, _NOTHING).keys()
    )
    held = frozenset(each for each in gone if _unanswered(each, before.target) or (error_page and not _lasting(each)))
    closed = tuple(each for each in gone if each not in held)
    opened = tuple([fact for fact in facts if _differ(known.get(fact.kind, _NOTHING).get(fact.key), fact)])
    facts = (*facts, *(known[kind][key] for kind, key in sorted(held)))
    return Observed(facts, opened, closed, held, error_page)


def _differ(old: Fact | None, new: Fact) -> bool:
    if old is None:
        return True
    return (old.value != new.value or old.stable != new.stable) and old.compared != new.compared


def _lasting(identity: Identity) -> bool:
    kind, key = identity
    return kind in LASTING_KINDS or (kind == "page" and key in LASTING_PAGE_KEYS)


def _unanswered(identity: Identity, target: Target) -> bool:
    return identity[0] == "dns" and "infrastructure" in target.scanners
