"""The security grade of one response: ten tests, each taking from or adding to 100 points.

Results, points and letters are those of MDN HTTP Observatory's scoring methodology, algorithm version 4
(developer.mozilla.org/en-US/observatory/docs/tests_and_scoring), so that a grade here can be compared with one there.
Where it asks the network again - CORS with an Origin, plain http - only what the look itself brought home counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from core.model.scan import Grade, SecurityTest
from core.scan.cookies import Cookie, cookies
from core.scan.look import HTML_TYPES, Look, media_type
from core.scan.page import Script
from core.scan.policy import Policy, read_meta_policies, read_policies, repeats_reporting

BONUS_FROM = 90
SIX_MONTHS = 15_552_000  # 180 days; six months are a little more, but many sites set this

_GRADES = ((100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (50, "C"), (45, "C-"))
_LOW_GRADES = ((40, "D+"), (30, "D"), (25, "D-"), (0, "F"))


@dataclass(frozen=True, slots=True)
class _Result:
    """What a test can come to: whether that passes, its points, and the sentence for it."""

    passed: bool
    modifier: int
    reason: str


_RESULTS: dict[str, _Result] = {
    "csp-implemented-with-no-unsafe-default-src-none": _Result(True, 10, "policy forbids everything not listed"),
    "csp-implemented-with-no-unsafe": _Result(True, 5, "policy without unsafe sources"),
    "csp-implemented-but-duplicate-directives": _Result(True, 0, "policy repeats its reporting directives"),
    "csp-implemented-with-unsafe-inline-in-style-src-only": _Result(True, 0, "policy allows inline or any styles"),
    "csp-implemented-with-insecure-scheme-in-passive-content-only": _Result(
        True, -10, "policy allows images over http"
    ),
    "csp-implemented-with-unsafe-eval": _Result(False, -10, "policy allows eval"),
    "csp-implemented-with-insecure-scheme": _Result(False, -20, "policy allows active content over http"),
    "csp-implemented-with-unsafe-inline": _Result(False, -20, "policy allows inline scripts, or scripts from anywhere"),
    "csp-header-invalid": _Result(False, -25, "policy cannot be read as meant"),
    "csp-not-implemented": _Result(False, -25, "no Content-Security-Policy"),
    "csp-not-implemented-but-reporting-enabled": _Result(False, -25, "policy only reports"),
    "cookies-secure-with-httponly-sessions-and-samesite": _Result(True, 5, "all cookies are Secure and SameSite"),
    "cookies-secure-with-httponly-sessions": _Result(True, 0, "all cookies are Secure"),
    "cookies-not-found": _Result(True, 0, "no cookies"),
    "cookies-without-secure-flag-but-protected-by-hsts": _Result(False, -5, "a cookie lacks Secure; HSTS covers it"),
    "cookies-session-without-secure-flag-but-protected-by-hsts": _Result(
        False, -10, "a session cookie lacks Secure; HSTS covers it"
    ),
    "cookies-without-secure-flag": _Result(False, -20, "a cookie lacks Secure"),
    "cookies-samesite-flag-invalid": _Result(False, -20, "a cookie's SameSite has no effect"),
    "cookies-anticsrf-without-samesite-flag": _Result(False, -20, "an anti-CSRF cookie lacks SameSite"),
    "cookies-session-without-httponly-flag": _Result(False, -30, "a session cookie lacks HttpOnly"),
    "cookies-session-without-secure-flag": _Result(False, -40, "a session cookie lacks Secure"),
    "cross-origin-resource-sharing-not-implemented": _Result(True, 0, "no other origin may read"),
    "cross-origin-resource-sharing-implemented-with-public-access": _Result(True, 0, "every origin may read"),
    "cross-origin-resource-sharing-implemented-with-restricted-access": _Result(True, 0, "named origins may read"),
    "redirection-to-https": _Result(True, 0, "http leads to https at once"),
    "redirection-not-needed-no-http": _Result(True, 0, "nothing was seen on http"),
    "redirection-off-host-from-http": _Result(False, -5, "http leads to another host first, where HSTS cannot hold"),
    "redirection-not-to-https-on-initial-redirection": _Result(False, -10, "http leads to http before https"),
    "redirection-not-to-https": _Result(False, -20, "redirects end on http"),
    "redirection-missing": _Result(False, -20, "http does not lead to https"),
    "referrer-policy-private": _Result(True, 5, "other sites learn at most the origin"),
    "referrer-policy-not-implemented": _Result(True, 0, "no Referrer-Policy: browsers' default"),
    "referrer-policy-unsafe": _Result(False, -5, "other sites may learn more than they should"),
    "referrer-policy-header-invalid": _Result(False, -5, "Referrer-Policy names no known policy"),
    "hsts-implemented-max-age-at-least-six-months": _Result(True, 0, "HSTS for at least six months"),
    "hsts-implemented-max-age-less-than-six-months": _Result(False, -10, "HSTS for less than six months"),
    "hsts-not-implemented": _Result(False, -20, "no Strict-Transport-Security"),
    "hsts-header-invalid": _Result(False, -20, "Strict-Transport-Security cannot be read as meant"),
    "hsts-not-implemented-no-https": _Result(False, -20, "the page is served over http"),
    "sri-implemented-and-all-scripts-loaded-securely": _Result(True, 5, "own scripts have checksums"),
    "sri-implemented-and-external-scripts-loaded-securely": _Result(True, 5, "foreign scripts have checksums"),
    "sri-not-implemented-response-not-html": _Result(True, 0, "not a page"),
    "sri-not-implemented-but-no-scripts-loaded": _Result(True, 0, "no scripts"),
    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": _Result(True, 0, "only own scripts"),
    "sri-not-implemented-but-external-scripts-loaded-securely": _Result(False, -5, "foreign scripts lack checksums"),
    "sri-implemented-but-external-scripts-not-loaded-securely": _Result(False, -20, "foreign scripts come over http"),
    "sri-not-implemented-and-external-scripts-not-loaded-securely": _Result(
        False, -50, "foreign scripts come over http, or no scheme is named, without checksums"
    ),
    "x-content-type-options-nosniff": _Result(True, 0, "types are not guessed"),
    "x-content-type-options-not-implemented": _Result(False, -5, "no X-Content-Type-Options"),
    "x-content-type-options-header-invalid": _Result(False, -5, "X-Content-Type-Options is not 'nosniff'"),
    "x-frame-options-implemented-via-csp": _Result(True, 5, "frame-ancestors says who may embed"),
    "x-frame-options-sameorigin-or-deny": _Result(True, 0, "X-Frame-Options says who may embed"),
    "x-frame-options-allow-from-origin": _Result(True, 0, "X-Frame-Options names an origin; browsers ignore that"),
    "x-frame-options-not-implemented": _Result(False, -20, "anyone may embed the page"),
    "x-frame-options-header-invalid": _Result(False, -20, "X-Frame-Options has no known value"),
    "corp-implemented-with-same-origin": _Result(True, 10, "only the own origin may load"),
    "corp-implemented-with-same-site": _Result(True, 10, "only the own site may load"),
    "corp-implemented-with-cross-origin": _Result(True, 0, "any origin may load"),
    "corp-not-implemented": _Result(True, 0, "no Cross-Origin-Resource-Policy"),
    "corp-header-invalid": _Result(False, -5, "Cross-Origin-Resource-Policy has no known value"),
}


def grade(look: Look) -> Grade:
    """The grade of a look; bonus points count only for a response that has at least 90 points without them."""
    tests = tuple(_test(name, decide(look)) for name, decide in _TESTS.items())
    score = 100 + sum(min(test.modifier, 0) for test in tests)
    if score >= BONUS_FROM:
        score += sum(max(test.modifier, 0) for test in tests)
    score = max(score, 0)
    return Grade(letter(score), score, tests)


def tests_of(evidence: str) -> tuple[SecurityTest, ...]:
    """Every test of a stored grade, from the results that its evidence names: the costliest first, then the extras.

    A test that it does not name was passed and moved nothing. Without a grade there are none.
    """
    _, semicolon, results = evidence.partition(";")
    if not semicolon:
        return ()
    found = [(name, _RESULTS[name]) for each in results.split(",") if (name := each.strip()) in _RESULTS]
    named = {_test_name(result): SecurityTest(_test_name(result), result, each.passed, each.modifier, each.reason)
             for result, each in found}  # fmt: skip
    tests = [named.get(name) or SecurityTest(name, "", True, 0, "") for name in _TESTS]
    return tuple(sorted(tests, key=lambda each: (each.passed and each.modifier == 0, each.modifier)))


def _test_name(result: str) -> str:
    """The test that comes to a result: `csp-not-implemented` is one of content-security-policy's."""
    return next((name for name in _TESTS if result.startswith(_BEGINS.get(name, name))), result)


def letter(score: int) -> str:
    """The letter for a score: A+ from 100 down to F below 25."""
    return next(name for least, name in (*_GRADES, *_LOW_GRADES) if score >= least)


def _test(name: str, result: str) -> SecurityTest:
    known = _RESULTS[result]
    return SecurityTest(name, result, known.passed, known.modifier, known.reason)


# Content-Security-Policy

_ANYWHERE = frozenset(
    {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
)  # fmt: skip
_UNSAFE = _ANYWHERE | {"'unsafe-inline'", "data:"}
_PINNED = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_PASSIVE = ("img-src", "media-src")
_ANY = frozenset({"*"})


def _policy_texts(look: Look) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The policies sent as headers and those that stand in the page."""
    metas = look.page.http_equiv.get("content-security-policy", []) if look.page else []
    return look.response.header_values("content-security-policy"), tuple(text for text in metas if text)


def _content_security_policy(look: Look) -> str:
    sent, written = _policy_texts(look)
    try:
        policy = read_policies((*sent, *written))
    except ValueError:
        return "csp-header-invalid"
    if not sent and not read_meta_policies(written):
        reports = look.response.header("content-security-policy-report-only")
        return "csp-not-implemented-but-reporting-enabled" if reports else "csp-not-implemented"
    result = _weakness(policy, https=look.response.final_url.startswith("https:"))
    if repeats_reporting((*sent, *written)) and _RESULTS[result].passed:
        return "csp-implemented-but-duplicate-directives"
    return result


def _weakness(policy: Policy, *, https: bool) -> str:
    """The worst that a policy allows."""
    default = policy.get("default-src", _ANY)
    scripts = _without_overridden(policy.get("script-src", default))
    styles = _without_overridden(policy.get("style-src", default))
    objects = policy.get("object-src", default)
    if "'strict-dynamic'" in scripts:
        if not _is_pinned(scripts):
            return "csp-header-invalid"
        scripts = frozenset(each for each in scripts if each != "'self'" and not each.startswith(tuple(_ANYWHERE)))
    if scripts & _UNSAFE or objects & _ANYWHERE:
        return "csp-implemented-with-unsafe-inline"
    rest = (sources for name, sources in policy.items() if name not in (*_PASSIVE, "script-src"))
    if https and _is_insecure(scripts.union(*rest)):
        return "csp-implemented-with-insecure-scheme"
    if "'unsafe-eval'" in scripts | styles:
        return "csp-implemented-with-unsafe-eval"
    passive = [policy.get(name, policy.get("default-src", frozenset())) for name in _PASSIVE]
    if https and _is_insecure(frozenset().union(*passive)):
        return "csp-implemented-with-insecure-scheme-in-passive-content-only"
    if styles & _UNSAFE:
        return "csp-implemented-with-unsafe-inline-in-style-src-only"
    only_listed = policy.get("default-src") == frozenset({"'none'"})
    return "csp-implemented-with-no-unsafe" + ("-default-src-none" if only_listed else "")


def _without_overridden(sources: frozenset[str]) -> frozenset[str]:
    """Browsers ignore 'unsafe-inline' beside a nonce or a checksum."""
    return sources - {"'unsafe-inline'"} if _is_pinned(sources) else sources


def _is_pinned(sources: Iterable[str]) -> bool:
    return any(source.startswith(_PINNED) for source in sources)


def _is_insecure(sources: Iterable[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


# Cookies

_COOKIE_ORDER = (
    "cookies-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-samesite-flag-invalid",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-session-without-httponly-flag",
    "cookies-session-without-secure-flag",
)
_BALANCERS = frozenset({"heroku-session-affinity"})


def _cookies(look: Look) -> str:
    found = [cookie for cookie in cookies(look.response) if cookie.name not in _BALANCERS]
    if not found:
        return "cookies-not-found"
    covered = _RESULTS[_transport_security(look)].passed
    flaws = {flaw for cookie in found for flaw in _cookie_flaws(cookie, covered)}
    if flaws:
        return max(flaws, key=_COOKIE_ORDER.index)
    everywhere = "-and-samesite" if all(cookie.same_site for cookie in found) else ""
    return f"cookies-secure-with-httponly-sessions{everywhere}"


def _cookie_flaws(cookie: Cookie, covered: bool) -> Iterable[str]:
    name = cookie.name.lower()
    session = "login" in name or "sess" in name
    same_site = None if cookie.same_site is None else cookie.same_site.lower()
    hsts = "-but-protected-by-hsts" if covered else ""
    if same_site is not None and same_site not in ("lax", "strict", "none"):
        yield "cookies-samesite-flag-invalid"
    if same_site == "none" and not cookie.secure:
        yield "cookies-samesite-flag-invalid"
    if not cookie.secure:
        yield f"cookies-without-secure-flag{hsts}"
    if "csrf" in name and not same_site:
        yield "cookies-anticsrf-without-samesite-flag"
    if session and not cookie.secure:
        yield f"cookies-session-without-secure-flag{hsts}"
    if session and not cookie.http_only:
        yield "cookies-session-without-httponly-flag"


# The rest, one header each


def _resource_sharing(look: Look) -> str:
    allowed = look.response.header("access-control-allow-origin").strip()
    if not allowed:
        return "cross-origin-resource-sharing-not-implemented"
    access = "public" if allowed == "*" else "restricted"
    return f"cross-origin-resource-sharing-implemented-with-{access}-access"


def _redirection(look: Look) -> str:
    response = look.response
    if not response.url.startswith("http:"):
        if response.https_redirect is None:
            return "redirection-not-needed-no-http"
        return "redirection-to-https" if response.https_redirect else "redirection-missing"
    route = [*(hop.url for hop in response.redirects), response.final_url]
    if len(route) == 1:
        return "redirection-missing"
    if not route[-1].startswith("https:"):
        return "redirection-not-to-https"
    if route[1].startswith("http:"):
        return "redirection-not-to-https-on-initial-redirection"
    if urlsplit(route[0]).hostname != urlsplit(route[1]).hostname:
        return "redirection-off-host-from-http"
    return "redirection-to-https"


_PRIVATE = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
_TELLING = frozenset({"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"})


def _referrer(look: Look) -> str:
    written = look.page.metas.get("referrer", [])[-1:] if look.page else []
    values = [*look.response.header_values("referrer-policy"), *filter(None, written)]
    if not values:
        return "referrer-policy-not-implemented"
    words = [word.strip().lower() for word in ",".join(values).split(",")]
    known = [word for word in words if word in _PRIVATE | _TELLING]
    if not known:
        return "referrer-policy-header-invalid"
    return "referrer-policy-private" if known[-1] in _PRIVATE else "referrer-policy-unsafe"


_MAX_AGE = re.compile(r"max-age=\s*([+-]?\d{0,20})", re.IGNORECASE)


def _transport_security(look: Look) -> str:
    if not look.response.final_url.startswith("https:"):
        return "hsts-not-implemented-no-https"
    value = look.response.header("strict-transport-security")
    if not value:
        return "hsts-not-implemented"
    ages = [found for part in value.split(";") if (found := _MAX_AGE.match(part.strip()))]
    if "," in value or not ages:
        return "hsts-header-invalid"
    # A max-age that is not a number is not less than anything: the methodology lets it pass.
    age = int(ages[-1][1]) if ages[-1][1].lstrip("+-").isdigit() else SIX_MONTHS
    term = "at-least" if age >= SIX_MONTHS else "less-than"
    return f"hsts-implemented-max-age-{term}-six-months"


_SCRIPT_ORDER = (
    "sri-implemented-and-all-scripts-loaded-securely",
    "sri-implemented-and-external-scripts-loaded-securely",
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)


def _integrity(look: Look) -> str:
    if media_type(look.response) not in HTML_TYPES:
        return "sri-not-implemented-response-not-html"
    scripts = look.page.script_elements if look.page else []
    if not scripts:
        return "sri-not-implemented-but-no-scripts-loaded"
    judged = [_script_result(script, look.response.final_url) for script in scripts if script.source]
    results = [result for result in judged if result]
    if results:
        return max(results, key=_SCRIPT_ORDER.index)
    return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"


def _script_result(script: Script, url: str) -> str:
    """What one script with an address comes to; "" for one of the site's own without a checksum."""
    named = script.source.lower().startswith(("http://", "https://"))
    secure = script.source.lower().startswith("https://") or (not named and url.startswith("https:"))
    if not script.source.startswith("//") and (not named or _site(script.url) == _site(url)):
        return "sri-implemented-and-all-scripts-loaded-securely" if script.integrity and secure else ""
    secure = named and secure
    if script.integrity:
        securely = "and-external-scripts-loaded-securely" if secure else "but-external-scripts-not-loaded-securely"
        return f"sri-implemented-{securely}"
    securely = "but-external-scripts-loaded-securely" if secure else "and-external-scripts-not-loaded-securely"
    return f"sri-not-implemented-{securely}"


@lru_cache(maxsize=1024)
def _site(url: str) -> str:
    """The registrable domain of a URL, or its host where there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return url
    return _suffixes().privatesuffix(host) or host


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _content_type_options(look: Look) -> str:
    values = look.response.header_values("x-content-type-options")
    if not values:
        return "x-content-type-options-not-implemented"
    known = values[0].strip().lower() == "nosniff"
    return "x-content-type-options-nosniff" if known else "x-content-type-options-header-invalid"


def _frame_options(look: Look) -> str:
    sent, written = _policy_texts(look)
    try:
        if "frame-ancestors" in read_policies((*sent, *written)):
            return "x-frame-options-implemented-via-csp"
    except ValueError:
        pass
    value = next(iter(look.response.header_values("x-frame-options")), "").strip().lower()
    if not value:
        return "x-frame-options-not-implemented"
    if value in ("deny", "sameorigin"):
        return "x-frame-options-sameorigin-or-deny"
    return "x-frame-options-allow-from-origin" if value.startswith("allow-from") else "x-frame-options-header-invalid"


def _resource_policy(look: Look) -> str:
    value = next(iter(look.response.header_values("cross-origin-resource-policy")), "").strip().lower()
    if not value:
        return "corp-not-implemented"
    known = value in ("same-origin", "same-site", "cross-origin")
    return f"corp-implemented-with-{value}" if known else "corp-header-invalid"


# How the results of a test begin where that is not its name.
_BEGINS = {
    "content-security-policy": "csp-",
    "strict-transport-security": "hsts-",
    "subresource-integrity": "sri-",
    "cross-origin-resource-policy": "corp-",
}

_TESTS: dict[str, Callable[[Look], str]] = {
    "content-security-policy": _content_security_policy,
    "cookies": _cookies,
    "cross-origin-resource-sharing": _resource_sharing,
    "redirection": _redirection,
    "referrer-policy": _referrer,
    "strict-transport-security": _transport_security,
    "subresource-integrity": _integrity,
    "x-content-type-options": _content_type_options,
    "x-frame-options": _frame_options,
    "cross-origin-resource-policy": _resource_policy,
}
