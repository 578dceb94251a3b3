"""The Slack channel against a real receiver."""

from __future__ import annotations

import json

import pytest

from core.notify.slack import LONGEST_SECTION, shortened
from core.ports import DeliveryError
from tests.fakes import a_message, answer, receiver
from tests.notify.conftest import MakeChannel

TOKEN = "T0AAAAAAA/B0BBBBBBB/XXXXsecretXXXX"


async def test_it_posts_to_the_secret_url_with_name_and_colour(channel: MakeChannel) -> None:
    async with receiver() as hook:
        options = {"channel": "#ops", "username": "vedette", "icon_emoji": ":eyes:"}
        secrets = {"webhook_url": f"{hook.url}/services/{TOKEN}"}
        assert await channel("slack", secrets=secrets, **options).send(a_message()) == "200 OK: ok"
    request = hook.requests[0]
    body = json.loads(request.body)
    assert request.path == f"/services/{TOKEN}"
    assert {key: body[key] for key in options} == options
    assert body["text"] == "[MEDIUM] Shop EU: technology.version_changed"
    assert body["attachments"][0]["color"] == "#E69F00"
    assert "`nginx`: 1.25.3 → 1.27.1" in body["attachments"][0]["blocks"][0]["text"]["text"]


async def test_mentions_and_links_in_foreign_text_are_text(channel: MakeChannel) -> None:
    async with receiver() as hook:
        secrets = {"webhook_url": hook.url}
        await channel("slack", secrets=secrets).send(a_message(target="<!channel> & <http://evil|ok>", after="<@U1>"))
    body = hook.requests[0].body.decode()
    assert "<" not in body
    assert "&lt;!channel&gt; &amp; &lt;http" in body


async def test_an_operators_template_gets_escaped_values(channel: MakeChannel) -> None:
    async with receiver() as hook:
        secrets = {"webhook_url": hook.url}
        own = {"own": "<https://wiki.example|runbook> {{ alert.target }}"}
        await channel("slack", secrets=secrets, template="own", templates=own).send(a_message(target="<!here>"))
    text = json.loads(hook.requests[0].body)["attachments"][0]["blocks"][0]["text"]["text"]
    assert text == "<https://wiki.example|runbook> &lt;!here&gt;"


@pytest.mark.parametrize(
    ("status", "permanent"), [("429 Too Many Requests", False), ("500 Oops", False), ("404 no_service", True)]
)
async def test_the_token_never_shows_and_the_status_decides(channel: MakeChannel, status: str, permanent: bool) -> None:
    async with receiver(answer(status, f"no {TOKEN}", Retry_After="30")) as hook:
        with pytest.raises(DeliveryError) as caught:
            await channel("slack", secrets={"webhook_url": f"{hook.url}/services/{TOKEN}"}).send(a_message())
    assert caught.value.permanent is permanent
    assert caught.value.retry_after == (None if permanent else 30.0)
    assert "secret" not in str(caught.value)
    with pytest.raises(DeliveryError) as unreached:
        await channel("slack", secrets={"webhook_url": f"{hook.url}/services/{TOKEN}"}).send(a_message())
    assert "secret" not in str(unreached.value)


def test_a_long_text_is_cut_but_never_inside_an_escape() -> None:
    text = "x" * (LONGEST_SECTION - 4) + "&amp;" * 10
    cut = shortened(text)
    assert cut == "x" * (LONGEST_SECTION - 4) + "…"
    assert shortened("") == " "
