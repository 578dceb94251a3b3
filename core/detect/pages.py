"""What a page says of itself: status, redirects, title, content type, metas and forms."""

from __future__ import annotations

from core.detect.comparison import Comparison, Finding, Pair, finding
from core.model.scan import Fact

_PAGE_TYPES = {
    "status": ("content.status_changed", "another status code"),
    "redirects": ("content.redirect_changed", "another way to the page"),
    "title": ("content.title_changed", "another title"),
    "content_type": ("content.content_type_changed", "another content type"),
    "canonical": ("content.meta_changed", "another canonical address"),
    "language": ("content.meta_changed", "another language"),
}


def detect_page(comparison: Comparison) -> list[Finding]:
    """Page facts; `final_url` and `charset` show themselves in `redirects` and `content_type`."""
    found = []
    for pair in comparison.differing("page"):
        if pair.key in _PAGE_TYPES:
            name, because = _PAGE_TYPES[pair.key]
            found.append(finding(comparison, name, pair, "page", because))
    secure = comparison.pair("security", "https_redirect")
    if secure.before and secure.after and secure.before.compared != secure.after.compared:
        because = "plain HTTP leads to HTTPS now" if secure.after.value == "yes" else "plain HTTP no longer leads away"
        found.append(finding(comparison, "content.redirect_changed", secure, "security", because))
    return found


def detect_metas(comparison: Comparison) -> list[Finding]:
    """Metas by name; a meta that came or went counts as changed."""
    return [
        finding(comparison, "content.meta_changed", pair, "meta", _because(pair.before is None, pair.after is None))
        for pair in comparison.differing("meta")
    ]


def detect_forms(comparison: Comparison) -> list[Finding]:
    """Forms by method, action and place; a form that leads elsewhere shows as one change, not as gone and come."""
    pairs = list(comparison.differing("form"))
    moved = _moved(pairs)
    found = []
    for pair in pairs:
        if pair.key in moved.values():
            continue
        because = _because(pair.before is None, pair.after is None)
        if pair.key in moved:
            because = f"a form with these fields led to {moved[pair.key]} before"
        found.append(finding(comparison, "content.form_changed", pair, "form", because))
    return found


def _moved(pairs: list[Pair]) -> dict[str, str]:
    """The keys of new forms with those of the gone forms that had the same fields, each used once."""
    gone = [pair for pair in pairs if pair.after is None]
    moved: dict[str, str] = {}
    for pair in pairs:
        old = next((each for each in gone if pair.before is None and _same_fields(each.before, pair.after)), None)
        if old is not None:
            gone.remove(old)
            moved[pair.key] = old.key
    return moved


def _same_fields(old: Fact | None, new: Fact | None) -> bool:
    return old is not None and new is not None and old.compared == new.compared


def _because(came: bool, went: bool) -> str:
    return "it is new" if came else "it is gone" if went else "the value differs"
