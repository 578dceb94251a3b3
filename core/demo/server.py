"""The demo's world as a process of its own: all sites on one TLS port, the mailbox, the webhook, and the script.

`python -m core.demo.server FOLDER` says on standard output, one line of JSON each, where it listens, when the script
begins, and what was received. It lives until its standard input ends, which a parent that dies cannot fail to bring
about, and its last act is to remove FOLDER: so nothing stays behind however the demo ends.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import ssl
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from core import clock
from core.demo.authority import Authority
from core.demo.inbox import LONGEST, Hook, Mailbox, Received
from core.demo.script import states
from core.demo.sites import BY_HOST, SITES, Site, State, page

LOOPBACK = "127.0.0.1"
TICK = 0.1
_BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Sites:
    """Every site with its present state and certificate. The script begins once each site was asked for its page."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._states = states(0)
        self._contexts = {site.host: self._certified(site, self._states[site.name]) for site in SITES}
        self._not_asked = set(self._contexts)
        self.front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.front.sni_callback = self._choose
        self.all_asked = asyncio.Event()

    def become(self, wanted: Mapping[str, State]) -> None:
        """Put every site into its state; one whose certificate is another than before gets a new one."""
        for site in SITES:
            if wanted[site.name].certificate_days != self._states[site.name].certificate_days:
                self._contexts[site.host] = self._certified(site, wanted[site.name])
        self._states = dict(wanted)

    def _certified(self, site: Site, state: State) -> ssl.SSLContext:
        return self._authority.context(site.host, state.certificate_days, clock.now())

    def _choose(self, connection: ssl.SSLObject, name: str | None, front: ssl.SSLContext) -> int | None:
        context = self._contexts.get(name or "")
        if context is None:
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        connection.context = context
        return None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one response, as one connection a look has it."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            hosts = [line[5:].strip().partition(":")[0] for line in lines if line.lower().startswith("host:")]
            site = BY_HOST.get(hosts[0]) if hosts else None
            writer.write(_response(404, (), "") if site is None else await self._page(site, lines[0]))
            await writer.drain()
        writer.close()

    async def _page(self, site: Site, request: str) -> bytes:
        if request.split(" ")[1:2] != ["/"]:
            return _response(404, (), "")
        state = self._states[site.name]
        await asyncio.sleep(site.delay * state.slower)
        self._asked(site)
        if state.down:
            return _response(502, (("Content-Type", "text/html"),), _BAD_GATEWAY)
        built = page(site, state, secrets.token_hex(32), clock.now())
        return _response(200, built.headers, built.html)

    def _asked(self, site: Site) -> None:
        self._not_asked.discard(site.host)
        if not self._not_asked:
            self.all_asked.set()


def _response(status: int, headers: tuple[tuple[str, str], ...], body: str) -> bytes:
    encoded = body.encode()
    words = {200: "OK", 404: "Not Found", 502: "Bad Gateway"}[status]
    lines = [f"HTTP/1.1 {status} {words}", "Connection: close", f"Content-Length: {len(encoded)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + encoded


async def play(sites: Sites) -> None:
    """Wait until every site was looked at once, then play the script over and over."""
    await sites.all_asked.wait()
    began = clock.monotonic()
    _say(event="begin", at=clock.now())
    while True:
        sites.become(states(clock.monotonic() - began))
        await asyncio.sleep(TICK)


async def serve(folder: Path) -> None:
    """Serve until standard input ends."""
    sites = Sites(Authority(folder, clock.now()))
    mailbox, hook = Mailbox(_received), Hook(_received)
    web = await asyncio.start_server(sites.answer, LOOPBACK, 0, ssl=sites.front, backlog=256)
    mail = await asyncio.start_server(mailbox.answer, LOOPBACK, 0, limit=LONGEST)
    hooks = await asyncio.start_server(hook.answer, LOOPBACK, 0, limit=LONGEST)
    ports = [each.sockets[0].getsockname()[1] for each in (web, mail, hooks)]
    _say(event="open", port=ports[0], mail=ports[1], hook=ports[2])
    playing = asyncio.create_task(play(sites))
    await _input_ends()
    playing.cancel()
    for server in (web, mail, hooks):
        server.close()


async def _input_ends() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def _received(received: Received) -> None:
    _say(event="received", at=clock.now(), **asdict(received))


def _say(**line: object) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def main(folder: Path) -> None:
    try:
        asyncio.run(serve(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
