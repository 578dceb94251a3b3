"""Whether it is us: looks at reference points when targets fail, so that our own dead link downs nobody.

Asked only in doubt: when a look has failed. Without reference points the targets themselves are the reference.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from core.detect.connectivity import LinkState, RecentLooks, judge_link
from core.model.change import Change

PATIENCE_SECONDS = 4.0
FRESH_SECONDS = 5.0
ASKED_EVERY = 1.0
RECENT_SECONDS = 60.0


class Link:
    """The state of our own link. `told` hears of the change when it is lost, and None when it is back."""

    def __init__(
        self, references: Sequence[str], told: Callable[[Change | None], Awaitable[None]], now: Callable[[], float]
    ) -> None:
        self.references = tuple(references)
        self._told = told
        self._now = now
        self._state = LinkState()
        self._looks: dict[int, tuple[float, bool]] = {}
        self._asked_at = 0.0
        self._asking = asyncio.Lock()

    @property
    def online(self) -> bool:
        return self._state.online

    def saw(self, target_id: int, failed: bool, now: float) -> None:
        """A look at a target ended; `failed` on the network."""
        self._looks.pop(target_id, None)
        self._looks[target_id] = (now, failed)

    async def doubt(self, since: float = 0.0) -> None:
        """Something has failed since then: find out whether it is us.

        An answer of the reference points from after `since` holds for five seconds; they are asked at most once a
        second. The state moves once `told` has returned: what could not be stored is found, and told, again.
        """
        async with self._asking:
            now = self._now()
            if self.references and self._is_answered(since, now):
                return
            answers = await asyncio.gather(*(reached(each) for each in self.references))
            state, change = await self._judged(answers, now)
            if change is not None:
                await self._told(change)
            self._state, self._asked_at = state, now

    def _is_answered(self, since: float, now: float) -> bool:
        age = now - self._asked_at
        return 0 <= age < ASKED_EVERY or (0 <= age < FRESH_SECONDS and self._asked_at >= since)

    async def recheck(self) -> None:
        """While the link is down, find out whether it is back."""
        if not self._state.online:
            self._asked_at = 0.0
            await self.doubt()

    async def _judged(self, answers: Sequence[bool], now: float) -> tuple[LinkState, Change | None]:
        state, change = judge_link(answers, self._recent(now), now, self._state)
        if state.online and not self._state.online:
            self._looks.clear()
            await self._told(None)
        return state, change

    def _recent(self, now: float) -> RecentLooks:
        for target_id, (at, _) in list(self._looks.items()):
            if at >= now - RECENT_SECONDS:
                break
            del self._looks[target_id]
        return RecentLooks(len(self._looks), sum(failed for _, failed in self._looks.values()))


async def reached(reference: str) -> bool:
    """Whether a TCP connection to `tcp://host:port` or to a URL's host opens within the patience."""
    parts = urlsplit(reference)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port)
            writer.close()
            return True
    return False
