"""Which facts hold after a look, and how they differ from those before it: the intervals that open and close."""

from __future__ import annotations

from dataclasses import dataclass

from core.detect.comparison import LASTING_KINDS, LASTING_PAGE_KEYS, by_kind, is_error
from core.model.judging import Before, Judging
from core.model.scan import Fact, Scan
from core.model.target import Target

Identity = tuple[str, str]


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
    known = {(fact.kind, fact.key): fact for fact in before.facts}
    seen = {(fact.kind, fact.key): fact for fact in scan.facts}
    error_page = bool(known) and is_error(by_kind(fact for fact in scan.facts if fact.kind == "page"))
    if error_page:
        seen = {identity: fact for identity, fact in seen.items() if _lasting(identity)}
    held = frozenset(
        identity
        for identity in known.keys() - seen.keys()
        if _unanswered(identity, before.target) or (error_page and not _lasting(identity))
    )
    opened = tuple(
        fact for identity, fact in seen.items() if (old := known.get(identity)) is None or _differ(old, fact)
    )
    closed = tuple(sorted(known.keys() - seen.keys() - held))
    facts = (*seen.values(), *(known[identity] for identity in sorted(held)))
    return Observed(facts, opened, closed, held, error_page)


def _differ(old: Fact, new: Fact) -> bool:
    return (old.value != new.value or old.stable != new.stable) and old.compared != new.compared


def _lasting(identity: Identity) -> bool:
    kind, key = identity
    return kind in LASTING_KINDS or (kind == "page" and key in LASTING_PAGE_KEYS)


def _unanswered(identity: Identity, target: Target) -> bool:
    return identity[0] == "dns" and "infrastructure" in target.scanners
