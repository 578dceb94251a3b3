"""Channel `email`: the alert as a message with a text and an HTML part, by SMTP (RFC 5321).

Options: `smtp_host`, `from_address`, `recipients` (required), `smtp_port` (587), `smtp_username`, `use_tls` (true:
STARTTLS, or TLS from the first byte on port 465), `template` (the text part; a first line `Subject: …` sets the
subject). Secret: `smtp_password`.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from typing import Any

import aiosmtplib

from core.notify.outside import Outside, reveal, text_option
from core.notify.templates import HTML, TEXT, Rendered, builtin, context
from core.ports import DeliveryError, Message, SecretSource
from core.settings.values import ChannelSettings
from core.text import redact, safe

TIMEOUT = 20.0
IMPLICIT_TLS_PORT = 465
_PERMANENT = 500
_LONGEST_ANSWER = 400


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """One connection a message. The SMTP code decides: 4yz is asked again, 5yz is final (RFC 5321, section 4.2.1)."""

    settings: ChannelSettings
    secrets: SecretSource
    outside: Outside

    async def send(self, message: Message) -> str:
        secrets = await reveal(self.settings, self.secrets)
        seen = context(message)
        rendered = await self.outside.templates.render(text_option(self.settings, "template"), TEXT, seen)
        mail = self._compose(message, seen, rendered)
        try:
            answer = redact(await self._submit(mail, secrets.get("smtp_password")), tuple(secrets.values()))
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise _judged(error, tuple(secrets.values())) from None
        answer = safe(answer, _LONGEST_ANSWER)
        return f"{answer} ({rendered.note})" if rendered.note else answer

    def _compose(self, message: Message, seen: dict[str, Any], rendered: Rendered) -> EmailMessage:
        subject, text = _split_subject(rendered.text, seen["subject"])
        sender = text_option(self.settings, "from_address")
        mail = EmailMessage(policy=WIRE)
        mail["Subject"] = _header(subject)
        mail["From"] = _header(sender)
        mail["To"] = ", ".join(map(_header, self._recipients()))
        mail["Date"] = format_datetime(datetime.fromtimestamp(message.sent_at, UTC))
        mail["Message-ID"] = message_id(message.key, sender)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Vedette-Event"] = message.event.value
        mail.set_content(text)
        own = bool(text_option(self.settings, "template")) and not rendered.note
        body = f"<pre>{html.escape(text)}</pre>" if own else builtin(HTML, seen, html=True)
        mail.add_alternative(body, subtype="html")
        return mail

    def _recipients(self) -> tuple[str, ...]:
        found = self.settings.option("recipients", ())
        return tuple(map(str, found)) if isinstance(found, tuple) else ()

    async def _submit(self, mail: EmailMessage, password: str | None) -> str:
        host = text_option(self.settings, "smtp_host")
        port = self.settings.option("smtp_port", 587)
        encrypted = bool(self.settings.option("use_tls", True))
        implicit = encrypted and port == IMPLICIT_TLS_PORT
        username = text_option(self.settings, "smtp_username") or None
        trust = await asyncio.to_thread(_trust, self.outside.ca_file) if encrypted else None
        connection = await _connect(await self.outside.check_host(host), int(str(port)))
        server = aiosmtplib.SMTP(
            hostname=host,
            sock=connection,
            local_hostname=_own_name(connection),
            username=username,
            password=password if username else None,
            use_tls=implicit,
            start_tls=encrypted and not implicit,
            tls_context=trust,
            timeout=TIMEOUT,
        )
        try:
            await server.connect()
            refused, answer = await server.send_message(mail, recipients=list(self._recipients()))
            await server.quit()
        finally:
            server.close()
        names = "; ".join(f"{name}: {code} {words}" for name, (code, words) in refused.items())
        return answer[:200] + (f"; refused for {names}" if names else "")


async def _connect(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        async with asyncio.timeout(TIMEOUT):
            await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def _own_name(connection: socket.socket) -> str:
    """What to say in EHLO: the host's full name, or else its address as RFC 5321, section 4.1.3, writes it."""
    name = socket.gethostname()
    address = connection.getsockname()[0]
    return name if "." in name else f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _trust(ca_file: str) -> ssl.SSLContext:
    trusted = ssl.create_default_context()
    if ca_file:
        trusted.load_verify_locations(ca_file)
    return trusted


def _judged(error: Exception, hidden: tuple[str, ...]) -> DeliveryError:
    """A DeliveryError that is permanent when every code in it is; what has no code is asked again."""
    refused = getattr(error, "recipients", ())
    several = [each for each in refused if isinstance(each, aiosmtplib.SMTPRecipientRefused)] if refused else []
    codes = [each.code for each in several] or [getattr(error, "code", 0) or 0]
    words = "; ".join(f"{each.code} {each.message} ({each.recipient})" for each in several) or _words(error)
    permanent = all(code >= _PERMANENT for code in codes) or isinstance(error, aiosmtplib.SMTPNotSupported)
    return DeliveryError(safe(redact(words, hidden), 300), permanent=permanent)


def _words(error: Exception) -> str:
    code = getattr(error, "code", None)
    return f"{code} {getattr(error, 'message', error)}" if code else f"{type(error).__name__}: {error}"


def message_id(key: str, sender: str) -> str:
    """The same for every attempt of a delivery, so that a mailbox can drop the repeats."""
    domain = sender.rpartition("@")[2].strip(" >") or "vedette.invalid"
    digest = hashlib.sha256(key.encode(errors="replace")).hexdigest()
    return f"<{digest[:40]}@{_header(domain)}>"


def _split_subject(text: str, subject: str) -> tuple[str, str]:
    first, _, rest = text.partition("\n")
    if first.lower().startswith("subject:"):
        return first.partition(":")[2].strip() or subject, rest.lstrip("\n")
    return subject, text


def _header(text: str) -> str:
    """One line of visible characters: what could end a header or start another is shown, not sent."""
    return " ".join(safe(text, 250).split())


def build(settings: ChannelSettings, secrets: SecretSource, outside: Outside) -> EmailChannel:
    """The channel of one `[[channel]]` table."""
    return EmailChannel(settings, secrets, outside)
