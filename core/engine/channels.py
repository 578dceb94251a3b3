"""Channels from settings, built when they are first needed, and their record since the engine started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.engine.outlet import Outlet
from core.model.alert import Alert, AlertEvent, AlertState, Delivery, DeliveryState
from core.model.change import Reason, Severity
from core.notify.outbox import Marks
from core.operations import ChannelFigures
from core.ports import Channel, Message
from core.settings.values import ChannelSettings


@dataclass(slots=True)
class _Record:
    delivered: int = 0
    failed: int = 0
    last_error: str = ""
    last_at: float = 0.0
    waiting: set[int] = field(default_factory=set)


class Channels:
    """The channels by name, and the ledger that hears of every step of a delivery before the store does."""

    def __init__(self, ledger: Marks) -> None:
        self._ledger = ledger
        self._outlet: Outlet | None = None
        self._settings: dict[str, ChannelSettings] = {}
        self._built: dict[str, Channel] = {}
        self._records: dict[str, _Record] = {}

    def declare(self, channels: Iterable[ChannelSettings], outlet: Outlet) -> None:
        """These are the channels from now on."""
        self._settings = {each.name: each for each in channels}
        self._outlet = outlet
        self._built = {}

    async def move_delivery(self, delivery: Delivery) -> None:
        """Keep the channel's record, then store the step."""
        self._heard(delivery)
        await self._ledger.move_delivery(delivery)

    def names(self) -> tuple[str, ...]:
        return tuple(self._settings)

    def all(self) -> Mapping[str, Channel]:
        """Every channel, built where it was not yet."""
        if self._outlet is not None:
            for name, settings in self._settings.items():
                if name not in self._built:
                    self._built[name] = self._outlet.build(settings)
        return self._built

    def _heard(self, delivery: Delivery) -> None:
        """A delivery moved on."""
        record = self._records.setdefault(delivery.channel, _Record())
        record.waiting.discard(delivery.id)
        record.last_at = delivery.at
        if delivery.state is DeliveryState.DELIVERED:
            record.delivered += 1
        elif delivery.state in (DeliveryState.RETRYING, DeliveryState.DEAD):
            record.failed += 1
            record.last_error = delivery.response
        if delivery.state in (DeliveryState.PENDING, DeliveryState.RETRYING):
            record.waiting.add(delivery.id)

    def figures(self) -> tuple[ChannelFigures, ...]:
        shown = []
        for name, settings in self._settings.items():
            record = self._records.get(name, _Record())
            shown.append(
                ChannelFigures(
                    name,
                    settings.type,
                    record.delivered,
                    record.failed,
                    len(record.waiting),
                    record.last_error,
                    record.last_at,
                )
            )
        return tuple(shown)


def drill(now: float, key: str) -> Message:
    """What a person sends to see whether a channel works."""
    alert = Alert(
        rule="drill",
        severity=Severity.INFO,
        state=AlertState.FIRING,
        dedup="drill",
        since=now,
        target="(drill)",
        reasons=(Reason("drill", "sent", "somebody asked whether this channel works"),),
    )
    return Message(AlertEvent.DRILL, alert, key, now)
