"""The outbox loop: nothing lost, nobody delayed by somebody else's channel, every step recorded."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from itertools import count

import pytest

from core import clock
from core.errors import NotFoundError
from core.model.alert import AlertEvent, Delivery, DeliveryState
from core.notify.outbox import Outbox
from core.ports import Channel, DeliveryError, Message
from tests.fakes import Mailbox, MemoryDeliveries, a_message


async def load(delivery: Delivery) -> Message:
    return a_message(key=delivery.key)


_numbers = count(1)


def a_delivery(channel: str = "ops", alert_id: int = 0, at: float = 0.0, **changed: object) -> Delivery:
    number = next(_numbers)
    return Delivery(
        channel, AlertEvent.FIRING, at, key=f"key-{number}", alert_id=alert_id or number, id=number, **changed
    )  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(
    channels: Mapping[str, Channel],
    ledger: MemoryDeliveries,
    *,
    timeout: float = 5.0,
    load_message: Callable[[Delivery], Awaitable[Message]] = load,
) -> AsyncIterator[Outbox]:
    """An outbox at work, whose retries come at once (chance 0)."""
    outbox = Outbox(lambda: channels, ledger, load_message, clock.now, lambda: 0.0, timeout=timeout)
    task = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def ended(ledger: MemoryDeliveries, *deliveries: Delivery) -> Callable[[], bool]:
    final = (DeliveryState.DELIVERED, DeliveryState.DEAD)
    return lambda: all(each.id in ledger.rows and ledger.rows[each.id].state in final for each in deliveries)


async def test_a_delivery_is_marked_before_and_after_it_is_sent() -> None:
    ledger, mailbox, delivery = MemoryDeliveries(), Mailbox(), a_delivery()
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.until(ended(ledger, delivery))
    row = ledger.rows[delivery.id]
    assert ledger.states(delivery.id) == ["sending", "delivered"]
    assert (row.attempts, row.response, row.key) == (1, "taken", delivery.key)
    assert mailbox.keys == [delivery.key]


async def test_a_refused_delivery_is_repeated_with_the_same_key() -> None:
    ledger, delivery = MemoryDeliveries(), a_delivery()
    mailbox = Mailbox(DeliveryError("503", permanent=False), DeliveryError("503", permanent=False))
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.until(ended(ledger, delivery))
    assert ledger.states(delivery.id) == ["sending", "retrying"] * 2 + ["sending", "delivered"]
    assert mailbox.keys == [delivery.key] * 3
    assert ledger.rows[delivery.id].attempts == 3


async def test_ten_refusals_end_in_a_dead_letter_that_says_why() -> None:
    ledger, delivery = MemoryDeliveries(), a_delivery()
    mailbox = Mailbox(*(DeliveryError("503 busy", permanent=False) for _ in range(20)))
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.until(ended(ledger, delivery))
    row = ledger.rows[delivery.id]
    assert (row.state, row.attempts) == (DeliveryState.DEAD, 10)
    assert row.response == "gave up after 10 attempts: 503 busy"


async def test_a_permanent_refusal_is_not_repeated() -> None:
    ledger, delivery = MemoryDeliveries(), a_delivery()
    mailbox = Mailbox(DeliveryError("410 Gone", permanent=True))
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.until(ended(ledger, delivery))
    assert ledger.states(delivery.id) == ["sending", "dead"]
    assert "410 Gone" in ledger.rows[delivery.id].response


async def test_a_channel_that_does_not_exist_makes_a_dead_letter_naming_those_that_do() -> None:
    ledger, delivery = MemoryDeliveries(), a_delivery("opps")
    async with running({"ops": Mailbox()}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.until(ended(ledger, delivery))
    assert ledger.rows[delivery.id].state is DeliveryState.DEAD
    assert "there is no channel 'opps' (channels: ops)" in ledger.rows[delivery.id].response


async def test_a_fault_in_a_channel_costs_no_other_delivery() -> None:
    ledger, first, second = MemoryDeliveries(), a_delivery(), a_delivery()
    async with running({"ops": Mailbox(ZeroDivisionError("a bug"))}, ledger) as outbox:
        outbox.put(first)
        outbox.put(second)
        await ledger.until(ended(ledger, first, second))
    assert {each.state for each in ledger.rows.values()} == {DeliveryState.DELIVERED}


async def test_an_alert_that_is_gone_makes_a_dead_letter() -> None:
    async def gone(delivery: Delivery) -> Message:
        raise NotFoundError(f"no alert A-{delivery.alert_id}")

    ledger, delivery = MemoryDeliveries(), a_delivery()
    async with running({"ops": Mailbox()}, ledger, load_message=gone) as outbox:
        outbox.put(delivery)
        await ledger.until(ended(ledger, delivery))
    assert ledger.rows[delivery.id].state is DeliveryState.DEAD
    assert "no alert" in ledger.rows[delivery.id].response


async def test_a_channel_that_hangs_delays_no_other() -> None:
    ledger, stuck, mailbox = MemoryDeliveries(), Mailbox(None), Mailbox()
    hanging = [a_delivery("stuck") for _ in range(20)]
    quick = [a_delivery("ops") for _ in range(50)]
    async with running({"stuck": stuck, "ops": mailbox}, ledger, timeout=60.0) as outbox:
        for each in (*hanging, *quick):
            outbox.put(each)
        await ledger.until(ended(ledger, *quick))
        assert len(stuck.keys) == 4
        assert outbox.depths()["stuck"] == 20
    assert sorted(mailbox.keys) == sorted(each.key for each in quick)


async def test_no_answer_in_time_is_asked_again() -> None:
    ledger, delivery = MemoryDeliveries(), a_delivery()
    async with running({"ops": Mailbox(None)}, ledger, timeout=0.01) as outbox:
        outbox.put(delivery)
        await ledger.until(lambda: "retrying" in ledger.states(delivery.id))
    assert "no answer within 0.01 s" in next(each for each in ledger.moves if each.response).response


async def test_nothing_is_sent_before_it_is_due() -> None:
    ledger, mailbox = MemoryDeliveries(), Mailbox()
    later, now = a_delivery(at=clock.now() + 3600), a_delivery()
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(later)
        outbox.put(now)
        await ledger.until(ended(ledger, now))
        assert not outbox.idle()
        outbox.drop(later.id)
        while not outbox.idle():
            await asyncio.sleep(0)
    assert mailbox.keys == [now.key]


async def test_what_is_tried_again_later_need_not_be_waited_for() -> None:
    ledger, delivery = MemoryDeliveries(), a_delivery()
    mailbox = Mailbox(DeliveryError("503", permanent=False, retry_after=600.0))
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(delivery)
        assert not outbox.idle(clock.now() + 30)
        await ledger.until(lambda: "retrying" in ledger.states(delivery.id))
        while not outbox.idle(clock.now() + 30):
            await asyncio.sleep(0)
        assert not outbox.idle(clock.now() + 900)
        assert not outbox.idle()


async def test_the_events_of_one_alert_keep_their_order() -> None:
    ledger, mailbox = MemoryDeliveries(), Mailbox()
    events = [a_delivery(alert_id=7) for _ in range(8)]
    async with running({"ops": mailbox}, ledger) as outbox:
        for each in events:
            outbox.put(each)
        await ledger.until(ended(ledger, *events))
    assert mailbox.keys == [each.key for each in events]


async def test_a_store_that_cannot_write_for_a_moment_keeps_no_alert_from_going_out() -> None:
    ledger, mailbox, delivery = MemoryDeliveries(), Mailbox(), a_delivery()
    ledger.broken = 1
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.until(ended(ledger, delivery))
    assert ledger.states(delivery.id) == ["delivered"]


async def test_a_store_that_takes_its_time_delays_no_send() -> None:
    written = asyncio.Event()

    class Slow(MemoryDeliveries):
        async def move_delivery(self, delivery: Delivery) -> None:
            await written.wait()
            await super().move_delivery(delivery)

    ledger, mailbox, deliveries = Slow(), Mailbox(), [a_delivery() for _ in range(20)]
    async with running({"ops": mailbox}, ledger) as outbox:
        for each in deliveries:
            outbox.put(each)
        while len(mailbox.keys) < len(deliveries):
            await asyncio.sleep(0)
        assert not ledger.rows
        written.set()
        await ledger.until(ended(ledger, *deliveries))
    assert all(ledger.states(each.id) == ["sending", "delivered"] for each in deliveries)


async def test_a_mark_that_failed_is_made_again_without_sending_again() -> None:
    ledger, mailbox, delivery = MemoryDeliveries(), Mailbox(), a_delivery()
    ledger.broken = 2
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.until(ended(ledger, delivery))
    assert mailbox.keys == [delivery.key]


async def test_a_stop_in_the_middle_of_a_send_leaves_it_sending() -> None:
    ledger, stuck, delivery = MemoryDeliveries(), Mailbox(None), a_delivery()
    async with running({"ops": stuck}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.until(lambda: ledger.states(delivery.id) == ["sending"])
        while not stuck.keys:
            await asyncio.sleep(0)
    assert ledger.states(delivery.id) == ["sending"]


async def test_a_stop_right_after_a_send_still_marks_it_delivered() -> None:
    class Slow(MemoryDeliveries):
        def __init__(self) -> None:
            super().__init__()
            self.entered = asyncio.Event()

        async def move_delivery(self, delivery: Delivery) -> None:
            if delivery.state is DeliveryState.DELIVERED:
                self.entered.set()
                await asyncio.sleep(0.05)
            await super().move_delivery(delivery)

    ledger, delivery = Slow(), a_delivery()
    async with running({"ops": Mailbox()}, ledger) as outbox:
        outbox.put(delivery)
        await ledger.entered.wait()
    assert ledger.states(delivery.id) == ["sending", "delivered"]


async def test_what_was_interrupted_is_sent_again_by_the_next_run() -> None:
    ledger, mailbox = MemoryDeliveries(), Mailbox()
    interrupted = a_delivery(state=DeliveryState.SENDING, attempts=1)
    async with running({"ops": mailbox}, ledger) as outbox:
        outbox.put(interrupted)
        await ledger.until(ended(ledger, interrupted))
    assert mailbox.keys == [interrupted.key]
    assert ledger.rows[interrupted.id].attempts == 2


async def test_a_delivery_dropped_while_it_is_sent_is_not_tried_again() -> None:
    ledger, delivery = MemoryDeliveries(), a_delivery()
    async with running({"ops": Mailbox(None)}, ledger, timeout=0.05) as outbox:
        outbox.put(delivery)
        await ledger.until(lambda: ledger.states(delivery.id) == ["sending"])
        outbox.drop(delivery.id)
        await ledger.until(ended(ledger, delivery))
        assert ledger.states(delivery.id) == ["sending", "dead"]
