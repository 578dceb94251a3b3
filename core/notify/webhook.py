"""Channel `webhook`: the alert as JSON to any HTTP endpoint, signed when a secret is set.

Options: `url` (required), `method` (POST), `headers`, `basic_username`, `template`. Secrets: `bearer`,
`basic_password`, `secret` (signs the body), `header:NAME` for each header whose value is one.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from dataclasses import dataclass

from core.contract import notification_json
from core.notify.outside import Outside, reveal, text_option
from core.notify.posting import post
from core.notify.templates import context
from core.ports import Message, SecretSource
from core.settings.values import ChannelSettings

USER_AGENT = "Vedette"
_HEADER_SECRET = "header:"  # noqa: S105 - how settings mark a header whose value is a secret


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Posts the documented body; 2xx is delivered, 408, 425, 429 and 5xx are asked again, the rest is final."""

    settings: ChannelSettings
    secrets: SecretSource
    outside: Outside

    async def send(self, message: Message) -> str:
        secrets = await reveal(self.settings, self.secrets)
        body, note = await self._body(message)
        headers = {
            **self._own_headers(secrets),
            "Content-Type": "application/json" if _is_json(body) else "text/plain; charset=utf-8",
            "User-Agent": USER_AGENT,
            "Idempotency-Key": message.key,
        }
        if "secret" in secrets:
            headers["X-Vedette-Signature"] = signature(secrets["secret"], body)
        method, url = text_option(self.settings, "method", "POST"), text_option(self.settings, "url")
        answer = await post(self.outside, method, url, headers, body, secrets=secrets.values())
        return f"{answer} ({note})" if note else answer

    async def _body(self, message: Message) -> tuple[bytes, str]:
        template = text_option(self.settings, "template")
        document = notification_json(message.event, message.alert, message.sent_at)
        built = json.dumps(document, ensure_ascii=False).encode()
        if not template:
            return built, ""
        rendered = await self.outside.templates.render(template, "", context(message))
        return (built if rendered.note else rendered.text.encode()), rendered.note

    def _own_headers(self, secrets: dict[str, str]) -> dict[str, str]:
        plain = self.settings.option("headers", ())
        headers = {str(name): str(value) for name, value in plain} if isinstance(plain, tuple) else {}
        for key, value in secrets.items():
            if key.startswith(_HEADER_SECRET):
                headers[key.removeprefix(_HEADER_SECRET)] = value
        if "bearer" in secrets:
            headers["Authorization"] = f"Bearer {secrets['bearer']}"
        if "basic_password" in secrets:
            login = f"{text_option(self.settings, 'basic_username')}:{secrets['basic_password']}"
            headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
        return headers


def signature(secret: str, body: bytes) -> str:
    """`sha256=` and the hex HMAC (RFC 2104) of the raw body: what a receiver computes and compares."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def build(settings: ChannelSettings, secrets: SecretSource, outside: Outside) -> WebhookChannel:
    """The channel of one `[[channel]]` table."""
    return WebhookChannel(settings, secrets, outside)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
