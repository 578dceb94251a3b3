"""A webhook receiver as a process of its own, whose log is the judge: `python -m tests.farm.receiver --log FILE`.

Every request becomes one line of JSON before it is answered: at (epoch seconds), path, key (Idempotency-Key), event,
alert (its uuid), changes (their uuids), status (what was answered), headers (lower case), body (text). `--refuse 0.3`
answers that share with 503, chosen by `--seed`; `--delay` seconds pass between log line and answer. Prints {"port": N}.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import time
from pathlib import Path
from typing import Any


class Receiver:
    """Takes what comes, writes it down, and only then answers."""

    def __init__(self, log: Path, refuse: float, chance: random.Random, delay: float) -> None:
        self._log = log.open("a", encoding="utf-8")
        self._refuse = refuse
        self._chance = chance
        self._delay = delay

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(_header(line) for line in head[1:] if line)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            status = 503 if self._chance.random() < self._refuse else 200
            self._write(entry(head[0].split(" ")[1], headers, body, status))
            if self._delay:
                await asyncio.sleep(self._delay)
            words = b"received" if status == 200 else b"not now"
            writer.write(b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (status, len(words)))
            writer.write(words)
            await writer.drain()
        writer.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()


def entry(path: str, headers: dict[str, str], body: bytes, status: int) -> dict[str, Any]:
    """The line of one request; a body that is no notification leaves event, alert and changes empty."""
    event, alert, changes = "", "", []
    with contextlib.suppress(ValueError, KeyError, TypeError):
        document = json.loads(body)
        event, alert = document["event"], document["alert"]["uuid"]
        changes = [change["uuid"] for change in document["alert"]["changes"]]
    return {
        "at": time.time(),
        "path": path,
        "key": headers.get("idempotency-key", ""),
        "event": event,
        "alert": alert,
        "changes": changes,
        "status": status,
        "headers": headers,
        "body": body.decode("utf-8", "replace"),
    }


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def read(log: Path) -> list[dict[str, Any]]:
    """Everything that was received so far; a line being written just now is left out."""
    if not log.exists():
        return []
    whole, _, _ = log.read_text(encoding="utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


async def serve(port: int, receiver: Receiver) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", port, limit=2**20)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--refuse", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0.0)
    given = parser.parse_args()
    receiver = Receiver(given.log, given.refuse, random.Random(given.seed), given.delay)
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(serve(given.port, receiver))


if __name__ == "__main__":
    main()
