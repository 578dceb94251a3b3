"""Matching of text: substrings, globs and regular expressions that no pattern can make slow (RE2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import re2

Matches = Callable[[str], bool]
MOST_OF_A_SET = 2000  # instructions; a set that runs out of memory would find nothing and not say so


class PatternError(ValueError):
    """A regular expression that RE2 does not take; the message is RE2's own."""


def regex(pattern: str, *, whole: bool = False, lines: bool = False) -> Matches:
    """A search (or, with `whole`, a full match) by RE2 that ignores case; PatternError when it cannot be compiled.

    With `lines`, each line is a text of its own: `^` and `$` are its ends and no match crosses them.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.dot_nl = not lines
    options.never_nl = lines
    if lines:
        pattern = f"(?m){pattern}"
    try:
        compiled = re2.compile(pattern, options)  # type: ignore[no-untyped-call]
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(text) from None
    if compiled.programsize <= MOST_OF_A_SET:
        find = _set_of(pattern, options, whole=whole)
    else:
        find = compiled.fullmatch if whole else compiled.search

    def matches(text: str) -> bool:
        try:
            return bool(find(text))
        except UnicodeEncodeError:  # a lone surrogate, which no pattern can name
            return bool(find(text.encode("utf-8", "replace").decode()))

    return matches


def _set_of(pattern: str, options: Any, *, whole: bool) -> Callable[[str], object]:
    """A set of one: it answers in a third of the time, as it makes no match object."""
    made: Any = re2.Set
    one = made.FullMatchSet(options) if whole else made.SearchSet(options)
    one.Add(pattern)
    one.Compile()
    return cast(Callable[[str], object], one.Match)


def is_glob(text: str) -> bool:
    """Whether `*` or `?` stands in it."""
    return "*" in text or "?" in text


def glob(pattern: str) -> Matches:
    """The whole text against a pattern of `*` and `?`, ignoring case."""
    lowered = pattern.lower()
    if not is_glob(lowered[:-1]) and lowered.endswith("*"):
        prefix = lowered[:-1]
        return lambda text: text.lower().startswith(prefix)
    parts = [{"*": ".*", "?": "."}.get(each, re.escape(each)) for each in lowered]
    return regex("".join(parts), whole=True)


def fuzzy(text: str) -> Matches:
    """The letters in order with at most three others between any two."""
    return regex(".{0,3}".join(map(re.escape, text)), lines=True)
