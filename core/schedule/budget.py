"""How fast and how many at a time we look at one registrable domain, all of its targets together.

A domain that says "too many" (429, 503, Retry-After) is left alone, then approached again at half the rate, a half
less each time; quiet minutes give it back. Who is refused is told the next free turn and not the next try, so a
thousand targets of one domain do not all ask again at the same moment.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from publicsuffixlist import PublicSuffixList

LONGEST_RETRY_AFTER = 3600.0
LONGEST_PAUSE = 60.0
LONGEST_QUEUE = 60.0
_FIRST_PAUSE = 1.0
_STRICTEST = 6
_FORGIVEN_AFTER = 60.0
_ROUNDING = 0.001


@dataclass(frozen=True, slots=True)
class DomainLevel:
    """A domain that is held back: seconds until it may be asked at all, its present rate, and looks under way."""

    domain: str
    held_for: float
    rate: float
    in_flight: int


@dataclass(slots=True)
class _Domain:
    """`turn` is when the next look may start, `queue` the last turn promised; `strictness` halves the rate."""

    turn: float = 0.0
    queue: float = 0.0
    held_until: float = 0.0
    forgiven_at: float = 0.0
    strictness: int = 0
    in_flight: int = 0

    def forgive(self, now: float) -> None:
        while self.strictness and now >= self.forgiven_at:
            self.strictness -= 1
            self.forgiven_at += _FORGIVEN_AFTER

    def is_idle(self, now: float) -> bool:
        self.forgive(now)
        return not (self.in_flight or self.strictness) and max(self.turn, self.queue, self.held_until) <= now


class DomainBudget:
    """`rate` looks a second, `concurrency` at a time, for each domain. Calls are O(1); idle domains are forgotten."""

    def __init__(self, rate: float, concurrency: int) -> None:
        self._rate = rate
        self._concurrency = concurrency
        self._domains: OrderedDict[str, _Domain] = OrderedDict()

    def __len__(self) -> int:
        return len(self._domains)

    def limit(self, rate: float, concurrency: int) -> None:
        """Other limits, from now on."""
        self._rate = rate
        self._concurrency = concurrency

    def limits_only(self) -> None:
        """Forget every moment that was noted, because the clock was put back; what is under way still counts."""
        for domain, state in self._domains.items():
            self._domains[domain] = _Domain(in_flight=state.in_flight)

    def reserve(self, domain: str, now: float) -> float:
        """Seconds to wait before asking again; 0 means go, and counts as under way until `release`."""
        self._forget_one(now)
        state = self._domains.setdefault(domain, _Domain())
        state.forgive(now)
        spacing = self._spacing(state)
        free_at = max(state.turn, state.held_until)
        has_room = state.in_flight < self._allowed(state)
        if has_room and free_at <= now + _ROUNDING:
            state.turn = max(state.turn, now) + spacing
            state.in_flight += 1
            return 0.0
        free_at = max(free_at, now if has_room else now + spacing)
        state.queue = min(max(state.queue + spacing, free_at), free_at + LONGEST_QUEUE)
        return state.queue - now

    def release(self, domain: str, now: float) -> None:
        """A look ended, however it did."""
        state = self._domains.get(domain)
        if state is not None and state.in_flight:
            state.in_flight -= 1
            state.forgive(now)

    def back_off(self, domain: str, now: float, retry_after: float | None) -> None:
        """The domain asked for patience: leave it alone `retry_after` seconds (at most an hour), or a doubling pause.

        Answers to looks that were under way when it first said so do not count again.
        """
        state = self._domains.setdefault(domain, _Domain())
        state.forgive(now)
        if now >= state.held_until:
            state.strictness = min(state.strictness + 1, _STRICTEST)
        pause = min(_FIRST_PAUSE * 2.0**state.strictness, LONGEST_PAUSE)
        if retry_after is not None:
            pause = max(pause, min(retry_after, LONGEST_RETRY_AFTER))
        state.held_until = max(state.held_until, now + pause)
        state.forgiven_at = state.held_until + _FORGIVEN_AFTER

    def levels(self, now: float) -> tuple[DomainLevel, ...]:
        """The domains that are held back now, the longest first."""
        held = [
            DomainLevel(domain, max(0.0, state.held_until - now), 1 / self._spacing(state), state.in_flight)
            for domain, state in self._domains.items()
            if not state.is_idle(now) and (state.strictness or state.held_until > now)
        ]
        return tuple(sorted(held, key=lambda level: (-level.held_for, level.domain)))

    def _spacing(self, state: _Domain) -> float:
        return 2.0**state.strictness / self._rate

    def _allowed(self, state: _Domain) -> int:
        return 1 if state.strictness else self._concurrency

    def _forget_one(self, now: float) -> None:
        """Look at the domain that was looked at longest ago: each call pays for forgetting one."""
        if self._domains:
            domain, state = next(iter(self._domains.items()))
            if state.is_idle(now):
                del self._domains[domain]
            else:
                self._domains.move_to_end(domain)


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=32_768)
def registrable_domain(host: str) -> str:
    """The part of a host name that one owner registered (`shop.example.co.uk` -> `example.co.uk`), in lower case.

    Private suffixes count (`a.github.io` is its own). An IP address, and a name that is itself a suffix, stand for
    themselves. Source: publicsuffix.org.
    """
    name = host.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return _suffixes().privatesuffix(name) or name
