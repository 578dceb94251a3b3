"""What the channel tests share: a way out that reaches loopback, and settings made from keywords."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

import httpx
import pytest

from core.model.secret import SecretRef
from core.notify.channels import CHANNELS
from core.notify.outside import Outside
from core.notify.templates import Templates
from core.ports import Channel
from core.settings.values import ChannelSettings
from tests.fakes import DictSecrets

NOW = 1_795_442_400.0
MakeChannel = Callable[..., Channel]


async def same_host(host: str) -> str:
    """Loopback for localhost, the host itself otherwise."""
    return "127.0.0.1" if host == "localhost" else host


@pytest.fixture
async def transport() -> AsyncIterator[httpx.AsyncBaseTransport]:
    """Plain HTTP without the engine's guard, which would refuse loopback."""
    async with httpx.AsyncHTTPTransport(trust_env=False) as transport:
        yield transport


@pytest.fixture
def channel(transport: httpx.AsyncBaseTransport) -> MakeChannel:
    """Build a channel: options by keyword, secrets and templates by name."""

    def make(
        type_: str,
        *,
        secrets: Mapping[str, str] | None = None,
        templates: Mapping[str, str] | None = None,
        ca_file: str = "",
        way_out: httpx.AsyncBaseTransport | None = None,
        **options: object,
    ) -> Channel:
        settings = ChannelSettings(
            "ops",
            type_,
            tuple(options.items()),
            tuple((key, SecretRef(key)) for key in secrets or {}),
        )
        outside = Outside(way_out or transport, same_host, Templates(templates or {}), lambda: NOW, ca_file)
        return CHANNELS[type_](settings, DictSecrets(secrets or {}), outside)

    return make
