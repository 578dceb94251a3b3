"""The stable form of what pages and headers say: the same text without the parts that differ on every look.

A stable form is for comparing and digesting, not for reading. Replaced parts leave a named mark (`⟨time⟩`), so that a
decision can say which kind of noise it left out. Versions and prices are never touched: `jquery-3.5.1.min.js`,
`bootstrap@5.0.1`, `?ver=6.4.2` and `1,299 €` are what a watcher is looking for.

The patterns run on hostile text. Every repetition in them is bounded and none nests another, so time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

LONGEST: Final = 20_000  # characters that are normalised; what follows is kept as it is
PASSES: Final = 8  # what stood right beside something replaced may be recognised only then

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember)\.?"
)
_DAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[A-Z]{2,4}T|[+-]\d{2}:?\d{2})\b)?"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[ap]\.?m\b\.?)?" + _ZONE
_WITH_CLOCK = r"(?:(?:T|,? (?:at |um |à )?)" + _CLOCK + r")?"
_YEAR = r"(?:19|20)\d{2}"
_NUMBER = r"\d[\d.,]{0,14}(?: ?[kKmM]\b)?\+?"
_UNIT = r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|mos?|months?|y|yrs?|years?)"
_SECONDS = r"(?:s|ms|µs|us|secs?|seconds?|milliseconds?)(?!\w)"
_SOME = r"(?:about |over |almost |less than )?(?:\d{1,4}|an?|one|two|three|a few|few|several)"
_TOLD = (
    r"(?:(?:updated|generated|refreshed|synced|checked|modified|cached|rendered|today|yesterday|stand)(?: on| at)?"
    r"|as of|server time|local time|current time|time now)"
)
_IDENTIFIED = r"(?:request|trace|session|ray|correlation|incident|visitor|transaction|event|error)"
_SERVED = r"(?:served by|backend|node|pod|instance|hostname|build|commit|revision|nonce)"
_COUNTED = (
    r"(?:(?:page|profile|total|unique|today'?s) ?)?(?:views?|visitors?|visits?|hits?|impressions?|reads?|plays?"
    r"|clicks?|likes?|shares?|retweets?|comments?|replies|reply|followers?|subscribers?|votes?|upvotes?|downloads?"
    r"|(?:sql |database |db )?quer(?:y|ies)|reviews?|ratings?)"
)
_PRESENT = (
    r"(?:(?:users?|guests?|members?|people|persons?|visitors?|customers?|players?|readers?|viewers?|shoppers?|others?)"
    r" )?(?:(?:are |is )?(?:currently |now )?(?:online|browsing|viewing|watching|looking at|listening|active now))"
)
_DONE = r"(?:viewed|seen|visited|bought|downloaded|watched)"
_COUNTER = r"(?:" + _COUNTED + r"|online(?: now| users)?|users online)"


def _words(text: str) -> str:
    """A pattern for something that begins a word, any case."""
    return r"(?i)(?<!\w)" + text


@dataclass(frozen=True, slots=True)
class _Filters:
    """Patterns of one kind of noise; `hint` is a cheap test of the lower-case text without which none can match."""

    mark: str
    hint: Callable[[str], object]
    patterns: tuple[re.Pattern[str], ...]


def _filters(mark: str, hint: Callable[[str], object], *patterns: str) -> _Filters:
    return _Filters(mark, hint, tuple(re.compile(pattern) for pattern in patterns))


def _any_of(*words: str) -> Callable[[str], object]:
    return lambda text: any(word in text for word in words)


def _search(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern).search


_COUNT_STEMS = (
    *("view", "visit", "hit", "impression", "read", "play", "click", "like", "share", "tweet", "comment", "repl"),
    *("follower", "subscriber", "vote", "download", "quer", "review", "rating", "online", "browsing", "watching"),
    *("looking", "listening", "active now", "guest"),
)
_LABEL_STEMS = (
    *("request", "trace", "session", "ray", "correlation", "incident", "visitor", "transaction", "event", "error"),
    *("served by", "backend", "node", "pod", "instance", "hostname", "build", "commit", "revision", "nonce"),
)


@lru_cache(maxsize=1)
def _text_filters() -> tuple[_Filters, ...]:
    """The filters of visible text in the order they run; compiled when the first text needs them."""
    day_of_month = r"\d{1,2}(?:st|nd|rd|th|\.)?"
    return (
        _filters(
            "token",
            _search(r"[0-9a-f]{4}-[0-9a-f]{12}"),
            _words(r"[0-9a-f]{8}-(?:[0-9a-f]{4,12}-){1,3}[0-9a-f]{12}(?!\w)"),
        ),
        _filters(
            "time",
            _search(r"(?:19|20)\d{2}"),
            r"(?i)(?<![\d.])" + _YEAR + r"([-/.])\d{2}\1\d{2}(?!\d)" + _WITH_CLOCK,
            _words(_DAY + day_of_month + r"[ -]" + _MONTH + r",?[ -]" + _YEAR + _WITH_CLOCK),
            _words(_DAY + _MONTH + " " + day_of_month + r",? " + _YEAR + _WITH_CLOCK),
            r"(?i)(?<![\d.])\d{1,2}([./-])\d{1,2}\1" + _YEAR + r"(?!\d)" + _WITH_CLOCK,
        ),
        _filters("time", _search(r"\d/\d{2}"), r"(?<![\d./])\d{1,2}/\d{1,2}/\d{2}(?![\d/])" + _WITH_CLOCK),
        _filters(
            "time",
            _search(r"\d:\d{2}"),
            _words(_DAY + _MONTH + r" \d{1,2},? (?:at )?" + _CLOCK + r"(?: " + _YEAR + r")?"),
            r"(?i)(?<![\d:.])\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?![\d:])(?: ?[ap]\.?m\b)?" + _ZONE,
            r"(?i)\A" + _CLOCK + r"\Z",
            _words(_TOLD + r":? ?" + _CLOCK),
        ),
        _filters(
            "time",
            _search(r"1[4-9]\d{8}"),
            r"(?<![\w.,$€£-])1[4-9]\d{8}(?:\d{3}(?:\d{3})?)?(?:\.\d{1,6})?(?![\w,])",
        ),
        _filters(
            "time",
            _any_of(" ago", "just now", "vor ", "hace ", "il y a "),
            _words(_SOME + r" ?" + _UNIT + r" ago(?!\w)"),
            _words(r"(?:just now|moments? ago|a moment ago|seconds ago)(?!\w)"),
            _words(r"(?:vor|hace|il y a) (?:\d{1,4}|eine[rmn]?|una?|quelques) [a-zé]{3,10}(?!\w)"),
        ),
        _filters(
            "duration",
            _search(r"\d ?(?:s|ms|µs|us|secs?|seconds?|milliseconds?)(?!\w)"),
            _words(r"(?:(?:in|took|within|after|time:?) )?\d{1,6}\.\d{1,9} ?" + _SECONDS),
            _words(r"(?:in|took|within|after|time:?) \d{1,6} ?" + _SECONDS),
        ),
        _filters(
            "count",
            _any_of(*_COUNT_STEMS),
            r"(?i)(?<![\w.,$€£#])" + _NUMBER + r" " + _COUNTED + r"(?!\w)",
            r"(?i)(?<![\w.,$€£#])" + _NUMBER + r" " + _PRESENT + r"(?!\w)",
            _words(_COUNTER + r"(?: today| total)? ?[:=(] ?" + _NUMBER + r"\)?"),
            _words(r"(?:visitor|guest) (?:number|no\.?|#|nr\.?):? ?#?" + _NUMBER),
        ),
        _filters(
            "count",
            _any_of("viewed", "seen", "visited", "bought", "downloaded", "watched"),
            _words(
                r"(?:viewed|seen|visited|bought|downloaded|watched)(?: by)? " + _NUMBER + r" (?:times?|people|users)"
            ),
            _words(
                _NUMBER + r" (?:people|users|others|times?) (?:have )?(?:viewed|seen|visited|bought|downloaded|watched)"
            ),
        ),
        _filters(
            "token",
            _any_of(*_LABEL_STEMS),
            _words(_IDENTIFIED + r"[ -]?id:? ?#?(?=[\w-]{0,40}\d)[\w-]{4,80}"),
            _words(_SERVED + r" ?[:=#]? ?(?=[\w-]{0,40}\d)[\w-]{2,80}(?![\w.])"),
        ),
        _filters("number", _search(r"\.\d{6}"), r"(?<![\w.,$€£])-?\d{1,12}\.\d{6,20}(?![\w.])"),
    )


_HINT = re.compile(r"\d|\bago\b|[Jj]ust now|[A-Za-z0-9+/_=-]{20}")
_TOKEN = re.compile(r"(?<![\w@.#/+=-])[A-Za-z0-9_+/-]{8,512}={0,2}(?![\w./@-])")


@lru_cache(maxsize=16_384)
def stable_text(text: str) -> str:
    """Visible text without times, durations, counters and random tokens. Prices, years and versions stay."""
    if _HINT.search(text) is None:
        return text
    head, tail = text[:LONGEST], text[LONGEST:]
    for _ in range(PASSES):
        before, head = head, _filtered(head)
        if head == before:
            break
    return head + tail


def _filtered(text: str) -> str:
    lower = text.lower()
    for each in _text_filters():
        if each.hint(lower):
            for pattern in each.patterns:
                text = pattern.sub(f"⟨{each.mark}⟩", text)
    return _without_tokens(text)


def _without_tokens(text: str) -> str:
    if any((len(word) >= 8 and not word.isalpha()) or len(word) >= 20 for word in text.split()):
        return _TOKEN.sub(lambda match: "⟨token⟩" if looks_random(match[0]) else match[0], text)
    return text


_HEXADECIMAL = re.compile(r"(?:[0-9a-f]{8,}|[0-9A-F]{8,})\Z")
_WELL_KNOWN = re.compile(r"(?:UA|G|GT|GTM|AW|DC|GA4|CVE|ISO|RFC|sha\d{3})[-_]|AIza|pk_|v\d", re.ASCII)


@lru_cache(maxsize=8_192)
def looks_random(word: str) -> bool:
    """Whether a word of at least 8 characters reads like a token: hexadecimal, or letters and digits in no order.

    Identifiers that mean something (`UA-…`, `GTM-…`, CVE numbers, checksums) do not count. Random letters change
    between lower case, upper case and digits at 62 % of their places, words written in camel case at a third or less.
    """
    core = word.rstrip("=")
    digits = sum(character.isdigit() for character in core)
    if len(core) < 8 or _WELL_KNOWN.match(core):
        return False
    if digits == len(core):
        return len(core) >= 16
    if _HEXADECIMAL.match(core):
        return digits > 0 or len(core) >= 24
    parts = [part for part in re.split(r"[-_/+.]", core) if part]
    if len(parts) > 1 and max(map(len, parts)) < 10 and not word.endswith("="):
        return False
    kinds = [0 if c.isdigit() else 1 if c.islower() else 2 if c.isupper() else 3 for c in core]
    changes = sum(before != after for before, after in pairwise(kinds)) / len(core)
    if len(core) >= 20 and digits:
        return changes > 0.24
    if len(core) >= 12:
        return (digits > 0 and changes > 0.4) or (changes > 0.3 and _is_no_camel(core))
    return changes > 0.34 and digits >= 2 and 2 in kinds and 1 in kinds


def _is_no_camel(word: str) -> bool:
    """Whether capitals stand elsewhere than at the beginning of words: in camel case a small letter follows each."""
    capitals = [after for before, after in pairwise(word) if before.isupper()]
    return len(capitals) >= 3 and sum(after.islower() for after in capitals) < 0.7 * len(capitals)


_ASSET = re.compile(
    r"\.(?:m?js|css|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|json|wasm|mp4|webm)\Z", re.IGNORECASE
)
_SESSION_PATH = re.compile(r";[a-z]{0,16}session_?id=[^?#/;]{0,256}", re.IGNORECASE)
_VERSION = re.compile(r"v?\d{1,6}(?:\.\d{1,6}){1,3}(?:[.-]?[a-z]{1,10}\.?\d{0,4})?\Z", re.IGNORECASE)
_STAMPS = frozenset(
    {
        *("v", "ver", "version", "rev", "revision", "hash", "build", "buildid", "t", "ts", "time", "timestamp"),
        *("_", "_t", "_ts", "cb", "cachebuster", "cache-buster", "cache_buster", "cachebust", "bust", "buster"),
        *("rnd", "rand", "random", "nocache", "no_cache", "_dc", "cachekey"),
    }
)
_ASSET_STAMPS = _STAMPS | {"h", "b", "r", "c", "d", "dc", "date", "cache", "m", "mtime", "modified", "s", "x", "z"}
_SESSIONS = frozenset(
    {
        *("sid", "session", "sessionid", "session_id", "sess", "phpsessid", "jsessionid", "cfid", "cftoken", "oscsid"),
        *(
            "zenid",
            "s_id",
            "_s",
            "fbclid",
            "gclid",
            "dclid",
            "gbraid",
            "wbraid",
            "msclkid",
            "yclid",
            "twclid",
            "ttclid",
        ),
        *("mc_cid", "mc_eid", "_ga", "_gl", "igshid", "igsh", "_hsenc", "_hsmi", "mkt_tok", "vero_id", "oly_enc_id"),
        *("csrf", "csrf_token", "csrftoken", "_csrf", "_token", "token", "nonce", "_wpnonce", "authenticity_token"),
        *("visitor", "visitorid", "visitor_id", "clickid", "click_id", "requestid", "request_id", "rid", "trace_id"),
        *("signature", "key-pair-id", "x-amz-signature", "x-amz-date", "x-amz-security-token"),
        *("x-amz-credential", "x-amz-expires", "x-goog-signature", "x-goog-date", "x-goog-expires"),
        *("__cf_chl_tk", "__cf_chl_rt_tk", "__cf_chl_f_tk", "oh", "oe", "_nc_ohc", "_nc_gid", "_nc_sid", "_nc_cat"),
    }
)
_HASHED = frozenset({"s", "ss", "sk", "k", "key", "h", "hash"})
_HEX_QUERY = re.compile(r"[0-9a-f]{12,64}\Z", re.IGNORECASE)
_STAMP_VALUE = re.compile(r"(?:\d{1,20}|[0-9a-f]{6,64}|[\d._T:Z-]{8,40})?\Z", re.IGNORECASE)
_PIECES = re.compile(r"([._~-])")


@lru_cache(maxsize=16_384)
def stable_url(url: str) -> str:
    """An absolute or relative URL without session ids, campaign and click ids, cache busters and build hashes.

    The hash in an asset's file name becomes `*` (`app.3f2a9c1b.js` -> `app.*.js`); a file called only by its hash
    keeps it, and so do versions, wherever they stand.
    """
    if len(url) > 4096 or url.startswith("data:"):
        return url
    if "#" in url:
        target, _, fragment = url.partition("#")
        return f"{stable_url(target)}#{stable_name(fragment)}"
    address, mark, query = url.partition("?")
    if ";" in address:
        address = _SESSION_PATH.sub("", address)
    folder, slash, name = address.rpartition("/")
    asset = _ASSET.search(name) is not None
    if asset and len(name) > 9:
        name = _without_hash(name)
    if asset:
        folder = _without_build(folder)
    if "/cdn-cgi/" in folder + slash:
        folder, name = _without_challenge(folder, name)
    if mark:
        query = "&".join(part for part in query.split("&") if _is_kept(part, asset))
    return folder + slash + name + (f"?{query}" if query else "")


def _is_kept(part: str, asset: bool) -> bool:
    """Whether a part of a query says what is asked for, not when or by whom."""
    name, equals, value = part.partition("=")
    name = name.lower()
    if name in _SESSIONS or name.startswith(("utm_", "aspsessionid", "pk_", "mtm_", "hsa_")):
        return False
    if not equals:
        return not (_HEX_QUERY.match(part) or (asset and _STAMP_VALUE.match(part)))
    if name in _HASHED and len(value) == 32 and _HEX_QUERY.match(value):
        return False
    if name in (_ASSET_STAMPS if asset else _STAMPS):
        return _VERSION.match(value) is not None or not (_STAMP_VALUE.match(value) or (asset and looks_random(value)))
    return not (asset and (_HEX_QUERY.match(value) or looks_random(value)))


def _without_build(folder: str) -> str:
    """A folder whose name is a build's id, as bundlers lay out their output."""
    parts = folder.split("/")
    if all(len(part) < 16 for part in parts[3:]):
        return folder
    return "/".join([*parts[:3], *("*" if len(part) >= 16 and looks_random(part) else part for part in parts[3:])])


def _without_hash(name: str) -> str:
    pieces = _PIECES.split(name)
    last = len(pieces) - 1
    stem = False
    for index in range(0, last, 2):
        piece = pieces[index]
        if stem and _is_build_hash(piece):
            pieces[index] = "*"
        stem = stem or (piece.isalpha() and len(piece) > 1)
    return "".join(pieces)


def _is_build_hash(piece: str) -> bool:
    """Hexadecimal with digits and letters, a date or epoch of at least 8 digits, or bundlers' mixed-case hashes."""
    if len(piece) < 6:
        return False
    digits = sum(character.isdigit() for character in piece)
    if _HEX_PIECE.match(piece):
        return 0 < digits < len(piece) or (len(piece) >= 8 and digits == len(piece))
    return len(piece) >= 8 and piece.isalnum() and (looks_random(piece) or _is_mixed(piece))


_HEX_PIECE = re.compile(r"[0-9a-f]{6,64}\Z")


def _is_mixed(piece: str) -> bool:
    """Upper and lower case and digits within a short word, as bundlers write their hashes (`BX3kQ9aZ`)."""
    upper = sum(character.isupper() for character in piece)
    lower = sum(character.islower() for character in piece)
    if len(piece) == 8 and upper and lower and not piece.istitle():
        return upper >= 2 or upper + lower < len(piece)
    return upper >= 2 and lower >= 2 and upper + lower < len(piece)


def _without_challenge(folder: str, name: str) -> tuple[str, str]:
    """Cloudflare's own scripts and protected addresses carry a token in the path."""
    head, marker, _ = folder.partition("/cdn-cgi/challenge-platform/")
    return (head + marker + "*", "*") if marker else (folder, name)


_SECRET_NAME = re.compile(
    r"(?:csrf|xsrf|nonce|token|request.?id|session|signature|verification|viewstate|eventvalidation|trace|ray|"
    r"timestamp|generated|render.?time|build.?id|visitor|correlation|etag|cache.?key)",
    re.IGNORECASE,
)


def stable_attribute(name: str, value: str) -> str:
    """The content of a meta or another attribute, given its name; URLs in it are taken as URLs."""
    if name.lower().endswith(("site-verification", "verify", "validate.01")):
        return value
    if _SECRET_NAME.search(name):
        return "⟨token⟩" if value else ""
    if value.startswith(("http://", "https://", "//")) and " " not in value:
        return stable_url(value)
    return stable_text(value)


_SHORT_HEX = re.compile(r"[0-9a-f]{4,64}\Z", re.IGNORECASE)
_PREFIXED = re.compile(
    r"(ASPSESSIONID|incap_ses_|visid_incap_|TS(?=[0-9a-f]{6})"
    r"|(?:S?SESS|wordpress_(?:logged_in_|sec_)?)(?=[0-9a-f]{16}))."
)
_NAME_PIECES = re.compile(r"([-_.: ])")


@lru_cache(maxsize=4_096)
def stable_name(name: str) -> str:
    """The name of a cookie or form field with its random parts as `*`: `ASPSESSIONIDQQAB` -> `ASPSESSIONID*`."""
    prefixed = _PREFIXED.match(name)
    if prefixed and name != prefixed[1] + "*":
        return prefixed[1] + "*"
    pieces = _NAME_PIECES.split(name)
    return "".join("*" if _is_random_piece(piece) else piece for piece in pieces)


def _is_random_piece(piece: str) -> bool:
    if len(piece) < 4:
        return False
    digits = sum(character.isdigit() for character in piece)
    if digits == len(piece):
        return digits >= 6
    return (_SHORT_HEX.match(piece) is not None and digits > 0) or looks_random(piece)


_CSP_NONCE = re.compile(r"'nonce-[^']{1,512}'")
_ENDPOINT = re.compile(r"""([?&](?:s|id|key|token|rid|report_id|nonce)=)[^"&;,\s\\]{6,1024}""")
_POLICIES = frozenset(
    {
        *("content-security-policy", "content-security-policy-report-only", "report-to", "nel", "reporting-endpoints"),
        *("link", "expect-ct", "x-webkit-csp", "x-content-security-policy"),
    }
)
_PLAIN_HEADERS = frozenset(
    {"server", "x-powered-by", "content-type", "strict-transport-security", "via", "cache-control"}
)


def stable_header(name: str, value: str) -> str:
    """A header's value without nonces, report ids, times and tokens; `name` in lower case."""
    if name in _PLAIN_HEADERS:
        return value
    if name in _POLICIES:
        value = _CSP_NONCE.sub("'nonce-⟨token⟩'", value)
        value = _ENDPOINT.sub(r"\1⟨token⟩", value)
        return value
    if value.startswith(("http://", "https://", "/")):
        return stable_url(value)
    return stable_attribute(name, value) if name.startswith("x-") else stable_text(value)


_VALUE = r"""[\"']? ?[:=,] ?)(?:[\"'][^\"'\n]{0,2048}[\"']|-?\d[\d.]{0,40})"""
_SCRIPT_FILTERS: Final = (
    ("token", r"(__CF\$cv\$params ?= ?\{)[^}]{0,400}(?=\})"),
    (
        "token",
        r"(?i)((?:csrf|xsrf|nonce|token|request_?id|trace_?id|session_?id|visitor_?id|correlation_?id|\b[us]id|user_?id|client_?id|device_?id|page_?id|req_?id|ray_?id|build_?id|"
        r"cache_?key|signature|rand(?:om)?|seed|[_ .\"']hash)[\w$-]{0,20}" + _VALUE,
    ),
    (
        "time",
        r"(?i)((?:timestamp|server_?time|generated(?:_?at)?|rendered(?:_?at)?|\bnow|start_?time|current_?time|load_?time|"
        r"page_?time|expires?(?:_?at)?)" + _VALUE,
    ),
    ("time", r"()(?<![\w.])1[4-9]\d{8}(?:\d{3}(?:\d{3})?)?(?:\.\d{1,9})?(?!\w)"),
    ("time", r"()(?:19|20)\d{2}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?"),
    ("token", r"(?i)()(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4,12}-){1,3}[0-9a-f]{12}(?!\w)"),
    ("number", r"()(?<![\w.])-?\d{0,12}\.\d{6,20}(?![\w.])"),
)
_QUOTED = re.compile(r"(\\?[\"'])([\w+/=.-]{8,1024})\1")
_QUOTED_URL = re.compile(
    r"(?:https?:)?//[^\s\"'<>\\]{4,1024}|/[\w./-]{2,512}\?[^\s\"'<>\\]{1,512}"
    r"|(?<=[\"'])[\w./-]{1,200}\.(?:js|css|json|png|jpg|svg|webp)\?[^\s\"'<>\\]{1,512}"
)
_STATE = re.compile(
    r"\s{0,64}(?:(?:var|let|const|window|self|globalThis)[ .\[\"']{1,4})?[\w$.\[\]\"']{1,80} ?= ?"
    r"(?:JSON\.parse\([\"'])?[{\[]"
)
_NUMBER_VALUE = re.compile(r"(?<=[:,\[ ])-?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?(?=[,}\] ])")


@lru_cache(maxsize=1)
def _script_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((mark, re.compile(pattern)) for mark, pattern in _SCRIPT_FILTERS)


@lru_cache(maxsize=1_024)
def stable_data(data: str) -> str:
    """Data for machines (JSON-LD) without nonces, tokens, times and cache busters, whitespace folded."""
    text = " ".join(data[: 5 * LONGEST].split())
    for mark, pattern in _script_patterns():
        text = pattern.sub(rf"\1⟨{mark}⟩", text)
    text = _QUOTED_URL.sub(lambda match: stable_url(match[0]), text)
    return _QUOTED.sub(_quoted_token, text) + data[5 * LONGEST :]


def stable_script(code: str) -> str:
    """Inline code likewise; of state blobs (JSON, or one big object assigned to a name) the numbers go too."""
    text = stable_data(code)
    if text[:1] in "{[" or _STATE.match(text):
        return _NUMBER_VALUE.sub("⟨number⟩", text)
    return text


def _quoted_token(match: re.Match[str]) -> str:
    return f"{match[1]}⟨token⟩{match[1]}" if looks_random(match[2]) else match[0]


_REGION_HINT = re.compile(
    r"ad|sponsor|promot|rotat|random|shuffl|recommend|trending|taboola|outbrain|qotd|count|viewed|of.the.day"
)
_AD_WORDS = frozenset(
    {
        *(
            "ad",
            "ads",
            "adv",
            "advert",
            "adverts",
            "advertisement",
            "advertisements",
            "advertising",
            "adsense",
            "adslot",
        ),
        *("adsbygoogle", "adunit", "adbox", "adbanner", "adcontainer", "adwrapper", "adwrap", "adspace", "adzone"),
        *("adframe", "adarea", "adholder", "adtag", "adblock", "adchoices", "adplacement", "adtech", "dfp"),
        *("sponsor", "sponsored", "sponsorship", "promoted", "taboola", "outbrain", "doubleclick"),
    }
)
_ROTATING_WORDS = frozenset(
    {
        *(
            "rotating",
            "rotator",
            "rotation",
            "rotate",
            "random",
            "randomized",
            "shuffle",
            "shuffled",
            "qotd",
            "trending",
        ),
        *("recommended", "recommendation", "recommendations"),
    }
)
_REGION_PHRASES = (
    *("quote-of-the-day", "tip-of-the-day", "recently-viewed", "also-viewed", "also-bought", "also-like"),
    *("visitor-count", "hit-count", "view-count", "visitors-online", "users-online", "online-count", "page-views"),
)
_AD_HOST = re.compile(
    r"(?:https?:)?//(?:[\w-]{1,63}\.){0,6}?(?:ads?|adserver|adservice|adserv|adclick|banners?)\d{0,3}\.|"
    r"(?:doubleclick\.net|googlesyndication\.com|googleadservices\.com|adnxs\.com|amazon-adsystem\.com|taboola\.com|"
    r"outbrain\.com|criteo\.(?:com|net)|pubmatic\.com|rubiconproject\.com|openx\.net|adform\.net|smartadserver\.com)/"
)


@lru_cache(maxsize=8_192)
def is_volatile_region(names: str) -> bool:
    """Whether an element's class and id (joined by a space) say that it holds advertising or whatever comes up."""
    names = names.lower()
    if _REGION_HINT.search(names) is None:
        return False
    if any(phrase in names.replace("_", "-") for phrase in _REGION_PHRASES):
        return True
    words = set(re.split(r"[\s_:-]+", names))
    return not words.isdisjoint(_AD_WORDS) or not words.isdisjoint(_ROTATING_WORDS)


def is_advertising(url: str) -> bool:
    """Whether a URL leads to an advertising server."""
    return "ad" in url and _AD_HOST.match(url) is not None


_MARK = re.compile(r"⟨([a-z]{1,16})⟩")
_NAMES = {
    "time": "timestamp",
    "duration": "duration",
    "count": "counter",
    "token": "token or id",
    "number": "changing number",
}


def filters(value: str, stable: str) -> tuple[str, ...]:
    """What was left out of `value` to get `stable`, in words, sorted: `("counter", "timestamp")`. Empty if nothing."""
    if not stable or value == stable:
        return ()
    found = {_NAMES.get(mark, mark) for mark in _MARK.findall(stable)}
    if "?" in value and value.count("&") + value.count("?") > stable.count("&") + stable.count("?"):
        found.add("session or cache parameter")
    if "*" in stable and "*" not in value:
        found.add("build hash")
    return tuple(sorted(found)) or ("whitespace",)
