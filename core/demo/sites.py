"""The sites of the demo's world: what each is made of, and the page it answers with in a given state.

The pages carry software the way vendors' own output does, so that the built-in fingerprints read names and versions
from them as they would outside. Nothing here is fetched from where the addresses point: a look reads one page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

DOMAIN = "lindenhof.test"
MAIL_HOST = f"mail.{DOMAIN}"
HOOK_HOST = f"hooks.{DOMAIN}"
CERTIFICATE_DAYS = 80

# Where software shows itself in an answer: a response header by that name, or markup in the page's head.
HEAD = "head"
SNIPPETS: dict[str, tuple[str, str]] = {
    "Apache HTTP Server": ("Server", "Apache/{version}"),
    "ASP.NET": ("X-AspNet-Version", "{version}"),
    "Bootstrap": (HEAD, '<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/bootstrap@{version}/dist/css/bootstrap.min.css">'),
    "Discourse": (HEAD, '<meta name="generator" content="Discourse {version}">'),
    "Docusaurus": (HEAD, '<meta name="generator" content="Docusaurus v{version}">'),
    "Drupal": ("X-Generator", "Drupal {version} (https://www.drupal.org)"),
    "Ghost": (HEAD, '<meta name="generator" content="Ghost {version}">'),
    "Hugo": (HEAD, '<meta name="generator" content="Hugo {version}">'),
    "jQuery": (HEAD, '<script src="https://code.jquery.com/jquery-{version}.min.js"></script>'),
    "MediaWiki": (HEAD, '<meta name="generator" content="MediaWiki {version}">'),
    "Microsoft IIS": ("Server", "Microsoft-IIS/{version}"),
    "Next.js": ("X-Powered-By", "Next.js {version}"),
    "nginx": ("Server", "nginx/{version}"),
    "PHP": ("X-Powered-By", "PHP/{version}"),
    "Swiper": (HEAD, '<script src="https://cdn.jsdelivr.net/npm/swiper@{version}/swiper-bundle.min.js"></script>'),
    "TYPO3": (HEAD, '<meta name="generator" content="TYPO3 {version} CMS">'),
    "Vue.js": (HEAD, '<script src="https://cdn.jsdelivr.net/npm/vue@{version}/dist/vue.global.prod.js"></script>'),
    "WordPress": (HEAD, '<meta name="generator" content="WordPress {version}">'),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """One site. `noise` names what differs in every answer of it; `delay` is its seconds until an answer begins."""

    name: str
    title: str
    software: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    tags: tuple[str, ...]
    owner: str
    every: float = 2.0
    delay: float = 0.01
    noise: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        return f"{self.name}.{DOMAIN}"


@dataclass(frozen=True, slots=True)
class State:
    """What the script has made of a site: other versions than at the start, and what is wrong with it."""

    versions: tuple[tuple[str, str], ...] = ()
    hsts: bool = True
    certificate_days: int = CERTIFICATE_DAYS
    slower: float = 1.0
    down: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of status 200."""

    headers: tuple[tuple[str, str], ...]
    html: str


def software(site: Site, state: State) -> dict[str, str]:
    """The versions that a page shows, by technology."""
    return dict(site.software) | dict(state.versions)


def page(site: Site, state: State, token: str, at: float) -> Page:
    """The site's answer. `token`, hexadecimal digits of this answer alone, and `at` show in noisy sites only."""
    headers = [("Content-Type", "text/html; charset=utf-8"), *_policy(state)]
    head, foot = [], []
    for name, version in software(site, state).items():
        place, text = SNIPPETS[name]
        shown = text.replace("{version}", version)
        if place == HEAD:
            head.append(shown)
        else:
            headers.append((place, shown))
    for kind in site.noise:
        more_headers, in_head, in_foot = NOISE[kind](token, at)
        headers += more_headers
        head.append(in_head)
        foot.append(in_foot)
    return Page(tuple(headers), _html(site, head, foot))


def _policy(state: State) -> list[tuple[str, str]]:
    headers = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ]
    return [("Strict-Transport-Security", "max-age=63072000; includeSubDomains"), *headers] if state.hsts else headers


def _html(site: Site, head: list[str], foot: list[str]) -> str:
    title, name = escape(site.title), escape(site.name)
    paragraphs = "\n".join(f"<p>{escape(words)}</p>" for words in site.words)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
{"".join(head)}
<meta name="description" content="{escape(site.words[0])}"><link rel="stylesheet" href="/{name}.css"></head>
<body><header><h1>{title}</h1><nav><a href="/">Home</a> <a href="/about">About</a> <a href="/contact">Contact</a></nav>
</header><main>
{paragraphs}
</main>
{"".join(foot)}
<footer>Lindenhof Ltd, Mill Lane 4</footer></body></html>
"""


Noisy = tuple[list[tuple[str, str]], str, str]


def _token(token: str, at: float) -> Noisy:
    """An anti-forgery token, in a meta and in a form."""
    form = (
        f'<form method="post" action="/search"><input type="hidden" name="csrf_token" value="{token}"><input name="q">'
    )
    return [], f'<meta name="csrf-token" content="{token[:40]}">', f"{form}</form>"


def _nonce(token: str, at: float) -> Noisy:
    """A policy whose nonce allows one inline script."""
    nonce = token[8:40]
    policy = f"default-src 'self' https:; script-src 'nonce-{nonce}'; object-src 'none'"
    return [("Content-Security-Policy", policy)], f'<script nonce="{nonce}">window.ready = true;</script>', ""


def _clock(token: str, at: float) -> Noisy:
    """The time at which the page was made."""
    moment, took = datetime.fromtimestamp(at, UTC), int(token[:3], 16) % 1000
    return [], "", f'<p class="generated">Page generated on {moment:%Y-%m-%d %H:%M:%S} in 0.{took:03d}s</p>'


def _session(token: str, at: float) -> Noisy:
    """A new session for every visitor."""
    cookie = f"sid={token[:32]}; Path=/; Secure; HttpOnly; SameSite=Lax"
    return [("Set-Cookie", cookie), ("Last-Modified", format_datetime(datetime.fromtimestamp(at, UTC), True))], "", ""


def _advert(token: str, at: float) -> Noisy:
    """A place for advertising with another creative each time."""
    number = int(token[:8], 16)
    slot = f'<div id="div-gpt-ad-{number}-0" class="ad-slot" data-creative="{number % 9973}">'
    picture = f'<img src="https://ads.example/c/{token[:8]}.png" alt="">'
    return [], "", f'{slot}<a href="https://ads.example/click?{token[8:24]}">{picture}</a></div>'


def _served(token: str, at: float) -> Noisy:
    """Which machine answered, under which request id."""
    comment = f"<!-- served by web-{int(token[:2], 16) % 12} in {int(token[2:4], 16)} ms, request {token[4:20]} -->"
    return [("X-Request-Id", token[:32])], "", comment


NOISE = {
    "token": _token,
    "nonce": _nonce,
    "clock": _clock,
    "session": _session,
    "advert": _advert,
    "served": _served,
}

SITES: tuple[Site, ...] = (
    Site("shop", "Lindenhof Shop", (("nginx", "1.26.2"), ("Vue.js", "3.4.21")),
         ("Chairs, tables and lamps from our own workshop.", "Free delivery above 50.", "New: the oak bench."),
         ("shop", "revenue"), "web team", every=1.0),
    Site("blog", "The Workshop Blog", (("nginx", "1.26.2"), ("Ghost", "5.96")),
         ("Notes on wood, tools and patience.", "This week: how a drawer is dovetailed."),
         ("marketing",), "web team", every=1.0),
    Site("pay", "Lindenhof Checkout", (("nginx", "1.26.2"), ("Bootstrap", "5.3.3")),
         ("Your basket is safe with us.", "Pay by card, by transfer or on account."),
         ("shop", "revenue"), "payments", every=1.0),
    Site("careers", "Work at Lindenhof", (("Apache HTTP Server", "2.4.62"), ("PHP", "8.2.24"), ("WordPress", "6.6.1")),
         ("We are looking for joiners, upholsterers and one patient developer.", "Apply by letter or by mail."),
         ("people",), "people", every=1.0),
    Site("api", "Lindenhof API", (("nginx", "1.26.2"), ("Next.js", "14.2.13")),
         ("Orders, stock and prices for our partners.", "Version 3 is current; version 2 ends in spring."),
         ("platform", "revenue"), "platform", every=1.0),
    Site("docs", "Developer Documentation", (("nginx", "1.26.2"), ("Docusaurus", "3.5.2")),
         ("Everything about the Lindenhof API.", "Start with your first order in five minutes."),
         ("platform",), "platform", every=1.0, delay=0.08),
    Site("forum", "Makers' Forum", (("nginx", "1.26.2"), ("Discourse", "3.3.2")),
         ("Ask those who have sawn before.", "Most read: which glue for outdoor oak?"),
         ("community",), "web team", every=1.0),
    Site("status", "Lindenhof Status", (("nginx", "1.26.2"), ("Hugo", "0.135.0")),
         ("All systems are working.", "No planned maintenance this week."), ("platform",), "platform"),
    Site("help", "Help Centre", (("nginx", "1.26.2"), ("jQuery", "3.7.1")),
         ("Where is my parcel?", "How do I oil a table?", "Returns are free for thirty days."), ("shop",), "service"),
    Site("wiki", "Workshop Wiki", (("Apache HTTP Server", "2.4.62"), ("PHP", "8.2.24"), ("MediaWiki", "1.42.3")),
         ("Knots, joints and finishes.", "412 articles, written by the people who do it."), ("internal",), "workshop"),
    Site("press", "Press Room", (("nginx", "1.26.2"), ("TYPO3", "12.4")),
         ("Pictures and texts for journalists.", "Lindenhof opens a second workshop."), ("marketing",), "marketing"),
    Site("events", "Courses and Open Days", (("nginx", "1.26.2"), ("Swiper", "11.1.14")),
         ("Learn to build a stool in a weekend.", "The next open day is the first Sunday of the month."),
         ("marketing",), "marketing"),
    Site("partners", "Partner Portal", (("Apache HTTP Server", "2.4.62"), ("PHP", "8.2.24"), ("Drupal", "10")),
         ("Price lists and delivery times for dealers.", "Please sign in."), ("platform",), "sales"),
    Site("academy", "Lindenhof Academy", (("nginx", "1.26.2"), ("Bootstrap", "5.3.3"), ("jQuery", "3.7.1")),
         ("Twelve lessons on furniture that lasts.", "Lesson one: choosing the plank."), ("people",), "people"),
    Site("media", "Picture Library", (("nginx", "1.26.2"),),
         ("Photographs of our furniture, free to use with a mention.",), ("marketing",), "marketing"),
    Site("news", "Lindenhof News", (("nginx", "1.26.2"), ("jQuery", "3.7.1")),
         ("What happens in and around the workshop.", "The old band saw has a new home."),
         ("marketing",), "marketing", noise=("clock", "advert")),
    Site("search", "Find Anything", (("nginx", "1.26.2"), ("Vue.js", "3.5.12")),
         ("Search products, articles and people.",), ("shop",), "web team", noise=("token", "nonce")),
    Site("account", "Your Account", (("nginx", "1.26.2"), ("Bootstrap", "5.3.3")),
         ("Orders, invoices and addresses in one place.", "Please sign in."),
         ("shop",), "web team", noise=("token", "session")),
    Site("tickets", "Service Desk", (("Microsoft IIS", "10.0"), ("ASP.NET", "4.0.30319")),
         ("Tell us what is broken, we will mend it.",), ("internal",), "service", noise=("served", "session")),
    Site("market", "Second-Hand Market", (("nginx", "1.26.2"), ("Vue.js", "3.5.12")),
         ("Used furniture, checked and oiled.", "Prices are fixed, the coffee is free."),
         ("shop",), "web team", noise=("advert", "served", "nonce")),
    Site("feed", "Community Feed", (("nginx", "1.26.2"), ("Next.js", "14.2.13")),
         ("The latest from makers everywhere.",), ("community",), "web team", noise=("clock", "token", "served")),
)  # fmt: skip
BY_HOST = {site.host: site for site in SITES}
NOISY = tuple(site.name for site in SITES if site.noise)
