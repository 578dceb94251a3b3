"""The child process that renders one operator's template: `python -m core.notify.render`, JSON in, JSON out.

Jinja2's sandbox stops escapes, but not `{{ 'a' * 300000000 }}` nor endless loops; a process with limits on CPU and
memory, which its parent can kill, stops both.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

CPU_SECONDS = 1
MEMORY_BYTES = 512 * 1024 * 1024
LONGEST_OUTPUT = 50_000


def environment(*, autoescape: bool = False) -> ImmutableSandboxedEnvironment:
    """The sandbox for all templates: built-in ones in our process, operators' in a child."""
    return ImmutableSandboxedEnvironment(autoescape=autoescape, trim_blocks=True, lstrip_blocks=True)


def render(source: str, context: dict[str, Any], limit: int = LONGEST_OUTPUT) -> str:
    """The template's text, cut at `limit` characters; TemplateError and whatever an expression raises."""
    written: list[str] = []
    left = limit
    for piece in environment().from_string(source).generate(context):
        written.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return "".join(written)


def check_template(source: str) -> None:
    """ValueError with the line where a template is not one; what it does when it is rendered is not tried."""
    try:
        environment().parse(source)
    except TemplateSyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.message}") from None


def main() -> None:
    """Render what stands on standard input; the answer has `text` or `error`."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    task = json.load(sys.stdin)
    try:
        answer = {"text": render(task["template"], task["context"])}
    except MemoryError:
        answer = {"error": "it needs too much memory"}
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
