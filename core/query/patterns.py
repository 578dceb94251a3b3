"""Matching of text: substrings, globs and regular expressions that no pattern can make slow (RE2)."""

from __future__ import annotations

import re
from collections.abc import Callable

import re2

Matches = Callable[[str], bool]


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
    match = compiled.fullmatch if whole else compiled.search

    def matches(text: str) -> bool:
        try:
            return match(text) is not None
        except UnicodeEncodeError:  # a lone surrogate, which no pattern can name
            return match(text.encode("utf-8", "replace").decode()) is not None

    return matches


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
