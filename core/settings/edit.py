"""Changes to a target as `key=value` words of a command line, judged exactly as the file would be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from core.model.target import Origin, Profile, Target
from core.settings.problems import Problems
from core.settings.targets import METRIC_ALIASES, SCANNER_ALIASES, SHAPE, CronCheck, TargetContext, read_target
from core.settings.walk import Node, unknown_key
from core.settings.write import Table, target_table

ALIASES = {"tz": "timezone", "tag": "tags", "select": "content.select", "ignore": "content.ignore"}
_LISTS = frozenset({"tags", "scan", "content.ignore"})
LINES = "\n"
_QUOTES = "\"'"
_CLOSED_BY = {"(": ")", "[": "]", "{": "}", **{quote: quote for quote in _QUOTES}}
_REGEX = re.compile(r"\s*[+-]?/.+?/\s*(?=,|$)")  # up to the first slash that a comma or nothing follows
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


def edited(target: Target, changes: Mapping[str, str], check_cron: CronCheck | None = None) -> Target:
    """The target with these keys of its table set; "" takes a key back to its default.

    Lists are written `a,b` (see between_commas), or `+a,-b` to add and remove; tables by their keys:
    `thresholds.ttfb_ms=30%`, `content.select=main`. Raises InvalidSettings with every key that is wrong.
    """
    problems = Problems(f"target '{target.name}'")
    table = target_table(target, Profile.REALTIME)
    for given, text in changes.items():
        _set(table, ALIASES.get(given, given), text, problems)
    context = TargetContext(origin=target.origin, check_cron=check_cron)
    result = read_target(Node(table, problems), context)
    problems.settle()
    assert result is not None, "a target without problems has its name and URL"
    return replace(result, paused=target.paused, id=target.id, uuid=target.uuid, org_id=target.org_id, kind=target.kind)


def created(
    url: str,
    options: Mapping[str, str],
    profile: Profile = Profile.REALTIME,
    check_cron: CronCheck | None = None,
) -> Target:
    """A new target of the store from its URL and the options of `add`; without a name it is called by its host."""
    blank = Target(name=options.get("name") or name_for(url), url=url, profile=profile, origin=Origin.STORE)
    return edited(blank, options, check_cron)


def between_commas(text: str) -> list[str]:
    """The texts of a list that is written with commas between, without blanks around them and without empty ones.

    A comma within `/…/`, brackets or quotes belongs to its expression or selector: `/a{1,3}/, :is(h1, h2)` are two. A
    text that comes in lines is one text a line, whatever stands in it.
    """
    if LINES in text:
        return [each.strip() for each in text.split(LINES) if each.strip()]
    found, rest = [], text
    while rest:
        end = _end_of_regex(rest) or _end_of_word(rest)
        found.append(rest[:end].strip())
        rest = rest[end + 1 :]
    return [each for each in found if each]


def _end_of_regex(text: str) -> int:
    """Where the comma after an expression stands that the text begins with; 0 where it begins with none."""
    whole = _REGEX.match(text)
    return whole.end() if whole else 0


def _end_of_word(text: str) -> int:
    """Where the first comma stands that is within nothing, or the end; of what is never closed it is the first."""
    open_until: list[str] = []
    for at, character in enumerate(text):
        if open_until and character == open_until[-1]:
            open_until.pop()
        elif open_until and open_until[-1] in _QUOTES:
            continue
        elif character in _CLOSED_BY:
            open_until.append(_CLOSED_BY[character])
        elif character == "," and not open_until:
            return at
    return text.find(",") if open_until and "," in text else len(text)


def name_for(url: str) -> str:
    """What a URL is called until somebody gives it a name: its host, and its path where it has one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return (parts.netloc.rpartition("@")[2] + parts.path.rstrip("/")) or url


def _set(table: Table, key: str, text: str, problems: Problems) -> None:
    top, _, inner = key.partition(".")
    if top not in SHAPE.keys:
        unknown_key(Node(text, problems, (key,)), key, SHAPE.keys)
    elif inner:
        _set_inner(table, top, inner, text)
    elif text == "":
        table.pop(key, None)
    else:
        _forget_other_schedule(table, key)
        table[key] = _raw(table.get(key), key, text)


def _set_inner(table: Table, top: str, inner: str, text: str) -> None:
    within = dict(table.get(top) or {})  # type: ignore[call-overload]
    inner = METRIC_ALIASES.get(inner, inner)
    if text == "":
        within.pop(inner, None)
    else:
        within[inner] = _raw(within.get(inner), f"{top}.{inner}", text)
    table[top] = within


def _forget_other_schedule(table: Table, key: str) -> None:
    other = {"cron": "every", "every": "cron"}.get(key)
    if other is not None:
        table.pop(other, None)


def _raw(now: object, key: str, text: str) -> object:
    """The text as the value that the file would hold."""
    if key in _LISTS:
        return _listed(now, text, SCANNER_ALIASES if key == "scan" else {})
    if key == "allow_private":
        return _WORDS.get(text.strip().lower(), text)
    return text


def _listed(now: object, text: str, aliases: Mapping[str, str]) -> list[str]:
    words = between_commas(text)
    if not words or any(word[0] not in "+-" for word in words):
        return words
    chosen = [str(each) for each in now] if isinstance(now, list) else []
    for word in words:
        name = aliases.get(word[1:], word[1:])
        if word[0] == "+":
            chosen.append(name)
        elif name in chosen:
            chosen.remove(name)
    return chosen
