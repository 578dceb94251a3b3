"""The email channel against a real SMTP server: STARTTLS, implicit TLS, login, refusals, hostile text."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from core.notify.email import message_id
from core.ports import DeliveryError
from tests.fakes import a_message
from tests.notify.conftest import MakeChannel

PASSWORD = "smtp-Passw0rd"
HOSTILE = "T\r\nBcc: evil@example.com\r\n\x1b]52;c;aGk=\x07 <script>alert(1)</script> {{ 7*7 }} \u202e\ud800"


class Postbox(MessageHandler):
    """Keeps mail; the replies given answer RCPT, by recipient."""

    def __init__(self, replies: dict[str, str]) -> None:
        super().__init__()
        self.replies = replies
        self.mails: list[EmailMessage] = []
        self.envelopes: list[list[str]] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.replies.get(address, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.envelopes.append(list(envelope.rcpt_tos))
        return "250 queued as 4711"

    def handle_message(self, message: Any) -> None:
        raise AssertionError("handle_DATA keeps the mail")


@dataclass(slots=True)
class Server:
    port: int
    postbox: Postbox
    logins: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority, the file to trust it by, and a server context it vouches for."""

    ca_file: str
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = trustme.CA()
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    return Authority(str(path), server)


@contextlib.asynccontextmanager
async def smtp(
    replies: dict[str, str] | None = None,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
) -> AsyncIterator[Server]:
    """A server on loopback; with a login wherever it speaks TLS."""
    served = Server(0, Postbox(replies or {}))
    protocols: list[SMTP] = []

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        served.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)

    def protocol() -> SMTP:
        made = SMTP(
            served.postbox,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=check,
            auth_require_tls=starttls is not None,
            enable_SMTPUTF8=True,
        )
        protocols.append(made)
        return made

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=implicit)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for each in protocols:
            if each.transport is not None:
                each.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


def options(server: Server, **changed: object) -> dict[str, object]:
    return {
        "smtp_host": "localhost",
        "smtp_port": server.port,
        "use_tls": False,
        "from_address": "vedette@example.com",
        "recipients": ("ops@example.com",),
        **changed,
    }


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return str(text.get_content()), str(html.get_content())


async def test_an_alert_arrives_as_text_and_html(channel: MakeChannel) -> None:
    async with smtp() as server:
        two = ("ops@example.com", "me@example.com")
        assert "queued as 4711" in await channel("email", **options(server, recipients=two)).send(a_message())
    mail = server.postbox.mails[0]
    text, html = parts(mail)
    assert server.postbox.envelopes == [list(two)]
    assert mail["Subject"] == "[MEDIUM] Shop EU: technology.version_changed"
    assert mail["From"] == "vedette@example.com"
    assert mail["Message-ID"] == message_id("key-1", "vedette@example.com")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "before: 1.25.3" in text
    assert "<td>1.27.1</td>" in html


async def test_every_attempt_has_the_same_message_id(channel: MakeChannel) -> None:
    async with smtp() as server:
        for _ in range(2):
            await channel("email", **options(server)).send(a_message())
        await channel("email", **options(server)).send(a_message(key="key-2"))
    first, again, other = (mail["Message-ID"] for mail in server.postbox.mails)
    assert first == again != other


async def test_hostile_text_is_only_text(channel: MakeChannel) -> None:
    async with smtp() as server:
        await channel("email", **options(server)).send(a_message(target=HOSTILE, after=HOSTILE, key=HOSTILE))
    mail = server.postbox.mails[0]
    text, html = parts(mail)
    assert mail["Bcc"] is None
    assert server.postbox.envelopes == [["ops@example.com"]]
    assert "\x1b" not in f"{mail['Subject']}{text}{html}"
    assert "<script>" not in html
    assert "{{ 7*7 }}" in text


async def test_it_logs_in_over_starttls(channel: MakeChannel, authority: Authority) -> None:
    async with smtp(starttls=authority.server) as server:
        secure = options(server, use_tls=True, smtp_username="alerts")
        sender = channel("email", secrets={"smtp_password": PASSWORD}, ca_file=authority.ca_file, **secure)
        await sender.send(a_message())
    assert server.logins == [("alerts", PASSWORD)]
    assert len(server.postbox.mails) == 1


async def test_a_refused_login_is_final_and_tells_no_password(channel: MakeChannel, authority: Authority) -> None:
    async with smtp(starttls=authority.server) as server:
        secure = options(server, use_tls=True, smtp_username="alerts")
        sender = channel("email", secrets={"smtp_password": "wrong-Passw0rd"}, ca_file=authority.ca_file, **secure)
        with pytest.raises(DeliveryError, match="535") as caught:
            await sender.send(a_message())
    assert caught.value.permanent
    assert "Passw0rd" not in str(caught.value)


async def test_a_certificate_that_nobody_vouches_for_gets_no_mail(channel: MakeChannel, authority: Authority) -> None:
    async with smtp(starttls=authority.server) as server:
        with pytest.raises(DeliveryError, match=r"certificate|CERTIFICATE") as caught:
            await channel("email", **options(server, use_tls=True)).send(a_message())
    assert not caught.value.permanent
    assert not server.postbox.mails


async def test_a_server_without_starttls_gets_no_mail_in_clear(channel: MakeChannel) -> None:
    async with smtp() as server:
        with pytest.raises(DeliveryError):
            await channel("email", **options(server, use_tls=True)).send(a_message())
    assert not server.postbox.mails


@pytest.mark.parametrize(
    ("replies", "permanent"),
    [
        (("550 no such user",), True),
        (("451 try later",), False),
        (("550 no such user", "451 try later"), False),
        (("550 no such user", "553 nor this one"), True),
    ],
)
async def test_the_smtp_code_says_whether_to_ask_again(
    channel: MakeChannel, replies: tuple[str, ...], permanent: bool
) -> None:
    addresses = tuple(f"user{number}@example.com" for number in range(len(replies)))
    async with smtp(dict(zip(addresses, replies, strict=True))) as server:
        with pytest.raises(DeliveryError) as caught:
            await channel("email", **options(server, recipients=addresses)).send(a_message())
    assert caught.value.permanent is permanent
    assert replies[0] in str(caught.value)
    assert not server.postbox.mails


async def test_one_refused_recipient_of_two_is_named_in_the_response(channel: MakeChannel) -> None:
    async with smtp({"gone@example.com": "550 no such user"}) as server:
        both = options(server, recipients=("ops@example.com", "gone@example.com"))
        response = await channel("email", **both).send(a_message())
    assert "refused for gone@example.com: 550 no such user" in response
    assert server.postbox.envelopes == [["ops@example.com"]]


async def test_a_server_that_is_not_there_or_hangs_up_is_asked_again(channel: MakeChannel) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    there = Server(server.sockets[0].getsockname()[1], Postbox({}))
    with pytest.raises(DeliveryError) as caught:
        await channel("email", **options(there)).send(a_message())
    server.close()
    await server.wait_closed()
    with pytest.raises(DeliveryError) as absent:
        await channel("email", **options(there)).send(a_message())
    assert not caught.value.permanent
    assert not absent.value.permanent


async def test_a_server_that_says_nothing_can_be_left_at_any_time(channel: MakeChannel) -> None:
    reached = asyncio.Event()
    leave = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await leave.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    there = Server(server.sockets[0].getsockname()[1], Postbox({}))
    sending = asyncio.create_task(channel("email", **options(there)).send(a_message()))
    await reached.wait()
    await asyncio.sleep(0.05)  # asyncio.wait_for before 3.12 swallows a cancellation in the tick of its own result
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    leave.set()
    server.close()
    await server.wait_closed()


async def test_an_operators_template_may_set_the_subject(channel: MakeChannel) -> None:
    own = {"own": "Subject: {{ alert.target }} moved\n\nSee <b>{{ alert.id }}</b>"}
    async with smtp() as server:
        await channel("email", template="own", templates=own, **options(server)).send(a_message())
    mail = server.postbox.mails[0]
    assert mail["Subject"] == "Shop EU moved"
    assert parts(mail)[0].strip() == "See <b>A-4</b>"
    assert "&lt;b&gt;A-4" in parts(mail)[1]
