"""What every channel must do, whatever carries it: one table of what a receiver may do, over each channel and the fake.

Another channel is one row in DOORS: how to open it towards a receiver of its own that behaves as the table says.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from core.errors import SecretError
from core.model.alert import AlertEvent
from core.model.secret import Secret, SecretRef
from core.notify.channels import CHANNELS
from core.notify.outside import Outside
from core.notify.templates import Templates
from core.ports import Channel, DeliveryError
from core.settings.values import ChannelSettings
from tests.fakes import DictSecrets, Mailbox, a_message, answer, receiver

SECRET = "T0P-SECRET-v4lue"
HOSTILE = 'T\r\nX-Evil: 1\r\nBcc: evil@example.com\r\n\x1b]52;c;aGk=\x07 <script>alert(1)</script> <!channel> \u202e "'
LONGEST_ANSWER = 400


class Act(Enum):
    """What a receiver does with one message."""

    TAKE = "takes it"
    REFUSE = "refuses it for good"
    LATER = "refuses it for now"
    HANG = "never answers"


@dataclass(frozen=True, slots=True)
class Door:
    """A channel with a receiver behind it. `reached` counts what came through; `keys` are its marks of identity."""

    channel: Channel
    reached: Callable[[], int]
    keys: Callable[[], Sequence[str]]
    arrived: Callable[[], str]
    headers: Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Script:
    """What the receiver does with one message after the other (the last act for good), and in which words."""

    acts: tuple[Act, ...]
    words: str = "said so"
    secret: bool = True

    def secrets(self, name: str, value: str = SECRET) -> ForgetfulSecrets:
        return ForgetfulSecrets({name: value} if self.secret else {})


class ForgetfulSecrets(DictSecrets):
    """Secrets in a dict; says in its error what it was asked for, as the real source does."""

    def get(self, ref: SecretRef) -> Secret:
        try:
            return super().get(ref)
        except SecretError:
            raise SecretError(f"secret '{ref.name}' was not found; looked at: this dict") from None


async def same_host(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def built(
    type_: str, options: Mapping[str, object], secret: str, secrets: DictSecrets, way: httpx.AsyncBaseTransport
) -> Channel:
    settings = ChannelSettings("ops", type_, tuple(options.items()), ((secret, SecretRef(secret)),))
    outside = Outside(way, same_host, Templates({}), lambda: 1_795_442_400.0, "")
    return CHANNELS[type_](settings, secrets, outside)


_STATUS = {Act.TAKE: "200 OK", Act.REFUSE: "403 Forbidden", Act.LATER: "503 Unavailable"}


@contextlib.asynccontextmanager
async def over_http(type_: str, script: Script) -> AsyncIterator[Door]:
    answers = [None if act is Act.HANG else answer(_STATUS[act], script.words) for act in script.acts]
    async with receiver(*answers) as hook, httpx.AsyncHTTPTransport(trust_env=False) as way:
        if type_ == "slack":
            url = f"{hook.url}/services/{SECRET}"
            channel = built(type_, {}, "webhook_url", script.secrets("webhook_url", url), way)
        else:
            channel = built(type_, {"url": hook.url}, "bearer", script.secrets("bearer"), way)
        yield Door(
            channel,
            lambda: len(hook.requests),
            lambda: [each.headers["idempotency-key"] for each in hook.requests],
            lambda: "\n".join(texts_in(json.loads(hook.requests[-1].body))),
            lambda: hook.requests[-1].headers,
        )


def texts_in(document: Any) -> Iterator[str]:
    """Every text of a JSON document, as whoever parses it has it."""
    if isinstance(document, str):
        yield document
    for each in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from texts_in(each)


class Postbox:
    """An SMTP server's answer to each mail."""

    def __init__(self, script: Script) -> None:
        self.acts = list(script.acts)
        self.words = script.words
        self.reached = 0
        self.mails: list[Any] = []
        self.leave = asyncio.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.reached += 1
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        if act is Act.HANG:
            await self.leave.wait()
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        code = {Act.TAKE: 250, Act.REFUSE: 554}.get(act, 451)
        return f"{code} {self.words}"

    def shown(self) -> str:
        parts = [part.get_content() for part in self.mails[-1].walk() if not part.is_multipart()]
        return "\n".join([str(self.mails[-1]["Subject"]), *parts])


@contextlib.asynccontextmanager
async def over_smtp(script: Script) -> AsyncIterator[Door]:
    postbox = Postbox(script)
    protocols: list[SMTP] = []

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given.password.decode() == SECRET, handled=False)

    def protocol() -> SMTP:
        made = SMTP(postbox, authenticator=check, auth_require_tls=False, enable_SMTPUTF8=True)
        protocols.append(made)
        return made

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    options = {
        "smtp_host": "localhost",
        "smtp_port": server.sockets[0].getsockname()[1],
        "smtp_username": "alerts",
        "use_tls": False,
        "from_address": "vedette@example.com",
        "recipients": ("ops@example.com",),
    }
    try:
        async with httpx.AsyncHTTPTransport(trust_env=False) as way:
            yield Door(
                built("email", options, "smtp_password", script.secrets("smtp_password"), way),
                lambda: postbox.reached,
                lambda: [mail["Message-ID"] for mail in postbox.mails],
                postbox.shown,
                lambda: {name.lower(): value for name, value in postbox.mails[-1].items()},
            )
    finally:
        server.close()
        postbox.leave.set()
        for each in protocols:
            if each.transport is not None:
                each.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def in_memory(script: Script) -> AsyncIterator[Door]:
    answers: dict[Act, str | Exception | None] = {
        Act.TAKE: script.words,
        Act.REFUSE: DeliveryError(script.words, permanent=True),
        Act.LATER: DeliveryError(script.words, permanent=False),
        Act.HANG: None,
    }
    mailbox = Mailbox(
        *(answers[act] for act in script.acts), secrets=script.secrets("token"), needs=[SecretRef("token")]
    )
    yield Door(mailbox, lambda: len(mailbox.keys), lambda: mailbox.keys, lambda: mailbox.texts[-1], dict)


DOORS: dict[str, Callable[[Script], contextlib.AbstractAsyncContextManager[Door]]] = {
    "email": over_smtp,
    "slack": lambda script: over_http("slack", script),
    "webhook": lambda script: over_http("webhook", script),
    "the fake": in_memory,
}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Callable[..., contextlib.AbstractAsyncContextManager[Door]]:
    """Opens the channel under test: `door(Act.TAKE, Act.REFUSE, words="…")`."""
    return lambda *acts, **script: DOORS[request.param](Script(acts, **script))


Open = Callable[..., contextlib.AbstractAsyncContextManager[Door]]


def test_every_channel_there_is_stands_in_the_table() -> None:
    assert set(CHANNELS) <= set(DOORS)


@pytest.mark.parametrize("event", [AlertEvent.FIRING, AlertEvent.RESOLVED])
async def test_what_is_taken_is_answered_in_the_receiver_s_words(door: Open, event: AlertEvent) -> None:
    async with door(Act.TAKE, words="queued as 4711") as opened:
        said = await opened.channel.send(a_message(event))
        assert "queued as 4711" in said
        assert opened.reached() == 1
        assert "Shop EU" in opened.arrived()


@pytest.mark.parametrize(("act", "permanent"), [(Act.REFUSE, True), (Act.LATER, False)])
async def test_a_refusal_says_why_and_whether_to_ask_again(door: Open, act: Act, permanent: bool) -> None:
    async with door(act, Act.TAKE, words="because of 4711") as opened:
        with pytest.raises(DeliveryError, match="because of 4711") as refused:
            await opened.channel.send(a_message())
        assert refused.value.permanent is permanent
        assert opened.reached() == 1, "the outbox asks again, never the channel"
        assert "4711" in await opened.channel.send(a_message()), "a refusal leaves the channel usable"


async def test_a_receiver_that_never_answers_can_be_left_and_costs_the_next_message_nothing(door: Open) -> None:
    async with door(Act.HANG) as opened:
        sending = asyncio.create_task(opened.channel.send(a_message()))
        async with asyncio.timeout(20):
            while not opened.reached():
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # asyncio.wait_for before 3.12 swallows a cancellation in the tick of its own result
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        again = asyncio.create_task(opened.channel.send(a_message()))
        async with asyncio.timeout(20):
            while opened.reached() < 2:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        again.cancel()
        with pytest.raises(asyncio.CancelledError):
            await again


async def test_every_attempt_carries_the_mark_of_its_key_and_no_other(door: Open) -> None:
    async with door(Act.LATER, Act.TAKE) as opened:
        with pytest.raises(DeliveryError):
            await opened.channel.send(a_message(key="one"))
        await opened.channel.send(a_message(key="one"))
        await opened.channel.send(a_message(key="two"))
        first, again, other = opened.keys()
        assert first == again != other


async def test_hostile_text_in_a_message_stays_text(door: Open) -> None:
    async with door(Act.TAKE) as opened:
        await opened.channel.send(a_message(target=HOSTILE, after=HOSTILE))
        arrived, headers = opened.arrived(), opened.headers()
        assert "X-Evil: 1" in arrived, "told, not lost"
        assert not {"x-evil", "bcc"} & set(headers)
        for live in ("\x1b", "\x07", "\u202e"):
            assert live not in arrived
            assert not any(live in value for value in headers.values())


@pytest.mark.parametrize("act", [Act.TAKE, Act.REFUSE, Act.LATER])
async def test_hostile_words_of_a_receiver_stay_text_and_short(door: Open, act: Act) -> None:
    words = "\x1b[2Jgone\x07\u202e" + "x" * 400
    async with door(act, words=words) as opened:
        try:
            said = await opened.channel.send(a_message())
        except DeliveryError as refused:
            said = str(refused)
        assert "gone" in said
        assert not {"\x1b", "\x07", "\u202e"} & set(said)
        assert len(said) <= LONGEST_ANSWER


@pytest.mark.parametrize("act", [Act.TAKE, Act.REFUSE, Act.LATER])
async def test_no_secret_is_told_in_an_answer_an_error_or_a_log(
    door: Open, act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with door(act, words=f"you came with {SECRET}") as opened:
            try:
                said = await opened.channel.send(a_message())
            except DeliveryError as refused:
                said = f"{refused} {refused.__cause__} {refused.args}"
    assert "you came with ***" in said
    assert SECRET not in said
    ours = [record for record in caplog.records if record.name != "mail.log"]  # that of the receiver in this process
    assert not any(SECRET in record.getMessage() for record in ours)


async def test_a_secret_that_cannot_be_had_is_named_and_asked_for_again(door: Open) -> None:
    async with door(Act.TAKE, secret=False) as opened:
        with pytest.raises(DeliveryError, match=r"secret '\w+' was not found") as missing:
            await opened.channel.send(a_message())
        assert not missing.value.permanent
        assert opened.reached() == 0
