"""Noise as servers really make it, put into both sides of a page on which nothing changed.

Each kind is written from what frameworks and services put into pages (Django, Rails, ASP.NET, Laravel, WordPress,
Cloudflare, Google Publisher Tags, Next.js, …), independent of the filters it tests: nothing of `core` is used here.
"""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

HEXADECIMAL = "0123456789abcdef"
ALPHANUMERIC = string.ascii_letters + string.digits
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

Headers = list[tuple[str, str]]
Served = tuple[bytes, Headers]


@dataclass(slots=True)
class Page:
    """One side of a pair while noise is put in."""

    html: str
    headers: Headers

    def before(self, mark: str, addition: str) -> None:
        """Put something before the last place of a mark (`</body>`), or at the end."""
        place = self.html.lower().rfind(mark)
        place = len(self.html) if place < 0 else place
        self.html = self.html[:place] + addition + self.html[place:]

    def in_head(self, addition: str) -> None:
        """Put something behind `<head>`, or at the start."""
        match = re.search(r"<head[^>]*>", self.html, re.I)
        place = match.end() if match else 0
        self.html = self.html[:place] + addition + self.html[place:]


Noise = Callable[[Page, random.Random], None]


def _hex(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(HEXADECIMAL, k=length))


def _word(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(ALPHANUMERIC, k=length))


def _base64(chance: random.Random, length: int) -> str:
    return base64.b64encode(chance.randbytes(length)).decode()


def _uuid(chance: random.Random) -> str:
    return "-".join(_hex(chance, length) for length in (8, 4, 4, 4, 12))


def _moment(chance: random.Random) -> tuple[int, int, int, int, int, int]:
    return (
        chance.randrange(2025, 2027),
        chance.randrange(1, 13),
        chance.randrange(1, 29),
        chance.randrange(24),
        chance.randrange(60),
        chance.randrange(60),
    )


def timestamp(page: Page, chance: random.Random) -> None:
    """Times of generation as visible text, comment or meta."""
    year, month, day, hour, minute, second = _moment(chance)
    clock = f"{hour:02}:{minute:02}:{second:02}"
    choices = (
        f'<p class="generated">Page generated on {year}-{month:02}-{day:02} {clock} in {chance.random():.3f}s</p>',
        f"<div>Last updated: {DAYS[day % 7]}, {day:02} {MONTHS[month - 1]} {year} {clock} GMT</div>",
        f"<footer><span>Server time: {clock}</span></footer>",
        f"<small>Rendered {LONG_MONTHS[month - 1]} {day}, {year} at {hour % 12 or 12}:{minute:02} PM</small>",
        f'<time datetime="{year}-{month:02}-{day:02}T{clock}Z">{chance.randrange(2, 59)} minutes ago</time>',
        f"<p>Stand: {day:02}.{month:02}.{year}, {hour:02}:{minute:02} Uhr</p>",
    )
    page.before("</body>", choices[_variant(page, len(choices))])


def csrf(page: Page, chance: random.Random) -> None:
    """Anti-forgery tokens in metas and hidden fields."""
    choices = (
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{_word(chance, 64)}">',
        f'<input type="hidden" name="authenticity_token" value="{_base64(chance, 64)}">',
        f'<input type="hidden" name="_token" value="{_word(chance, 40)}">',
        f'<input type="hidden" name="__RequestVerificationToken" value="CfDJ8{_word(chance, 150)}">',
        f'<input type="hidden" name="_wpnonce" value="{_hex(chance, 10)}">',
    )
    page.in_head(f'<meta name="csrf-token" content="{_base64(chance, 64)}">')
    form = f'<form action="/search" method="post">{choices[_variant(page, len(choices))]}<input name="q"></form>'
    page.before("</body>", form)


def csp_nonce(page: Page, chance: random.Random) -> None:
    """Nonces of scripts and of the policy that allows them."""
    nonce = _base64(chance, 16)
    page.html = re.sub(r"<script\b", f'<script nonce="{nonce}"', page.html)
    page.in_head(f'<script nonce="{nonce}">window.ready = true;</script>')
    page.headers.append(("content-security-policy", f"script-src 'self' 'nonce-{nonce}'; object-src 'none'"))


def viewstate(page: Page, chance: random.Random) -> None:
    """ASP.NET's state in hidden fields."""
    fields = (("__VIEWSTATE", 200), ("__EVENTVALIDATION", 80), ("__VIEWSTATEGENERATOR", 6))
    hidden = "".join(f'<input type="hidden" name="{name}" value="{_base64(chance, size)}">' for name, size in fields)
    page.before("</body>", f'<form method="post" action="./Default.aspx">{hidden}</form>')


def random_ids(page: Page, chance: random.Random) -> None:
    """Identifiers and class names drawn at each rendering."""
    cards = "".join(
        f'<div id="react-{_hex(chance, 6)}" class="css-{_hex(chance, 6)} card" data-key="{_uuid(chance)}">'
        f"Card {i}</div>"
        for i in range(3)
    )
    page.before("</body>", cards)


def session_link(page: Page, chance: random.Random) -> None:
    """Session ids and campaign tags in links."""
    year = chance.randrange(10**9)
    links = (
        f'<a href="/account;jsessionid={_hex(chance, 32).upper()}">Account</a>',
        f'<a href="/help?sid={_hex(chance, 24)}&amp;utm_source=x{chance.randrange(99)}">Help</a>',
        f'<a href="/cart?PHPSESSID={_word(chance, 26).lower()}">Cart</a>',
        f'<a href="/go?session_id={_uuid(chance)}&amp;_ga=2.{year}.{year + 7}">Go</a>',
    )
    page.before("</body>", "".join(links))


def email_protect(page: Page, chance: random.Random) -> None:
    """Cloudflare's obfuscated addresses, encoded anew with each response."""
    page.before(
        "</body>",
        f'<a href="/cdn-cgi/l/email-protection#{_hex(chance, 38)}"><span class="__cf_email__" '
        f'data-cfemail="{_hex(chance, 38)}">[email&#160;protected]</span></a>',
    )


def inline_state(page: Page, chance: random.Random) -> None:
    """State that a server hands to scripts."""
    now = chance.randrange(1_700_000_000_000, 1_800_000_000_000)
    choices = (
        f'<script id="__STATE__" type="application/json">{{"requestId":"{_uuid(chance)}","now":{now}}}</script>',
        f'<script>window.__INITIAL__={{"traceId":"{_hex(chance, 32)}","ts":{now}}};</script>',
        f'<script>window.NREUM={{}};NREUM.info={{"queueTime":{now % 90},"applicationTime":{now % 700}}}</script>',
        f'<script>var _csrf = "{_word(chance, 40)}"; var serverTime = {now // 1000};</script>',
    )
    page.before("</body>", choices[_variant(page, len(choices))])


def ad_slot(page: Page, chance: random.Random) -> None:
    """A place for advertising with another creative each time."""
    number = chance.randrange(10**9)
    page.before(
        "</body>",
        f'<div id="div-gpt-ad-{chance.randrange(10**12)}-0" class="ad-slot" data-creative="{number}">'
        f'<a href="https://ads.example/click?{_hex(chance, 16)}">'
        f'<img src="https://ads.example/c/{_hex(chance, 8)}.png" alt=""></a></div>',
    )


def whitespace(page: Page, chance: random.Random) -> None:
    """Other indentation and line ends."""
    indent = " " * chance.randrange(1, 6)
    page.html = re.sub(r"\n[ \t]*", "\n" + indent, page.html) + "\n" * chance.randrange(4)


def server_comment(page: Page, chance: random.Random) -> None:
    """Comments about who served it and from which cache."""
    page.html += (
        f"\n<!-- served by web-{chance.randrange(40)} in {chance.randrange(900)} ms, cache {_hex(chance, 12)} -->"
        f"\n<!-- Dynamic page generated in {chance.random():.3f} seconds. -->"
    )


def cache_buster(page: Page, chance: random.Random) -> None:
    """Query strings that only defeat caches."""
    choices = (
        f"?_={chance.randrange(1_700_000_000_000, 1_800_000_000_000)}",
        f"?t={chance.randrange(1_700_000_000, 1_800_000_000)}",
        f"?cb={_hex(chance, 12)}",
        f"?rnd={chance.random():.12f}",
    )
    tail = choices[_variant(page, len(choices))]
    page.in_head(f'<script src="/assets/site.js{tail}"></script><link rel="stylesheet" href="/assets/site.css{tail}">')
    page.before("</body>", f'<img src="/pixel.gif{tail}" alt="">')


def counter(page: Page, chance: random.Random) -> None:
    """Numbers that count people and clicks."""
    seen = chance.randrange(1_000, 99_999)
    choices = (
        f"<p>{seen:,} views</p>",
        f"<p>Visitors: {seen}</p>",
        f"<div>{seen % 90 + 2} users online</div>",
        f"<span>{seen / 1000:.1f}K likes</span>",
        f"<li>{seen % 400 + 2} people are viewing this right now</li>",
        f"<p>{seen} downloads today</p>",
    )
    page.before("</body>", choices[_variant(page, len(choices))])


def attribute_order(page: Page, chance: random.Random) -> None:
    """The same attributes in another order, as unordered maps give them; code is left alone."""

    def shuffled(match: re.Match[str]) -> str:
        attributes = re.findall(r'[\w:-]+="[^"]*"', match[2])
        chance.shuffle(attributes)
        return f"<{match[1]} {' '.join(attributes)}>"

    tag = re.compile(r'<(a|img|div|span|li|ul|link|input)((?:\s+[\w:-]+="[^"]*"){2,})\s*>')
    parts = re.split(r"(<script\b.*?</script>)", page.html, flags=re.I | re.S)
    page.html = "".join(part if part[:7].lower() == "<script" else tag.sub(shuffled, part) for part in parts)


def volatile_headers(page: Page, chance: random.Random) -> None:
    """Headers about the way of a response, and fresh cookies."""
    year, month, day, hour, minute, second = _moment(chance)
    date = f"{DAYS[day % 7]}, {day:02} {MONTHS[month - 1]} {year} {hour:02}:{minute:02}:{second:02} GMT"
    page.headers += [
        ("date", date),
        ("etag", f'W/"{_hex(chance, 16)}"'),
        ("last-modified", date),
        ("x-request-id", _uuid(chance)),
        ("cf-ray", f"{_hex(chance, 16)}-AMS"),
        ("x-runtime", f"{chance.random():.6f}"),
        (
            "report-to",
            f'{{"endpoints":[{{"url":"https://a.nel.cloudflare.com/report/v4?s={_word(chance, 80)}"}}],"max_age":1}}',
        ),
        ("set-cookie", f"session={_word(chance, 32)}; Path=/; Secure; HttpOnly; SameSite=Lax"),
    ]


KINDS: dict[str, Noise] = {
    each.__name__: each
    for each in (
        timestamp, csrf, csp_nonce, viewstate, random_ids, session_link, email_protect, inline_state, ad_slot,
        whitespace, server_comment, cache_buster, counter, attribute_order, volatile_headers,
    )
}  # fmt: skip


def noisy_pairs(
    sources: Sequence[tuple[str, str]], count: int, chance: random.Random
) -> Iterator[tuple[str, Served, Served]]:
    """`count` times (kind, before, after): one page with one kind of noise, or with four of them (`mixed`)."""
    names = list(KINDS)
    for number in range(count):
        _, html = sources[chance.randrange(len(sources))]
        mixed = number % 4 == 3
        chosen = chance.sample(names, 4) if mixed else [names[number % len(names)]]
        variant = chance.randrange(10**6)
        before, after = (_served(html, chosen, variant, chance) for _ in range(2))
        yield "mixed" if mixed else chosen[0], before, after


def _served(html: str, kinds: Sequence[str], variant: int, chance: random.Random) -> Served:
    page = Page(f"<!-- {variant} -->{html}", [("content-type", "text/html; charset=utf-8"), ("server", "nginx/1.24.0")])
    for name in kinds:
        KINDS[name](page, chance)
    return page.html.encode("utf-8", "replace"), page.headers


def _variant(page: Page, count: int) -> int:
    """Which form of a kind this page has: the same on both sides, by the number in its first comment."""
    match = re.match(r"<!-- (\d+) -->", page.html)
    return int(match[1]) % count if match else 0
