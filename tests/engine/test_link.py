"""Whether it is us: reference points on loopback that answer or do not, and a clock that the test moves."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from core.engine.link import FRESH_SECONDS, Link, reached
from core.model.change import Change


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@contextlib.asynccontextmanager
async def reference() -> AsyncIterator[tuple[str, list[int]]]:
    """A reference point that counts who comes."""
    came: list[int] = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(1)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", came


def closed() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def link(references: tuple[str, ...], clock: Clock) -> tuple[Link, list[Change | None]]:
    told: list[Change | None] = []

    async def tell(change: Change | None) -> None:
        told.append(change)

    return Link(references, tell, clock), told


async def test_a_reference_is_reached_by_its_port() -> None:
    async with reference() as (url, _):
        assert await reached(url)
        assert await reached(url.replace("tcp://", "http://") + "/path")
    assert not await reached(closed())
    assert not await reached("tcp://nobody.invalid:53")


async def test_one_reference_that_answers_settles_it() -> None:
    async with reference() as (url, _):
        ours, told = link((closed(), url), Clock())
        await ours.doubt()
    assert ours.online
    assert told == []


async def test_losing_every_reference_is_told_once_and_its_return_too() -> None:
    clock = Clock()
    gone = closed()
    ours, told = link((gone,), clock)
    await ours.doubt()
    clock.at += FRESH_SECONDS + 1
    await ours.doubt()
    assert not ours.online
    assert [change.type for change in told if change] == ["availability.inconclusive"]
    async with reference() as (url, _):
        ours.references = (url,)
        await ours.recheck()
    assert ours.online
    assert told[-1] is None
    assert len(told) == 2


async def test_references_are_asked_at_most_once_in_a_while() -> None:
    clock = Clock()
    async with reference() as (url, came):
        ours, _ = link((url,), clock)
        await asyncio.gather(*(ours.doubt() for _ in range(20)))
        await asyncio.sleep(0)
        assert len(came) == 1
        clock.at += FRESH_SECONDS
        await ours.doubt()
        async with asyncio.timeout(10):
            while len(came) < 2:
                await asyncio.sleep(0.01)


async def test_recheck_asks_nobody_while_the_link_works() -> None:
    async with reference() as (url, came):
        ours, _ = link((url,), Clock())
        await ours.recheck()
        assert came == []


async def test_without_references_the_targets_themselves_tell() -> None:
    clock = Clock()
    ours, told = link((), clock)
    for target_id in range(1, 11):
        ours.saw(target_id, failed=target_id > 1, now=clock.at)
    await ours.doubt()
    assert not ours.online
    assert "9 of 10 targets" in told[0].reasons[0].because  # type: ignore[union-attr]
    for target_id in range(1, 11):
        ours.saw(target_id, failed=False, now=clock.at)
    await ours.doubt()
    assert ours.online


async def test_looks_of_long_ago_say_nothing() -> None:
    clock = Clock()
    ours, told = link((), clock)
    for target_id in range(1, 11):
        ours.saw(target_id, failed=True, now=clock.at)
    clock.at += 61
    ours.saw(11, failed=True, now=clock.at)
    await ours.doubt()
    assert ours.online
    assert told == []


async def test_an_answer_from_before_something_failed_says_nothing_of_it() -> None:
    clock = Clock()
    async with reference() as (url, _):
        ours, _told = link((url,), clock)
        await ours.doubt(clock.at)
    clock.at += 2
    await ours.doubt(clock.at - 3)
    assert ours.online, "the answer is from after this failure began"
    await ours.doubt(clock.at - 1)
    assert not ours.online
