"""The demo's mailbox and webhook take what real clients send, and read whom it is about."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest

from core.demo.inbox import Hook, Mailbox, Received

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[int]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def mail(text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "vedette@a.test", "ops@a.test", "[HIGH] shop: größer"
    message["X-Vedette-Event"] = "alert.firing"
    message.set_content(text)
    message.add_alternative("<p>the same</p>", subtype="html")
    return message


async def test_the_mailbox_takes_a_mail_and_reads_its_alert() -> None:
    heard: list[Received] = []
    text = 'Hello\n\n.a line that begins with a dot\n..\nAlert A-12 (firing) by rule "Urgent", since now.\n'
    async with listening(Mailbox(heard.append).answer) as port:
        await aiosmtplib.send(mail(text), hostname="127.0.0.1", port=port, start_tls=False)
    assert heard == [Received("mail", "alert.firing", "A-12", "[HIGH] shop: größer")]


async def test_the_mailbox_takes_several_mails_on_one_connection_and_refuses_what_it_does_not_speak() -> None:
    heard: list[Received] = []
    async with (
        listening(Mailbox(heard.append).answer) as port,
        aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client,
    ):
        await client.send_message(mail("Alert A-1 (firing)"))
        with pytest.raises(aiosmtplib.SMTPResponseException):
            await client.vrfy("ops@a.test")
        await client.send_message(mail("no alert at all"))
    assert [each.alert for each in heard] == ["A-1", ""]


async def test_the_webhook_takes_a_notification_and_outlives_what_is_none() -> None:
    heard: list[Received] = []
    alert = {"id": "A-3", "target": "shop\x1b[2J", "changes": [{"type": "tls.expiring"}, {"type": "tls.expiring"}]}
    async with listening(Hook(heard.append).answer) as port, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"http://127.0.0.1:{port}/", content=b"[]")
        answer = await client.post(
            f"http://127.0.0.1:{port}/told", content=json.dumps({"event": "alert.firing", "alert": alert})
        )
    assert answer.status_code == 200
    assert [(each.about, each.alert) for each in heard] == [("alert.firing", "A-3")]
    assert heard[0].subject.isprintable()
    assert heard[0].subject.endswith(": tls.expiring")
