"""What channels get from the engine to reach the world: a guarded way out, a trust store, templates, the time.

Channels may not know the guard that keeps us off private networks, so the composition root hands them connections
that already pass through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from core.errors import SecretError
from core.notify.templates import Templates
from core.ports import DeliveryError, SecretSource
from core.settings.values import ChannelSettings

CheckHost = Callable[[str], Awaitable[str]]
PRIVATE_HINT = "a channel may reach it with allow_private = true in its [[channel]] table"


@dataclass(frozen=True, slots=True)
class Outside:
    """The way out for one channel.

    `transport` refuses addresses that this channel may not reach, by an httpx.TransportError whose `failure_class` is
    FailureClass.POLICY, or by a DeliveryError. `check_host` resolves a host to the address to connect to, or raises
    DeliveryError. `ca_file` is an own certificate authority besides the system's, or "".
    """

    transport: httpx.AsyncBaseTransport
    check_host: CheckHost
    templates: Templates
    now: Callable[[], float]
    ca_file: str = ""


async def reveal(settings: ChannelSettings, source: SecretSource) -> dict[str, str]:
    """Every secret of a channel in clear, by key; DeliveryError when one cannot be had (worth asking again).

    A keyring may block, so the lookup runs in a thread; it happens for each message, so a rotated secret is used.
    """

    def look_up() -> dict[str, str]:
        return {key: source.get(reference).reveal() for key, reference in settings.secrets}

    try:
        return await asyncio.to_thread(look_up)
    except SecretError as error:
        raise DeliveryError(str(error), permanent=False) from None


def text_option(settings: ChannelSettings, key: str, default: str = "") -> str:
    """An option that is text."""
    value = settings.option(key, default)
    return value if isinstance(value, str) else default
