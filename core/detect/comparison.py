"""Two moments of one target side by side: what every detector is given, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from core.model.change import CHANGE_TYPES, Change, ChangeState, Reason
from core.model.scan import Fact
from core.model.target import Target

FactsByKey = Mapping[str, Fact]

# What each scanner of a target reads; kinds in no list are read on every look.
SCANNER_KINDS = {
    "security": frozenset({"header", "cookie", "certificate", "tls", "security"}),
    "technology": frozenset({"technology"}),
    "content": frozenset(
        {"meta", "heading", "text", "link", "image", "script", "stylesheet", "feed", "inline_script", "form"}
    ),
    "infrastructure": frozenset({"dns", "infrastructure"}),
}

# What an error page still says of the site; the rest of its facts are about the error page.
LASTING_KINDS = frozenset({"dns", "infrastructure", "certificate", "tls"})
LASTING_PAGE_KEYS = frozenset({"status", "redirects", "final_url"})

_NOTHING: FactsByKey = {}


@dataclass(frozen=True, slots=True)
class Pair:
    """One fact before and after; None where there was or is none."""

    key: str
    before: Fact | None
    after: Fact | None

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in (self.before, self.after) if fact is not None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The facts of two moments by kind and key; `alike` counts those left out because they are in both."""

    before: Mapping[str, FactsByKey]
    after: Mapping[str, FactsByKey]
    now: float
    target: Target | None = None
    alike: Mapping[str, int] = field(default_factory=dict)

    def old(self, kind: str) -> FactsByKey:
        return self.before.get(kind, _NOTHING)

    def new(self, kind: str) -> FactsByKey:
        return self.after.get(kind, _NOTHING)

    def count_old(self, kind: str) -> int:
        return len(self.old(kind)) + self.alike.get(kind, 0)

    def count_new(self, kind: str) -> int:
        return len(self.new(kind)) + self.alike.get(kind, 0)

    def pair(self, kind: str, key: str) -> Pair:
        return Pair(key, self.old(kind).get(key), self.new(kind).get(key))

    def gone(self, kind: str) -> list[Pair]:
        """The keys of a kind that went, in order."""
        return [self.pair(kind, key) for key in sorted(self.old(kind).keys() - self.new(kind).keys())]

    def come(self, kind: str) -> list[Pair]:
        """The keys of a kind that are new, in order."""
        return [self.pair(kind, key) for key in sorted(self.new(kind).keys() - self.old(kind).keys())]

    def reworded(self, kind: str) -> list[Pair]:
        """The keys of a kind that stayed with another value, in order, whether their stable forms differ or not."""
        old, new = self.old(kind), self.new(kind)
        keys = [key for key, fact in new.items() if key in old and old[key].value != fact.value]
        return [Pair(key, old[key], new[key]) for key in sorted(keys)]

    def differing(self, kind: str) -> Iterator[Pair]:
        """The keys of a kind that came, went, or whose stable forms differ, in order."""
        old, new = self.old(kind), self.new(kind)
        for key in sorted(old.keys() | new.keys()):
            before, after = old.get(key), new.get(key)
            if before is None or after is None or before.compared != after.compared:
                yield Pair(key, before, after)

    @property
    def host(self) -> str:
        """The host looked at, in lower case, "" where it is not known."""
        served = self.pair("page", "final_url")
        for url in (*(fact.value for fact in served.facts), self.target.url if self.target else ""):
            if host := host_of(url):
                return host
        return ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A change with what it rests on: the fact whose value must stay for it to hold, and how much differs.

    For a whole set `fact_key` is "" and `was`/`holds` are the keys of the members gone and come, one a line; else they
    are the compared values before and after. `size` is the number of differing characters, 0 where that says nothing.
    """

    change: Change
    kind: str
    fact_key: str
    was: str | None
    holds: str | None
    facts: tuple[Fact, ...] = ()
    size: int = 0


Detector = Callable[[Comparison], list[Finding]]


def by_kind(facts: Iterable[Fact]) -> dict[str, dict[str, Fact]]:
    """Facts as kind -> key -> fact."""
    kinds: dict[str, dict[str, Fact]] = {}
    for fact in facts:
        members = kinds.get(fact.kind)
        if members is None:
            members = kinds[fact.kind] = {}
        members[fact.key] = fact
    return kinds


def finding(
    comparison: Comparison,
    type_name: str,
    pair: Pair,
    kind: str,
    because: str,
    *,
    key: str | None = None,
    state: ChangeState = ChangeState.CONFIRMED,
) -> Finding:
    """A change of one fact; `key` is what the reader sees where that is not the fact's own."""
    before = pair.before.value if pair.before else None
    after = pair.after.value if pair.after else None
    change = typed(
        comparison,
        type_name,
        pair.key if key is None else key,
        before,
        after,
        because=because,
        state=state,
        facts=pair.facts,
    )
    was = pair.before.compared if pair.before else None
    holds = pair.after.compared if pair.after else None
    return Finding(change, kind, pair.key, was, holds, pair.facts)


def typed(
    comparison: Comparison,
    type_name: str,
    key: str,
    before: str | None,
    after: str | None,
    *,
    because: str,
    state: ChangeState = ChangeState.CONFIRMED,
    facts: tuple[Fact, ...] = (),
) -> Change:
    """A change with the severity of its type, evidence of its facts and the detector's reason."""
    target = comparison.target
    return Change(
        type=type_name,
        key=key,
        before=before,
        after=after,
        severity=CHANGE_TYPES[type_name].severity,
        confidence=1.0,
        state=state,
        at=comparison.now,
        reasons=(Reason("detect", type_name, because),),
        evidence=" -> ".join(fact.evidence for fact in facts if fact.evidence),
        target_id=target.id if target else 0,
        target=target.name if target else "",
    )


def suppressed(found: Finding, because: str, step: str = "noise") -> Finding:
    """The finding judged noise, with the filter that says so as its last reason."""
    reason = Reason(step, "suppressed", because)
    change = replace(found.change, state=ChangeState.SUPPRESSED, reasons=(*found.change.reasons, reason))
    return replace(found, change=change)


def host_of(url: str) -> str:
    """The host of an absolute URL in lower case, "" where it has none or cannot be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def family(host: str) -> str:
    """The part of a host name that its owner registered, by the shape of its labels.

    Two labels, or three where the last two look like a country's second level (`example.co.uk`): good enough to tell
    a site's own hosts from others; fetching, where it matters, uses the public suffix list.
    """
    labels = host.rsplit(".", 3)
    country_level = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if country_level else labels[-2:])


def is_error(facts: Mapping[str, FactsByKey]) -> bool:
    """Whether the page answered with a status of 400 or above."""
    status = facts.get("page", _NOTHING).get("status")
    return status is not None and status.value[:1] in ("4", "5")
