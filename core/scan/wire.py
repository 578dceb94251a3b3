"""What engine and worker processes say to one another: length-prefixed msgpack frames over a socket pair.

A frame is four bytes, its length big-endian, then one message. Both sides are ours, yet the worker has parsed foreign
bytes: what comes back is decoded strictly into our own types and refused above a size.
"""

from __future__ import annotations

import asyncio

import msgspec

from core.model.scan import Scan, ScanJob
from core.settings.values import FetchSettings

MAX_FRAME = 96 * 1024 * 1024
_LENGTH = 4


class Configure(msgspec.Struct, frozen=True, tag="configure"):
    """How to fetch, and the directory of the operator's own fingerprints ("": none).

    The first message, and again whenever the settings change.
    """

    fetch: FetchSettings
    fingerprints: str = ""


class Look(msgspec.Struct, frozen=True, tag="look"):
    """Jobs to do."""

    jobs: tuple[ScanJob, ...]


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """Results by job id. `lateness_ms` is the longest the worker's loop was held up since the last message."""

    scans: tuple[tuple[int, Scan], ...]
    lateness_ms: float = 0.0


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The worker can take jobs."""

    pid: int


ToWorker = Configure | Look
FromWorker = Seen | Ready

_encoder = msgspec.msgpack.Encoder()
to_worker = msgspec.msgpack.Decoder(ToWorker)
from_worker = msgspec.msgpack.Decoder(FromWorker)


def frame(message: ToWorker | FromWorker) -> bytes:
    """The bytes of one message with its length before it."""
    body = _encoder.encode(message)
    return len(body).to_bytes(_LENGTH, "big") + body


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The next message's bytes; IncompleteReadError at the end, ValueError for a length no peer of ours sends."""
    length = int.from_bytes(await reader.readexactly(_LENGTH), "big")
    if length > MAX_FRAME:
        raise ValueError(f"a frame of {length} bytes is larger than {MAX_FRAME}")
    return await reader.readexactly(length)
