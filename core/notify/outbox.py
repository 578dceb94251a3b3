"""The loop that carries deliveries out: send, then mark, so that a crash repeats a message but never loses one.

The rows were written in the transaction of their cause; this loop holds the open ones in memory, feeds each channel on
its own so that one that hangs delays no other, and records every step through the ledger. That a delivery is being sent
is stored while it is sent, because a commit takes longer than most receivers; what it came to, only after that.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Protocol

from core.errors import NotFoundError, VedetteError
from core.model.alert import Delivery, DeliveryState
from core.notify.backoff import decide
from core.ports import Channel, DeliveryError, Message
from core.text import safe

SEND_TIMEOUT = 30.0
AT_ONCE = 4
_LONGEST_NAP = 5.0
_MARK_AGAIN = 2.0
_PUT_BACK = 10.0

_log = logging.getLogger("vedette.notify")


class Marks(Protocol):
    """The part of the ledger that the outbox needs."""

    async def move_delivery(self, delivery: Delivery) -> None: ...


class Outbox:
    """Feed it with `put`, run it as one task, cancel it to stop.

    `channels` answers the present channels by name. `load` makes the message of a delivery; a VedetteError from it is
    final. At most `at_once` sends run on a channel, and never two of the same alert, so its events keep their order.
    """

    def __init__(
        self,
        channels: Callable[[], Mapping[str, Channel]],
        ledger: Marks,
        load: Callable[[Delivery], Awaitable[Message]],
        now: Callable[[], float],
        chance: Callable[[], float],
        *,
        timeout: float = SEND_TIMEOUT,
        at_once: int = AT_ONCE,
    ) -> None:
        self._channels = channels
        self._ledger = ledger
        self._load = load
        self._now = now
        self._chance = chance
        self._timeout = timeout
        self._at_once = at_once
        self._heap: list[tuple[float, int, Delivery]] = []
        self._order = count()
        self._waiting: dict[str, list[Delivery]] = defaultdict(list)
        self._sending: dict[str, list[Delivery]] = defaultdict(list)
        self._dropped: set[int] = set()
        self._carried = 0
        self._taken_at = 0.0
        self._wake = asyncio.Event()

    def put(self, delivery: Delivery) -> None:
        """Take charge of a pending, retrying or interrupted delivery; it is sent when its `at` has come."""
        heapq.heappush(self._heap, (delivery.at, next(self._order), delivery))
        self._wake.set()

    def drop(self, delivery_id: int) -> None:
        """Forget a delivery that waits; one being sent is only not tried again."""
        self._heap = [each for each in self._heap if each[2].id != delivery_id]
        heapq.heapify(self._heap)
        for channel, waiting in self._waiting.items():
            self._waiting[channel] = [each for each in waiting if each.id != delivery_id]
        if any(each.id == delivery_id for sending in self._sending.values() for each in sending):
            self._dropped.add(delivery_id)

    def depths(self) -> dict[str, int]:
        """How many deliveries each channel has due or under way."""
        names = {*self._waiting, *self._sending}
        return {name: len(self._waiting[name]) + len(self._sending[name]) for name in names}

    def idle(self, until: float = math.inf) -> bool:
        """Whether nothing is under way and nothing waits to be sent, or tried again, before the moment `until`."""
        soon = bool(self._heap) and self._heap[0][0] < until
        return not soon and not self._carried and not any(self.depths().values())

    async def run(self) -> None:
        """Send until cancelled. What is under way then stays `sending` in the store and is sent again later."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                self._take_due()
                for channel in tuple(self._waiting):
                    for delivery in self._startable(channel):
                        tasks.create_task(self._carry(delivery), name=f"deliver {delivery.id}")
                await self._nap()

    async def _nap(self) -> None:
        wait = min(self._heap[0][0] - self._now(), _LONGEST_NAP) if self._heap else _LONGEST_NAP
        try:
            async with asyncio.timeout(max(wait, 0.0)):
                await self._wake.wait()
        except TimeoutError:
            return

    def _take_due(self) -> None:
        self._heed_clock()
        while self._heap and self._heap[0][0] <= self._now():
            delivery = heapq.heappop(self._heap)[2]
            self._waiting[delivery.channel].append(delivery)

    def _heed_clock(self) -> None:
        """Where the clock was put back, what waits is due as much earlier: nobody is told an hour late for that."""
        now = self._now()
        back = self._taken_at - now
        if back > _PUT_BACK:
            self._heap = [(at - back, order, delivery) for at, order, delivery in self._heap]
        self._taken_at = now

    def _startable(self, channel: str) -> list[Delivery]:
        """Move from waiting to sending what the channel's limits allow, oldest first."""
        sending, started, left = self._sending[channel], [], []
        for delivery in self._waiting[channel]:
            alike = any(delivery.alert_id and other.alert_id == delivery.alert_id for other in sending)
            if alike or len(sending) >= self._at_once:
                left.append(delivery)
            else:
                sending.append(delivery)
                started.append(delivery)
        self._waiting[channel] = left
        return started

    async def _carry(self, delivery: Delivery) -> None:
        """One attempt, from `sending` to what it came to."""
        self._carried += 1
        try:
            settled = await self._settle(delivery)
            await self._mark(settled)
            if settled.state is DeliveryState.RETRYING:
                self.put(settled)
        finally:
            self._carried -= 1
            self._dropped.discard(delivery.id)

    async def _settle(self, delivery: Delivery) -> Delivery:
        """The attempt, marked as begun meanwhile: a channel does not wait for the commits of those before."""
        attempt = replace(delivery, state=DeliveryState.SENDING, attempts=delivery.attempts + 1, at=self._now())
        async with asyncio.TaskGroup() as steps:
            steps.create_task(self._announce(attempt), name=f"announce {delivery.id}")
            try:
                settled = await self._attempt(attempt)
            finally:
                self._sending[delivery.channel].remove(delivery)
                self._wake.set()
        if settled.state is DeliveryState.RETRYING and delivery.id in self._dropped:
            return replace(settled, state=DeliveryState.DEAD, at=self._now())
        return settled

    async def _announce(self, attempt: Delivery) -> None:
        try:
            await self._ledger.move_delivery(attempt)
        except VedetteError:  # a store that cannot write must not keep an alert from going out
            _log.exception("delivery not marked as sending", extra={"delivery": attempt.id})

    async def _attempt(self, delivery: Delivery) -> Delivery:
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._send(delivery)
        except DeliveryError as error:
            return self._failed(delivery, error)
        except TimeoutError:
            return self._failed(delivery, DeliveryError(f"no answer within {self._timeout:g} s", permanent=False))
        except Exception as error:  # noqa: BLE001 - the outbox border: a fault in a channel must cost no other delivery
            _log.exception("channel failed", extra={"channel": delivery.channel, "delivery": delivery.id})
            return self._failed(
                delivery, DeliveryError(f"fault in the channel: {type(error).__name__}", permanent=False)
            )
        _log.info("delivered", extra={"channel": delivery.channel, "delivery": delivery.id})
        return replace(delivery, state=DeliveryState.DELIVERED, at=self._now(), response=safe(response, 500))

    async def _send(self, delivery: Delivery) -> str:
        channels = self._channels()
        channel = channels.get(delivery.channel)
        if channel is None:
            known = ", ".join(sorted(channels)) or "none"
            raise DeliveryError(f"there is no channel '{delivery.channel}' (channels: {known})", permanent=True)
        try:
            message = await self._load(delivery)
        except VedetteError as error:
            raise DeliveryError(f"its alert cannot be read: {error}", permanent=True) from error
        return await channel.send(message)

    def _failed(self, delivery: Delivery, error: DeliveryError) -> Delivery:
        decision = decide(delivery.attempts, error, self._now(), self._chance())
        extra = {"channel": delivery.channel, "delivery": delivery.id, "because": safe(decision.reason.because)}
        _log.warning("delivery failed", extra=extra)
        return replace(delivery, state=decision.state, at=decision.at, response=safe(f"{decision.reason.because}", 500))

    async def _mark(self, delivery: Delivery) -> None:
        """Record what an attempt came to: not cut off by a stop, and tried again while the store cannot write."""
        while True:
            writing = asyncio.ensure_future(self._ledger.move_delivery(delivery))
            try:
                await asyncio.shield(writing)
                return
            except asyncio.CancelledError:
                await asyncio.wait({writing})
                if not writing.cancelled() and writing.exception() is not None:
                    _log.error("delivery not marked", extra={"delivery": delivery.id})
                raise
            except NotFoundError:
                _log.warning("delivery not marked: its row is gone", extra={"delivery": delivery.id})
                return
            except VedetteError:
                _log.exception("delivery not marked", extra={"delivery": delivery.id})
                await asyncio.sleep(_MARK_AGAIN)
