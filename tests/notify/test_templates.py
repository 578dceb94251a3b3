"""Operators' templates: what they may do, and what happens to those that misbehave."""

from __future__ import annotations

import pytest

from core.notify.templates import TEXT, Templates, builtin, context
from tests.fakes import a_message


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ alert.target }} {{ alert.changes[0].after }}", "Shop EU 1.27.1"),
        ("{{ event }} {{ subject }}", "alert.firing [MEDIUM] Shop EU: technology.version_changed"),
        ("a\x1b[2Jb", "a␛[2Jb"),
        ("a\nb", "a\nb"),
    ],
)
async def test_a_template_sees_the_webhooks_body(source: str, text: str) -> None:
    rendered = await Templates({"own": source}).render("own", TEXT, context(a_message()))
    assert (rendered.text, rendered.note) == (text, "")


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 3000000000 }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ ''.__class__.__mro__ }}{{ alert.__class__.__init__.__globals__ }}",
        "{{ alert.update({}) }}",
        "{{ nothing.there }}",
        "{{ 1 / 0 }}",
        "{% include '/etc/passwd' %}",
        "{% if %}",
        "{{ 10 ** 99999999 }}",
    ],
)
async def test_a_template_that_misbehaves_is_replaced_by_the_built_in_one(source: str) -> None:
    seen = context(a_message())
    rendered = await Templates({"own": source}).render("own", TEXT, seen)
    assert rendered.text == builtin(TEXT, seen)
    assert "template 'own' failed" in rendered.note
    assert "the built-in one was sent" in rendered.note


async def test_a_name_that_no_template_has_is_told() -> None:
    rendered = await Templates({}).render("own", TEXT, context(a_message()))
    assert "there is no such template" in rendered.note


async def test_a_long_output_is_cut() -> None:
    rendered = await Templates({"own": "{% for a in range(90000) %}0123456789{% endfor %}"}).render("own", "", {})
    assert len(rendered.text) <= 50_000
    assert rendered.text.startswith("0123456789")
    assert not rendered.note


def test_jinja_in_foreign_text_is_text() -> None:
    seen = context(a_message(target="{{ 7*7 }}{% raw %}"))
    assert "{{ 7*7 }}{% raw %}" in builtin(TEXT, seen)


def test_the_built_in_text_tells_what_changed_and_why() -> None:
    text = builtin(TEXT, context(a_message()))
    assert "MEDIUM technology.version_changed nginx" in text
    assert "before: 1.25.3" in text
    assert "after:  1.27.1" in text
    assert "confirm: confirmed, because 2 of 2 looks agree" in text
    assert "vedette why A-4" in text
