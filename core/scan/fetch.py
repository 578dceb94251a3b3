"""From a URL to a response, or to the failure that a person can act on.

Redirects are followed here, by hand: each hop is judged anew, and the body of a redirect is never read. There is no
cookie jar, no proxy from the environment and no shared connection, so one look cannot colour the next.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import cast
from urllib.parse import unquote

import httpx

from core import clock
from core.errors import SettingsError
from core.model.scan import Failure, FailureClass
from core.scan.decode import decode_body
from core.scan.fault import TargetFault
from core.scan.guard import Network, check_url, networks, redirected, without_credentials
from core.scan.resolve import Resolver
from core.scan.response import Hop, Response, asked_to_wait
from core.scan.robots import Robots, product_token
from core.scan.transport import GuardedTransport, Passage, verifying_context
from core.settings.values import FetchSettings
from core.text import safe

MAX_REDIRECTS = 10
MAX_CHUNKS = 20_000
BUSY_MS = 5.0
PROBE_TIMEOUT = 5.0
PROBE_KEPT_SECONDS = 86_400.0
PROBES_KEPT = 10_000
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a fetch: a response, a failure, or both where the server answered that it failed (429, 5xx).

    `chain` holds the certificates seen (DER, leaf first), also those that could not be verified.
    """

    response: Response | None = None
    failure: Failure | None = None
    chain: tuple[bytes, ...] = ()


@dataclass(slots=True)
class _Journey:
    """One way through redirects, as far as it has come."""

    url: httpx.URL
    allow_private: bool
    obey_robots: bool = False
    hops: list[Hop] = field(default_factory=list)
    passage: Passage = field(default_factory=Passage)
    total_ms: float = 0.0
    credentials: str = ""


class Fetcher:
    """Fetches pages under one set of settings. `allow` adds networks to those of the settings.

    `lag` answers how many milliseconds the event loop has been held up in all; a fetch during which it grew by more
    than 5 is marked busy. Nothing that a target does makes `fetch` raise.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        allow: Sequence[Network] = (),
        now: Callable[[], float] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
        lag: Callable[[], float] | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._monotonic = monotonic
        self._lag = lag
        self.resolver = Resolver(settings.resolve, settings.resolvers, monotonic=monotonic)
        self.transport = GuardedTransport(
            self.resolver,
            verifying_context(settings.ca_file),
            allow=(*_allowed(settings), *allow),
            monotonic=monotonic,
        )
        self._robots = Robots(product_token(settings.user_agent), monotonic=monotonic)
        self._probed: dict[str, tuple[float, bool | None]] = {}
        self._headers = [
            (b"User-Agent", settings.user_agent.encode("latin-1", "replace")),
            (b"Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            (b"Accept-Encoding", b"gzip, br, zstd"),
            (b"Connection", b"close"),
        ]

    async def fetch(
        self,
        url: str,
        *,
        allow_private: bool = False,
        obey_robots: bool = False,
        dns_records: bool = True,
        https_probe: bool = False,
    ) -> Fetched:
        """Look at one URL within `[fetch] timeout`.

        `obey_robots` asks robots.txt first, on each hop. `dns_records` adds the host's DNS records. `https_probe`
        asks, once a day, whether plain HTTP on port 80 leads an https target's visitors to https.
        """
        lag_before = self._lag() if self._lag else 0.0
        fetched = await self._fetched(url, allow_private, obey_robots)
        if fetched.response is None:
            return fetched
        busy = self._lag is not None and self._lag() - lag_before > BUSY_MS
        host = httpx.URL(fetched.response.url)
        redirect = await self._https_redirect(host, fetched.response, allow_private, https_probe)
        records = await self.resolver.records(host.raw_host.decode("ascii")) if dns_records else {}
        response = replace(fetched.response, busy=busy, records=records, https_redirect=redirect)
        return replace(fetched, response=response)

    async def close(self) -> None:
        """Let go of everything; connections are closed by the fetch that opened them."""
        await self.transport.aclose()

    async def _fetched(self, url: str, allow_private: bool, obey_robots: bool) -> Fetched:
        try:
            outcome = await self._in_time(_Journey(check_url(url), allow_private, obey_robots))
        except TargetFault as fault:
            return Fetched(failure=Failure(fault.failure_class, safe(str(fault))), chain=fault.chain)
        if isinstance(outcome, Failure):
            return Fetched(failure=outcome)
        chain = outcome.tls.chain if outcome.tls else ()
        return Fetched(outcome, self._server_failure(outcome), chain)

    async def _in_time(self, journey: _Journey) -> Response | Failure:
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._follow(journey)
        except TimeoutError:
            message = f"no complete answer within {self._settings.timeout:g} s, while {journey.passage.stage}"
            raise TargetFault(FailureClass.TIMEOUT, message) from None

    def _server_failure(self, response: Response) -> Failure | None:
        if response.status < 500 and response.status != 429:
            return None
        try:
            phrase = " " + HTTPStatus(response.status).phrase
        except ValueError:
            phrase = ""
        wait = asked_to_wait(response.headers, self._now())
        return Failure(FailureClass.HTTP, f"{response.status}{phrase}", wait)

    async def _follow(self, journey: _Journey) -> Response | Failure:
        first = journey.url
        journey.credentials = _basic(first)
        seen = {str(journey.url)}
        while True:
            refusal = await self._disallowed(journey)
            if refusal:
                return refusal
            response, location = await self._hop(journey)
            if not location:
                return replace(response, url=without_credentials(first), redirects=tuple(journey.hops))
            if len(journey.hops) == MAX_REDIRECTS:
                raise TargetFault(FailureClass.HTTP, f"more than {MAX_REDIRECTS} redirects")
            journey.hops.append(Hop(without_credentials(journey.url), response.status, location))
            _go_on(journey, location)
            if str(journey.url) in seen:
                raise TargetFault(FailureClass.HTTP, f"the redirects go round in a loop of {len(journey.hops)}")
            seen.add(str(journey.url))

    async def _disallowed(self, journey: _Journey) -> Failure | None:
        if not journey.obey_robots:
            return None
        return await self._robots.refusal(journey.url, partial(self._read_robots, journey.allow_private))

    async def _read_robots(self, allow_private: bool, url: httpx.URL) -> Response | Failure:
        try:
            return await self._follow(_Journey(url, allow_private))
        except TargetFault as fault:
            return Failure(fault.failure_class, str(fault))

    async def _hop(self, journey: _Journey) -> tuple[Response, str]:
        """One request: its response, and where that points if it is a redirect to follow."""
        journey.passage = passage = Passage()
        started = self._monotonic()
        answer = await self.transport.handle_async_request(self._request(journey))
        stream = answer.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        try:
            headers = _texts(answer.headers.raw)
            location = _location(headers) if answer.status_code in REDIRECTS else ""
            raw, whole = (b"", True) if 300 <= answer.status_code < 400 else await self._raw_body(stream)
        finally:
            await stream.aclose()
        ended = self._monotonic()
        journey.total_ms += (ended - started) * 1000
        passage.timings["download_ms"] = (ended - passage.first_byte_at) * 1000
        passage.timings["total_ms"] = journey.total_ms
        return self._told(journey, answer, headers, raw, whole), location

    def _told(
        self,
        journey: _Journey,
        answer: httpx.Response,
        headers: tuple[tuple[str, str], ...],
        raw: bytes,
        whole: bool,
    ) -> Response:
        body, truncated = self._decoded(raw, headers, whole)
        url = without_credentials(journey.url)
        return Response(
            url=url,
            final_url=url,
            status=answer.status_code,
            headers=headers,
            body=body,
            http_version=answer.http_version,
            truncated=truncated,
            address=journey.passage.address,
            tls=journey.passage.tls,
            timings=journey.passage.timings,
            transfer_bytes=len(raw),
        )

    def _request(self, journey: _Journey) -> httpx.Request:
        authorization = [(b"Authorization", journey.credentials.encode("ascii"))] if journey.credentials else []
        return httpx.Request(
            "GET",
            journey.url,
            headers=[*self._headers, *authorization],
            extensions={"passage": journey.passage, "allow_private": journey.allow_private},
        )

    async def _raw_body(self, stream: httpx.AsyncByteStream) -> tuple[bytes, bool]:
        """The body as transferred, and whether that is all of it."""
        parts: list[bytes] = []
        room = self._settings.max_transfer
        async with contextlib.aclosing(cast("AsyncGenerator[bytes, None]", stream.__aiter__())) as chunks:
            async for chunk in chunks:
                parts.append(chunk[:room])
                room -= len(chunk)
                if room < 0:
                    return b"".join(parts), False
                if len(parts) > MAX_CHUNKS:
                    raise TargetFault(FailureClass.BODY, f"the body comes in more than {MAX_CHUNKS} pieces")
                if len(parts) % 64 == 0:
                    await asyncio.sleep(0)
        return b"".join(parts), True

    def _decoded(self, raw: bytes, headers: tuple[tuple[str, str], ...], whole: bool) -> tuple[bytes, bool]:
        codings = [each for name, value in headers if name.lower() == "content-encoding" for each in value.split(",")]
        return decode_body(raw, codings, self._settings.max_body, complete=whole)

    async def _https_redirect(
        self, url: httpx.URL, response: Response, allow_private: bool, probe: bool
    ) -> bool | None:
        if url.scheme == "http":
            return any(
                hop.startswith("https:") for hop in (*(hop.url for hop in response.redirects), response.final_url)
            )
        host = url.raw_host.decode("ascii")
        if not probe or url.port not in (None, 443) or self.resolver.overridden(host):
            return None
        until, answer = self._probed.get(host, (0.0, None))
        if until <= self._monotonic():
            answer = await self._probe(url, allow_private)
            self._probed[host] = (self._monotonic() + PROBE_KEPT_SECONDS, answer)
            if len(self._probed) > PROBES_KEPT:
                del self._probed[next(iter(self._probed))]
        return answer

    async def _probe(self, url: httpx.URL, allow_private: bool) -> bool | None:
        """Whether port 80 redirects to https; None where nobody answers there."""
        journey = _Journey(url.copy_with(scheme="http", port=None, userinfo=b""), allow_private)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                _, location = await self._hop(journey)
            return bool(location) and redirected(journey.url, location).scheme == "https"
        except (TargetFault, TimeoutError):
            return None


def _allowed(settings: FetchSettings) -> tuple[Network, ...]:
    try:
        return networks(settings.allow)
    except ValueError as error:
        raise SettingsError(f"[fetch] allow: {error}; write networks like 10.20.0.0/16") from error


def _go_on(journey: _Journey, location: str) -> None:
    """Turn to where a redirect points; credentials go only to the origin they were given for (RFC 9110, 15.4)."""
    target = redirected(journey.url, location)
    if (target.scheme, target.raw_host, target.port) != (journey.url.scheme, journey.url.raw_host, journey.url.port):
        journey.credentials = ""
    journey.url = target


def _basic(url: httpx.URL) -> str:
    """The Authorization value for a URL with user name and password (RFC 7617), or ""."""
    if not url.userinfo:
        return ""
    return "Basic " + base64.b64encode(unquote(url.userinfo.decode("ascii")).encode()).decode("ascii")


def _texts(raw: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("ascii", "replace"), _text(value)) for name, value in raw)


def _text(value: bytes) -> str:
    """A header value: ASCII by RFC 9110, UTF-8 by custom, and Latin-1 by history."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _location(headers: Sequence[tuple[str, str]]) -> str:
    return next((value.strip() for name, value in headers if name.lower() == "location"), "")
