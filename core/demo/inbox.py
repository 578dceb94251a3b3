"""Where the demo's notifications arrive: a mailbox that speaks SMTP, and a receiver of webhooks.

Both take everything, keep nothing, and tell the demo what came. The mailbox speaks as much of RFC 5321 as a client
that submits one message needs.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from core.text import safe

LONGEST = 1 << 20
_ALERT = re.compile(r"^Alert (A-\d+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Received:
    """One notification as its receiver read it: `about` is the event, `alert` the alert's id."""

    channel: str
    about: str
    alert: str
    subject: str


Heard = Callable[[Received], None]


class Mailbox:
    """`answer` speaks with one client; what was received goes to `heard`."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mailbox of the demo\r\n")
        while True:
            await writer.drain()
            verb = (await reader.readuntil(b"\r\n"))[:4].upper().strip()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                self._heard(_mail(await _message(reader)))
                writer.write(b"250 kept for as long as the demo runs\r\n")
            elif verb in (b"EHLO", b"HELO"):
                writer.write(b"250-mailbox\r\n250 8BITMIME\r\n" if verb == b"EHLO" else b"250 mailbox\r\n")
            elif verb in (b"MAIL", b"RCPT", b"RSET", b"NOOP"):
                writer.write(b"250 fine\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"502 not spoken here\r\n")


async def _message(reader: asyncio.StreamReader) -> bytes:
    """What follows DATA up to the line with a dot alone, with doubled first dots made single (RFC 5321, 4.5.2)."""
    lines = []
    while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    return b"".join(lines)


def _mail(raw: bytes) -> Received:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    part = message.get_body(("plain",))
    found = _ALERT.search(part.get_content()) if part is not None else None
    about, subject = str(message.get("X-Vedette-Event", "")), str(message.get("Subject", ""))
    return Received("mail", safe(about, 40), found[1] if found else "", safe(subject, 200))


class Hook:
    """Answers every HTTP request with 200; what was posted goes to `heard`."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = re.search(r"^content-length: *(\d{1,7})\r$", head, re.MULTILINE)
            body = await reader.readexactly(min(int(length[1]), LONGEST) if length else 0)
            self._heard(_posted(body))
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\nreceived")
            await writer.drain()
        writer.close()


def _posted(body: bytes) -> Received:
    """ValueError where the body is no notification."""
    try:
        document = json.loads(body)
        alert = document["alert"]
        types = ", ".join(dict.fromkeys(str(change["type"]) for change in alert["changes"]))
        subject = f"{alert['target']}: {types}"
        return Received("hook", safe(str(document["event"]), 40), safe(str(alert["id"]), 20), safe(subject, 200))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a notification: {error}") from error
