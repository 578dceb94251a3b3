"""Channel `slack`: a message to an incoming webhook (api.slack.com/messaging/webhooks).

Options: `channel`, `username`, `icon_emoji`, `template` (its output is mrkdwn). Secret: `webhook_url` (required).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from core.model.alert import AlertEvent
from core.model.change import Severity
from core.notify.outside import Outside, reveal, text_option
from core.notify.posting import post
from core.notify.templates import SLACK, context, escaped
from core.notify.webhook import USER_AGENT
from core.ports import Message, SecretSource
from core.settings.values import ChannelSettings

LONGEST_SECTION = 3000
_RESOLVED = "#009E73"
_COLOURS = {
    Severity.INFO: "#999999",
    Severity.LOW: "#56B4E9",
    Severity.MEDIUM: "#E69F00",
    Severity.HIGH: "#D55E00",
    Severity.CRITICAL: "#B00020",
}


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """Posts one attachment, coloured by severity, that holds one mrkdwn section."""

    settings: ChannelSettings
    secrets: SecretSource
    outside: Outside

    async def send(self, message: Message) -> str:
        secrets = await reveal(self.settings, self.secrets)
        seen = escaped(context(message), escape)
        rendered = await self.outside.templates.render(text_option(self.settings, "template"), SLACK, seen)
        body = json.dumps(self._payload(message, seen["subject"], rendered.text)).encode()
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, "Idempotency-Key": message.key}
        url = secrets.get("webhook_url", "")
        hidden = (url, *(part for part in url.split("/")[3:] if len(part) > 6))
        answer = await post(self.outside, "POST", url, headers, body, secrets=hidden)
        return f"{answer} ({rendered.note})" if rendered.note else answer

    def _payload(self, message: Message, subject: str, text: str) -> dict[str, Any]:
        colour = _RESOLVED if message.event is AlertEvent.RESOLVED else _COLOURS[message.alert.severity]
        section = {"type": "section", "text": {"type": "mrkdwn", "text": shortened(text), "verbatim": True}}
        named = {key: text_option(self.settings, key) for key in ("channel", "username", "icon_emoji")}
        return {
            **{key: value for key, value in named.items() if value},
            "text": subject,
            "unfurl_links": False,
            "unfurl_media": False,
            "attachments": [{"color": colour, "fallback": subject, "blocks": [section]}],
        }


def escape(text: str) -> str:
    """The three characters that are markup or mentions (api.slack.com/reference/surfaces/formatting#escaping)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str) -> str:
    """At most what one section holds, never cut inside an escape; a space where there is nothing."""
    if len(text) <= LONGEST_SECTION:
        return text.strip() or " "
    cut = text[: LONGEST_SECTION - 1]
    ampersand = cut.rfind("&", len(cut) - 5)
    if ampersand >= 0 and ";" not in cut[ampersand:]:
        cut = cut[:ampersand]
    return cut + "…"


def build(settings: ChannelSettings, secrets: SecretSource, outside: Outside) -> SlackChannel:
    """The channel of one `[[channel]]` table."""
    return SlackChannel(settings, secrets, outside)
