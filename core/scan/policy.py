"""Content-Security-Policy read for grading: several policies combined into what all of them allow (CSP level 3)."""

from __future__ import annotations

from collections.abc import Sequence

Policy = dict[str, frozenset[str]]

SHORTEST = len("img-src") - 1
NONE = "'none'"
REPEATABLE = frozenset({"report-uri", "report-to"})
NOT_IN_META = ("frame-ancestors", "report-uri", "sandbox")


def read_policies(texts: Sequence[str]) -> Policy:
    """Directives with the sources that every policy allows; a source list that ends up empty is `'none'`.

    ValueError where a policy is empty or names a directive twice: browsers ignore the second one, people overlook it.
    """
    combined: Policy = {}
    for position, text in enumerate(texts):
        for directive, sources in _read(text).items():
            allowed = combined.get(directive, frozenset()) if position else sources
            combined[directive] = allowed & sources
    return {directive: sources or frozenset({NONE}) for directive, sources in combined.items()}


def read_meta_policies(texts: Sequence[str]) -> Policy:
    """Likewise for `<meta http-equiv>`, where some directives have no effect."""
    policy = read_policies(texts)
    return {directive: sources for directive, sources in policy.items() if directive not in NOT_IN_META}


def repeats_reporting(texts: Sequence[str]) -> bool:
    """Whether a policy names report-uri or report-to more than once, which is allowed but of no use."""
    return any(_names(text).count(name) > 1 for text in texts for name in REPEATABLE)


def _read(text: str) -> Policy:
    text = text.replace("\r", "").replace("\n", "").strip()
    if len(text) < SHORTEST:
        raise ValueError(f"'{text}' is too short for a policy")
    policy: Policy = {}
    for directive, *sources in (entry.split() for entry in text.lower().split(";") if entry.strip()):
        if directive in policy and directive not in REPEATABLE:
            raise ValueError(f"{directive} stands twice in one policy")
        allowed = frozenset(sources or ([NONE] if directive.endswith("-src") else []))
        policy[directive] = policy.get(directive, frozenset()) | allowed
    return policy


def _names(text: str) -> list[str]:
    return [entry.split()[0] for entry in text.lower().split(";") if entry.strip()]
