"""The webhook channel against a real receiver: what it sends, and what it makes of each answer."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from base64 import b64encode

import httpx
import pytest

from core.model.alert import AlertEvent
from core.model.scan import FailureClass
from core.ports import DeliveryError
from tests.fakes import a_message, answer, receiver
from tests.notify.conftest import MakeChannel

HOSTILE = 'T\r\nX-Evil: 1\x1b]52;c;aGk=\x07 <script>alert(1)</script> {{ 7*7 }} <!channel> "'


async def test_the_body_is_the_documented_one_and_is_signed(channel: MakeChannel) -> None:
    async with receiver() as hook:
        settings = {"url": hook.url + "/hook?x=1", "headers": (("X-Team", "ops"),)}
        said = await channel("webhook", secrets={"secret": "s3cret-key"}, **settings).send(a_message())
    request = hook.requests[0]
    body = json.loads(request.body)
    assert said == "200 OK: ok"
    assert (request.method, request.path) == ("POST", "/hook?x=1")
    assert request.headers["x-vedette-signature"] == (
        "sha256=" + hmac.new(b"s3cret-key", request.body, hashlib.sha256).hexdigest()
    )
    assert request.headers["idempotency-key"] == "key-1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-team"] == "ops"
    assert list(body) == ["schema", "event", "alert", "sent_at"]
    assert (body["schema"], body["event"], body["sent_at"]) == (1, "alert.firing", "2026-11-23T14:00:00.250Z")
    assert body["alert"]["id"] == "A-4"
    assert body["alert"]["changes"][0]["type"] == "technology.version_changed"


async def test_every_attempt_of_a_delivery_carries_the_same_key_and_body(channel: MakeChannel) -> None:
    async with receiver(answer("503 Busy"), answer("204 No Content")) as hook:
        sender = channel("webhook", url=hook.url)
        with pytest.raises(DeliveryError):
            await sender.send(a_message())
        assert await sender.send(a_message()) == "204 No Content"
    first, second = hook.requests
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        ("400 Bad Request", True),
        ("401 Unauthorized", True),
        ("404 Not Found", True),
        ("408 Request Timeout", False),
        ("410 Gone", True),
        ("422 Unprocessable", True),
        ("425 Too Early", False),
        ("429 Too Many Requests", False),
        ("500 Internal Server Error", False),
        ("502 Bad Gateway", False),
        ("503 Unavailable", False),
        ("301 Moved", True),
        ("307 Temporary Redirect", True),
    ],
)
async def test_the_status_says_whether_to_ask_again(channel: MakeChannel, status: str, permanent: bool) -> None:
    async with receiver(answer(status, "why", Location="http://127.0.0.1:1/")) as hook:
        with pytest.raises(DeliveryError) as caught:
            await channel("webhook", url=hook.url).send(a_message())
    assert caught.value.permanent is permanent
    assert str(caught.value).startswith(f"{status}: why")
    assert len(hook.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Mon, 23 Nov 2026 14:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2020 14:01:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 999999999.0),
    ],
)
async def test_retry_after_is_understood_as_seconds_or_as_a_date(
    channel: MakeChannel, value: str, seconds: float | None
) -> None:
    async with receiver(answer("429 Slow Down", Retry_After=value)) as hook:
        with pytest.raises(DeliveryError) as caught:
            await channel("webhook", url=hook.url).send(a_message())
    assert caught.value.retry_after == seconds


async def test_bearer_basic_and_secret_headers_are_sent(channel: MakeChannel) -> None:
    async with receiver() as hook:
        await channel("webhook", url=hook.url, secrets={"bearer": "tok", "header:X-Api-Key": "k"}).send(a_message())
        login = {"url": hook.url, "method": "PUT", "basic_username": "me"}
        await channel("webhook", secrets={"basic_password": "pä:ss"}, **login).send(a_message())
    first, second = hook.requests
    assert (first.headers["authorization"], first.headers["x-api-key"]) == ("Bearer tok", "k")
    assert second.method == "PUT"
    assert second.headers["authorization"] == "Basic " + b64encode("me:pä:ss".encode()).decode()


async def test_no_secret_shows_in_an_error_an_answer_or_a_log(
    channel: MakeChannel, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = {"bearer": "BEARER-TOKEN-1", "secret": "HMAC-SECRET-2"}
    with caplog.at_level(logging.INFO):
        async with receiver(answer("401 No", "you sent BEARER-TOKEN-1, HMAC-SECRET-2")) as hook:
            with pytest.raises(DeliveryError) as caught:
                await channel("webhook", url=hook.url, secrets=secrets).send(a_message())
            with pytest.raises(DeliveryError) as unsent:
                await channel("webhook", url=hook.url, secrets={"bearer": "BEARER-TOKEN-1\r\nX: y"}).send(a_message())
    assert unsent.value.permanent
    seen = f"{caught.value}{caught.value.__cause__}{unsent.value}{caplog.text}"
    assert "BEARER-TOKEN-1" not in seen
    assert "HMAC-SECRET-2" not in seen
    assert "***" in str(caught.value)


async def test_a_missing_secret_is_told_and_asked_for_again(channel: MakeChannel) -> None:
    sender = channel("webhook", url="http://127.0.0.1:1/", secrets={"bearer": "x"})
    sender.secrets._values.clear()  # type: ignore[attr-defined]
    with pytest.raises(DeliveryError, match="no secret 'bearer'") as caught:
        await sender.send(a_message())
    assert not caught.value.permanent


async def test_a_receiver_that_is_not_there_is_asked_again(channel: MakeChannel) -> None:
    async with receiver() as hook:
        url = hook.url
    with pytest.raises(DeliveryError, match="no answer") as caught:
        await channel("webhook", url=url).send(a_message())
    assert not caught.value.permanent


async def test_what_the_guard_refuses_is_final_and_says_what_to_set(channel: MakeChannel) -> None:
    class Refused(httpx.TransportError):
        failure_class = FailureClass.POLICY

    class Guarded(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise Refused("127.0.0.1 is a loopback address")

    with pytest.raises(DeliveryError, match="allow_private = true") as caught:
        await channel("webhook", url="http://localhost/", way_out=Guarded()).send(a_message())
    assert caught.value.permanent


async def test_foreign_text_stays_text(channel: MakeChannel) -> None:
    async with receiver(answer("500 Oops", "\x1b[2Jgone\x07" + "x" * 90_000)) as hook:
        with pytest.raises(DeliveryError) as caught:
            await channel("webhook", url=hook.url).send(a_message(target=HOSTILE, after=HOSTILE))
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300
    body = hook.requests[0].body.decode()
    assert "\\u001b" not in body
    assert "\x1b" not in body
    assert "{{ 7*7 }}" in json.loads(body)["alert"]["target"]
    assert "x-evil" not in hook.requests[0].headers


async def test_a_template_of_the_operator_makes_the_body(channel: MakeChannel) -> None:
    own = '{"summary": {{ subject | tojson }}, "id": "{{ alert.id }}"}'
    async with receiver() as hook:
        await channel("webhook", url=hook.url, template="own", templates={"own": own}).send(
            a_message(AlertEvent.RESOLVED)
        )
    body = json.loads(hook.requests[0].body)
    assert body == {"summary": "Resolved: [MEDIUM] Shop EU: technology.version_changed", "id": "A-4"}


async def test_a_template_that_fails_costs_nothing_but_a_note(channel: MakeChannel) -> None:
    async with receiver() as hook:
        sender = channel("webhook", url=hook.url, template="own", templates={"own": "{{ nothing.at.all }}"})
        said = await sender.send(a_message())
    assert json.loads(hook.requests[0].body)["alert"]["id"] == "A-4"
    assert "template 'own' failed" in said
