"""What happens to the sites of the watch journey: one site a case, so that no cause hides behind another.

`changes` are all changes that a case leads to, as (type, key): what follows from a cause stands beside it. Alerts are
one a type, because changes of one type that come together share one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Served = dict[str, Any]
Records = tuple[dict[str, Any], ...]

STRICT = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
STEADY = 'thresholds = { total_ms = "off", ttfb_ms = "off" }'


def page(title: str = "Harbour office", head: str = "", body: str = "") -> str:
    """A small page with something of everything."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="stylesheet" href="/style.css"><script src="/site.js"></script>{head}</head>\n'
        '<body class="plain"><h1>Berths and tides</h1><p>The office opens at nine and closes at five.</p>\n'
        '<ul id="menu" class="wide"><li><a href="/berths" rel="next">Berths</a></li>'
        '<li><a href="/tides" rel="help">Tides</a></li></ul><img src="/quay.jpg" alt="The quay">\n'
        f'<form action="/ask" method="post"><input name="question"></form>{body}</body></html>'
    )


def headers(**changed: str | None) -> list[tuple[str, str]]:
    """The strict headers with some replaced, added or (None) left out; underscores stand for hyphens."""
    given = {**STRICT, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return [(name, value) for name, value in given.items() if value is not None]


@dataclass(frozen=True)
class Case:
    """A site, what is done to it, and all that must come of it. Host names end in `.test`."""

    scanner: str
    name: str
    changes: tuple[tuple[str, str], ...]
    before: Served = field(default_factory=dict)
    after: Served = field(default_factory=dict)
    names_before: Records = ()
    names_after: Records = ()
    settings: str = STEADY
    every: str = "2s"

    @property
    def host(self) -> str:
        return f"{self.name}.test"

    def first(self) -> Served:
        """What it serves before anything happens; said whole, so that it is also the way back."""
        usual = {"body": page(), "headers": headers(), "status": 200, "delay": 0.0, "location": "", "down": False}
        return {"host": self.host, **usual, "names": [], **self.before}

    def then(self) -> Served:
        return {"host": self.host, **self.after}

    def records(self, given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"name": self.host, **each} for each in given]


def _timing(name: str, changes: tuple[tuple[str, str], ...], before: Served, after: Served, settings: str) -> Case:
    return Case("performance", name, changes, before, after, settings=settings, every="1s")


_TIMES = ("ttfb_ms", "total_ms")
_SIZE = 'thresholds = { body_bytes = "20%", total_ms = "off", ttfb_ms = "off" }'
# Times are real ones: as far apart as a busy machine never brings them, and what counts far from both.
_SLOWER = 'thresholds = { total_ms = "200%", ttfb_ms = "200%" }'
_FASTER = 'thresholds = { total_ms = "60%", ttfb_ms = "60%" }'
_FILLING = "<!-- " + "ballast " * 2000 + "-->"

PERFORMANCE = (
    _timing(
        "slower", tuple(("performance.degraded", each) for each in _TIMES), {"delay": 0.25}, {"delay": 1.0}, _SLOWER
    ),
    _timing(
        "faster", tuple(("performance.improved", each) for each in _TIMES), {"delay": 1.4}, {"delay": 0.35}, _FASTER
    ),
    _timing(
        "heavier",
        (("performance.degraded", "body_bytes"),),
        {},
        {"body": page(body=_FILLING)},
        _SIZE,
    ),
    _timing(
        "lighter",
        (("performance.improved", "body_bytes"),),
        {"body": page(body=_FILLING)},
        {"body": page()},
        _SIZE,
    ),
)

SECURITY = (
    Case(
        "security",
        "header-removed",
        (("security.header_removed", "strict-transport-security"), ("security.grade_changed", "grade")),
        after={"headers": headers(Strict_Transport_Security=None)},
    ),
    Case(
        "security",
        "header-weakened",
        (("security.header_weakened", "strict-transport-security"),),
        after={"headers": headers(Strict_Transport_Security="max-age=300")},
    ),
    Case(
        "security",
        "header-added",
        (("security.header_added", "cross-origin-opener-policy"),),
        after={"headers": headers(Cross_Origin_Opener_Policy="same-origin")},
    ),
    Case(
        "security",
        "cookie-weakened",
        (("security.cookie_weakened", "visit"),),
        before={"headers": headers(Set_Cookie="visit=a; Path=/; Secure; HttpOnly; SameSite=Lax")},
        after={"headers": headers(Set_Cookie="visit=b; Path=/; Secure; HttpOnly; SameSite=None")},
    ),
    Case(
        "security",
        "certificate-renewed",
        (("tls.certificate_changed", "fingerprint"),),
        after={"renew": 1},
    ),
    Case(
        "security",
        "certificate-expiring",
        (("tls.certificate_changed", "fingerprint"), ("tls.expiring", "")),
        after={"not_after": time.time() + 5 * 86400},
    ),
    Case(
        "security",
        "name-lost",
        (("tls.certificate_changed", "fingerprint"), ("tls.san_lost", "san")),
        before={"names": ["name-lost.test", "www.name-lost.test"]},
        after={"names": ["name-lost.test"]},
    ),
    Case(
        "security",
        "old-protocol",
        (("tls.protocol_weakened", "protocol"), ("tls.certificate_changed", "fingerprint")),
        after={"max_tls": "TLSv1_2"},
    ),
)

TECHNOLOGY = (
    Case(
        "technology",
        "added",
        (("technology.added", "PHP"),),
        after={"headers": headers(X_Powered_By="PHP/8.2.7")},
    ),
    Case(
        "technology",
        "removed",
        (("technology.removed", "PHP"),),
        before={"headers": headers(X_Powered_By="PHP/8.2.7")},
        after={"headers": headers()},
    ),
    Case(
        "technology",
        "upgraded",
        (("technology.version_changed", "PHP"),),
        before={"headers": headers(X_Powered_By="PHP/7.4.33")},
        after={"headers": headers(X_Powered_By="PHP/8.2.7")},
    ),
    Case(
        "technology",
        "hidden",
        (("technology.version_hidden", "PHP"),),
        before={"headers": headers(X_Powered_By="PHP/8.2.7")},
        after={"headers": headers(X_Powered_By="PHP")},
    ),
    Case(
        "technology",
        "revealed",
        (("technology.version_revealed", "PHP"),),
        before={"headers": headers(X_Powered_By="PHP")},
        after={"headers": headers(X_Powered_By="PHP/8.2.7")},
    ),
    Case(
        "technology",
        "library",
        (
            ("technology.version_changed", "jQuery"),
            ("content.script_removed", "https://library.test/jquery-3.5.1.min.js"),
            ("content.script_added", "https://library.test/jquery-3.7.1.min.js"),
        ),
        before={"body": page(head='<script src="/jquery-3.5.1.min.js"></script>')},
        after={"body": page(head='<script src="/jquery-3.7.1.min.js"></script>')},
    ),
)

CONTENT = (
    Case("content", "title", (("content.title_changed", "title"),), after={"body": page("Harbour office: closed")}),
    Case(
        "content",
        "text",
        (("content.text_changed", ""),),
        after={"body": page(body="<p>Boats longer than twelve metres have to call ahead.</p>")},
    ),
    Case(
        "content",
        "heading",
        (("content.headings_changed", ""), ("content.text_changed", "")),
        after={"body": page(body="<h2>Winter moorings</h2>")},
    ),
    Case(
        "content",
        "script",
        (("content.script_added", "https://widgets.example/w.js"),),
        after={"body": page(head='<script src="https://widgets.example/w.js"></script>')},
    ),
    Case(
        "content",
        "form",
        (("content.form_changed", "post https://collect.example/ask 0"),),
        after={"body": page().replace('action="/ask"', 'action="https://collect.example/ask"')},
    ),
    Case(
        "content",
        "meta",
        (("content.meta_changed", "description"),),
        after={"body": page(head='<meta name="description" content="Berths, tides and pilots">')},
    ),
    Case("content", "status", (("content.status_changed", "status"),), after={"status": 404}),
    Case("content", "redirect", (("content.redirect_changed", "redirects"),), after={"location": "/welcome"}),
)

INFRASTRUCTURE = (
    Case(
        "infrastructure",
        "mail-moved",
        (("infrastructure.dns_changed", "MX"),),
        names_before=({"type": "MX", "records": ["10 mx.old-provider.test."]},),
        names_after=({"type": "MX", "records": ["10 mx.new-provider.test."]},),
    ),
    Case(
        "infrastructure",
        "zone-moved",
        (("infrastructure.dns_changed", "NS"),),
        names_before=({"type": "NS", "records": ["ns1.old-provider.test.", "ns2.old-provider.test."]},),
        names_after=({"type": "NS", "records": ["ns1.new-provider.test.", "ns2.new-provider.test."]},),
    ),
    Case(
        "infrastructure",
        "authority-named",
        (("infrastructure.dns_changed", "CAA"),),
        names_before=({"type": "CAA", "records": ['0 issue "letsencrypt.org"']},),
        names_after=({"type": "CAA", "records": ['0 issue "another-ca.test"']},),
    ),
    Case(
        "infrastructure",
        "text-record",
        (("infrastructure.dns_changed", "TXT"),),
        names_before=({"type": "TXT", "records": ['"v=spf1 -all"']},),
        names_after=({"type": "TXT", "records": ['"v=spf1 include:mailer.test -all"']},),
    ),
    Case(
        "infrastructure",
        "address-moved",
        (("infrastructure.ip_changed", "A"),),
        names_before=({"type": "A", "records": ["127.0.0.1"]},),
        names_after=({"type": "A", "records": ["127.8.0.1"]},),
    ),
    Case(
        "infrastructure",
        "behind-cdn",
        (("infrastructure.dns_changed", "CNAME"), ("infrastructure.cdn_changed", "cdn")),
        names_after=({"type": "CNAME", "records": ["behind-cdn.b-cdn.net."]},),
    ),
    Case(
        "infrastructure",
        "server",
        (("infrastructure.server_changed", "server"),),
        before={"headers": headers(Server="harbourd/1")},
        after={"headers": headers(Server="quayd/2")},
    ),
)

DOWN = (("availability.down", ""),)
AVAILABILITY = (
    Case("availability", "silent", DOWN, after={"down": True}),
    Case("availability", "failing", DOWN, after={"status": 500}),
    Case("availability", "nameless", DOWN, names_after=({"type": "*"},)),
    Case("availability", "untrusted", DOWN, after={"names": ["somebody-else.test"]}),
)

CASES = (*PERFORMANCE, *SECURITY, *TECHNOLOGY, *CONTENT, *INFRASTRUCTURE, *AVAILABILITY)

# Sites on which nothing happens, looked at with every scanner and every threshold.
_CALM = 'thresholds = { total_ms = "100%", ttfb_ms = "100%", body_bytes = "20%" }'
CALM = tuple(Case("calm", f"calm-{number}", (), {"delay": 0.25}, settings=_CALM) for number in range(4))
NOISES = {
    "timestamps": ["timestamp"],
    "nonces": ["csp_nonce"],
    "tokens": ["csrf"],
    "cache-busters": ["cache_buster"],
    "counters": ["counter"],
    "view-state": ["viewstate"],
    "attributes": ["attribute_order"],
    "advertising": ["ad_slot"],
    "identifiers": ["random_ids", "session_link"],
    "states": ["inline_state", "server_comment", "whitespace"],
    "headers": ["volatile_headers"],
    "everything": ["timestamp", "csrf", "cache_buster", "counter", "viewstate", "attribute_order", "ad_slot"],
}
NOISY = tuple(
    Case(
        "noisy",
        f"noisy-{name}",
        (),
        {"delay": 0.25, "noise": kinds, "body": f"<!-- {number} -->{page()}"},
        settings=_CALM,
    )
    for number, (name, kinds) in enumerate(NOISES.items())
)
QUIET = (*CALM, *NOISY)
