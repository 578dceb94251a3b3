"""One pattern of a fingerprint: an expression, what it says of the version, and how sure it makes us.

The notation is Wappalyzer's (its public specification): `expression\\;version:\\1\\;confidence:50`, matched without
regard to case; an empty expression matches whatever is there. As in its engine, `*` and `+` reach at most 250
characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.scan.technology.literals import Clause, required_literals

LONGEST_VERSION = 15
LARGEST_MAJOR = 10_000

_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[*+]", re.DOTALL)
_BOUNDS = {"*": "{0,250}", "+": "{1,250}"}
_TERNARY = re.compile(r"\\(\d)\?([^:]*):(.*)$")
_REFERENCE = re.compile(r"\\(\d)")
_MAJOR = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Pattern:
    """`version` is a template over the groups, `confidence` per cent, `required` what every match holds."""

    expression: str
    version: str = ""
    confidence: int = 100
    required: tuple[Clause, ...] = ()


def parse_pattern(text: str) -> Pattern:
    """Read the notation. ValueError says what is wrong with it."""
    expression, *tags = text.split("\\;")
    given = dict(_tag(tag) for tag in tags)
    bounded = bound(expression)
    try:
        required = required_literals(bounded)
    except re.error as error:
        raise ValueError(f"{expression!r} is not a regular expression: {error}") from error
    return Pattern(bounded, given.get("version", ""), _confidence(given.get("confidence", "100")), required)


def bound(expression: str) -> str:
    """The expression with `*` and `+` bounded; inside `[…]` and after a backslash they are characters."""
    return _TOKEN.sub(_bounded, expression)


def version_of(template: str, groups: Sequence[str | None]) -> str:
    """Fill a template: `\\1` is the first group, `\\1?a:b` is a where the first group matched something, else b.

    What cannot be a version (longer than 15 characters, or a number like a timestamp) gives "".
    """

    def group(reference: re.Match[str]) -> str:
        index = int(reference[1])
        return (groups[index - 1] or "") if 0 < index <= len(groups) else ""

    filled = _TERNARY.sub(lambda choice: choice[2] if group(choice) else choice[3], template)
    version = _REFERENCE.sub(group, filled).strip()
    return version if plausible(version) else ""


def plausible(version: str) -> bool:
    """Whether a text may be a version number."""
    major = _MAJOR.match(version)
    return 0 < len(version) <= LONGEST_VERSION and (major is None or int(major[0]) < LARGEST_MAJOR)


def _bounded(token: re.Match[str]) -> str:
    text = token[0]
    if text.startswith("["):
        return "[" + re.sub(r"(\\.)|([\[&~|])", lambda inner: inner[1] or "\\" + inner[2], text[1:-1]) + "]"
    return _BOUNDS.get(text, text)


def _tag(tag: str) -> tuple[str, str]:
    name, separator, value = tag.partition(":")
    if name not in ("version", "confidence") or not separator:
        raise ValueError(f"{tag!r} is neither version:… nor confidence:…")
    return name, value


def _confidence(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 100:
        raise ValueError(f"confidence {text!r} is not a number from 0 to 100")
    return int(text)
