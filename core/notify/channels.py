"""Every type of channel there is: one file and one row here make a new one."""

from __future__ import annotations

from collections.abc import Callable

from core.notify import email, slack, webhook
from core.notify.outside import Outside
from core.ports import Channel, SecretSource
from core.settings.values import ChannelSettings

CHANNELS: dict[str, Callable[[ChannelSettings, SecretSource, Outside], Channel]] = {
    "email": email.build,
    "slack": slack.build,
    "webhook": webhook.build,
}
