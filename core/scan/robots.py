"""Whether a site's robots.txt lets us look: RFC 9309, kept for an hour."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

import httpx
from protego import Protego

from core import clock
from core.model.scan import Failure, FailureClass
from core.scan.response import Response
from core.text import safe

MAX_BYTES = 512 * 1024
KEPT_SECONDS = 3600.0
FAILURE_KEPT_SECONDS = 300.0
KEPT_SITES = 2048

Read = Callable[[httpx.URL], Awaitable[Response | Failure]]


class Robots:
    """The rules of each site looked at, by origin. `agent` is the product token that rules are written for."""

    def __init__(self, agent: str, *, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._agent = agent
        self._monotonic = monotonic
        self._rules: OrderedDict[str, tuple[float, Protego | Failure]] = OrderedDict()

    async def refusal(self, url: httpx.URL, read: Read) -> Failure | None:
        """Why this URL must not be looked at, or None; `read` fetches a robots.txt.

        An answer of 4xx means that there are no rules; 429, 5xx and no answer mean that nothing may be read now.
        """
        origin = str(url.copy_with(raw_path=b"/", fragment=None, userinfo=b""))
        rules = self._kept(origin) or self._keep(origin, _rules(await read(url.copy_with(raw_path=b"/robots.txt"))))
        if isinstance(rules, Failure):
            return rules
        if rules.can_fetch(str(url), self._agent):
            return None
        return Failure(FailureClass.POLICY, safe(f"robots.txt of {url.host} disallows {url.path} for {self._agent}"))

    def _kept(self, origin: str) -> Protego | Failure | None:
        until, rules = self._rules.get(origin, (0.0, None))
        return rules if until > self._monotonic() else None

    def _keep(self, origin: str, rules: Protego | Failure) -> Protego | Failure:
        seconds = FAILURE_KEPT_SECONDS if isinstance(rules, Failure) else KEPT_SECONDS
        self._rules[origin] = (self._monotonic() + seconds, rules)
        self._rules.move_to_end(origin)
        if len(self._rules) > KEPT_SITES:
            self._rules.popitem(last=False)
        return rules


def product_token(user_agent: str) -> str:
    """What robots.txt calls us: `Vedette` of `Vedette/0.1 (+https://…)` (RFC 9309 section 2.2.1)."""
    return user_agent.partition("/")[0].strip() or "*"


def _rules(answer: Response | Failure) -> Protego | Failure:
    if isinstance(answer, Failure):
        return Failure(answer.failure_class, f"robots.txt: {answer.message}", answer.retry_after)
    if answer.status >= 500 or answer.status == 429:
        return Failure(FailureClass.HTTP, f"robots.txt answers {answer.status}, so nothing may be read for now")
    if answer.status != 200:
        return Protego.parse("")
    return Protego.parse(answer.body[:MAX_BYTES].decode("utf-8-sig", "replace"))
