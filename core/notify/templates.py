"""The words of a notification: built-in templates, and operators' own rendered where they can do no harm.

An operator's template that fails never costs the alert: the built-in one is sent instead, and the response says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.contract import notification_json
from core.notify.render import LONGEST_OUTPUT, environment
from core.ports import Message
from core.text import safe

SUBJECT = (
    "{% if event == 'alert.resolved' %}Resolved: {% elif event == 'drill' %}Drill: {% elif event == 'digest' %}Digest: "
    "{% endif %}[{{ alert.severity | upper }}] {{ alert.target or 'the watch itself' }}: "
    "{{ alert.changes[0].type if alert.changes else alert.rule }}"
    "{% if alert.changes | length > 1 %} and {{ alert.changes | length - 1 }} more{% endif %}"
)
TEXT = """\
{{ subject }}

Alert {{ alert.id or '-' }} ({{ alert.state }}) by rule "{{ alert.rule }}", since {{ alert.since }}.
{% for change in alert.changes %}

{{ change.severity | upper }} {{ change.type }}{% if change.key %} {{ change.key }}{% endif %}

  before: {{ '-' if change.before is none else change.before | truncate(500) }}
  after:  {{ '-' if change.after is none else change.after | truncate(500) }}
  at {{ change.at }}, confidence {{ change.confidence }}
{% for reason in change.reasons %}
  {{ reason.step }}: {{ reason.outcome }}, because {{ reason.because }}
{% endfor %}
{% endfor %}
{% for reason in alert.reasons %}
{% if loop.first %}

Why you are told:
{% endif %}
- {{ reason.step }}: {{ reason.outcome }}, because {{ reason.because }}
{% endfor %}

Sent {{ sent_at }}.{% if alert.id %} See: vedette why {{ alert.id }}{% endif %}

"""
HTML = """\
<!doctype html><html><body style="font-family:sans-serif">
<h2>{{ subject }}</h2>
<p>Alert {{ alert.id or '-' }} ({{ alert.state }}) by rule &quot;{{ alert.rule }}&quot;, since {{ alert.since }}.</p>
{% if alert.changes %}
<table border="1" cellpadding="4" style="border-collapse:collapse">
<tr><th>severity</th><th>change</th><th>before</th><th>after</th><th>at</th><th>confidence</th></tr>
{% for change in alert.changes %}
<tr><td>{{ change.severity }}</td><td>{{ change.type }} {{ change.key }}</td>
<td>{{ '-' if change.before is none else change.before | truncate(500) }}</td>
<td>{{ '-' if change.after is none else change.after | truncate(500) }}</td>
<td>{{ change.at }}</td><td>{{ change.confidence }}</td></tr>
{% endfor %}
</table>
{% endif %}
<ul>{% for reason in alert.reasons %}<li>{{ reason.step }}: {{ reason.outcome }}, because {{ reason.because }}</li>
{% endfor %}</ul>
<p>Sent {{ sent_at }}.{% if alert.id %} See: <code>vedette why {{ alert.id }}</code>{% endif %}</p>
</body></html>
"""
SLACK = """\
*{{ subject }}*
{% for change in alert.changes[:10] %}
• {{ change.type }}{% if change.key %} `{{ change.key }}`{% endif %}: {{ '-' if change.before is none else
change.before | truncate(120) }} → {{ '-' if change.after is none else change.after | truncate(120) }}
{% endfor %}
{{ alert.id or '' }} {{ alert.state }} · rule {{ alert.rule }} · since {{ alert.since }}
"""

DEADLINE = 5.0
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")  # secrets may stand in the others
_WIRE_LIMIT = LONGEST_OUTPUT * 8


@dataclass(frozen=True, slots=True)
class Rendered:
    """The text, and what to add to the delivery's response when it is not the operator's own."""

    text: str
    note: str = ""


class TemplateFailedError(Exception):
    """An operator's template that gave no text; the message says why."""


def context(message: Message) -> dict[str, Any]:
    """What templates see: the webhook's body as plain dicts and strings, with `subject` and `key` beside."""
    seen = notification_json(message.event, message.alert, message.sent_at)
    subject = safe(builtin(SUBJECT, seen), 250)
    return {**seen, "subject": subject, "key": message.key}


def escaped(value: Any, escape: Callable[[str], str]) -> Any:
    """The same nested value with every string escaped for its sink."""
    match value:
        case str():
            return escape(value)
        case dict():
            return {key: escaped(each, escape) for key, each in value.items()}
        case list():
            return [escaped(each, escape) for each in value]
        case _:
            return value


def builtin(source: str, seen: Mapping[str, Any], *, html: bool = False) -> str:
    """One of our own templates, rendered here."""
    return environment(autoescape=html).from_string(source).render(seen)


class Templates:
    """The operator's templates by name. `deadline` is how long a render may take, in seconds."""

    def __init__(self, sources: Mapping[str, str], deadline: float = DEADLINE) -> None:
        self._sources = sources
        self._deadline = deadline

    async def render(self, name: str, fallback: str, seen: Mapping[str, Any]) -> Rendered:
        """The operator's template `name`, or `fallback` when it is empty, unknown or fails."""
        if not name:
            return Rendered(builtin(fallback, seen))
        try:
            if name not in self._sources:
                raise TemplateFailedError("there is no such template")
            return Rendered(safe(await self._render(self._sources[name], seen), LONGEST_OUTPUT, keep_newlines=True))
        except TemplateFailedError as error:
            note = f"template '{name}' failed ({safe(str(error), 200)}), the built-in one was sent"
            return Rendered(builtin(fallback, seen), note)

    async def _render(self, source: str, seen: Mapping[str, Any]) -> str:
        task = json.dumps({"template": source, "context": seen}).encode()
        child = subprocess.Popen(  # noqa: ASYNC220 - a fork and exec; asyncio's child watcher would bind us to a loop
            [sys.executable, "-P", "-m", "core.notify.render"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
        )
        try:
            output = await asyncio.to_thread(_exchange, child, task, self._deadline)
        finally:
            child.kill()
        if child.returncode != 0:
            raise TemplateFailedError("it took too long or died")
        answer = json.loads(output)
        if "error" in answer:
            raise TemplateFailedError(answer["error"])
        return str(answer["text"])


def _exchange(child: subprocess.Popen[bytes], task: bytes, deadline: float) -> bytes:
    with child:
        try:
            output, _ = child.communicate(task, deadline)
        except subprocess.TimeoutExpired:
            child.kill()
            with contextlib.suppress(OSError):
                child.communicate()
            return b""
    return output[:_WIRE_LIMIT]
