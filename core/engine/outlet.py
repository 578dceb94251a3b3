"""The guarded way out for channels: the same resolver, guard and trust store as looks, with the channel's own leave."""

from __future__ import annotations

import ssl

from core import clock
from core.notify.channels import CHANNELS
from core.notify.outside import PRIVATE_HINT, CheckHost, Outside
from core.notify.templates import Templates
from core.ports import Channel, DeliveryError, SecretSource
from core.scan.fault import TargetFault
from core.scan.guard import networks, refusal
from core.scan.resolve import Resolver
from core.scan.transport import GuardedTransport, verifying_context
from core.settings.values import ChannelSettings, Settings


class Outlet:
    """Builds channels under one set of settings; made anew when these change."""

    def __init__(self, settings: Settings, secrets: SecretSource) -> None:
        self._settings = settings
        self._secrets = secrets
        self._allow = networks(settings.fetch.allow)
        self._resolver = Resolver(settings.fetch.resolve, settings.fetch.resolvers)
        self._templates = Templates(settings.templates)
        self._context: ssl.SSLContext | None = None

    def build(self, channel: ChannelSettings) -> Channel:
        """A channel ready to send."""
        if self._context is None:
            self._context = verifying_context(self._settings.fetch.ca_file)
        transport = GuardedTransport(
            self._resolver, self._context, allow=self._allow, allow_private=channel.allow_private
        )
        outside = Outside(transport, self._checked(channel), self._templates, clock.now, self._settings.fetch.ca_file)
        return CHANNELS[channel.type](channel, self._secrets, outside)

    def _checked(self, channel: ChannelSettings) -> CheckHost:
        async def check(host: str) -> str:
            """The address to connect to for a mail server's name."""
            try:
                found = await self._resolver.resolve(host, 0)
            except TargetFault as fault:
                raise DeliveryError(f"{host}: {fault}", permanent=False) from fault
            reasons = [refusal(address, self._allow, channel.allow_private) for address in found.addresses]
            for address, reason in zip(found.addresses, reasons, strict=True):
                if reason is None:
                    return address
            raise DeliveryError(f"{host}: {reasons[0]}; {PRIVATE_HINT}", permanent=True)

        return check
