"""Which technologies a response shows: our own fingerprints, and any the operator supplied, applied to one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Protocol

from core.model.scan import Technology
from core.scan.response import Response
from core.scan.technology.fingerprints import Field, Fingerprint, built_in
from core.scan.technology.matcher import Matcher, Selectable, View
from core.scan.technology.resolve import resolve

MOST_VALUES = 1000  # scripts and style sheets looked at: more are an attack on our time


class Linked(Protocol):
    """Something a page refers to."""

    @property
    def url(self) -> str:
        """Its absolute URL."""
        ...


class Scripted(Linked, Protocol):
    """A script: `url` is empty for an inline one, whose code is `code`; `kind` is its type attribute."""

    @property
    def code(self) -> str:
        """Its text."""
        ...

    @property
    def kind(self) -> str:
        """Its type attribute, "" where it has none."""
        ...


class PageView(Selectable, Protocol):
    """What detection needs of a page. `metas` has lower-case names."""

    html: str
    metas: dict[str, list[str]]

    @property
    def stylesheets(self) -> Sequence[Linked]:
        """Linked style sheets."""
        ...

    @property
    def script_elements(self) -> Sequence[Scripted]:
        """Its scripts, external and inline."""
        ...


class Detector:
    """A set of fingerprints, ready to use."""

    def __init__(self, fingerprints: Iterable[Fingerprint]) -> None:
        self._fingerprints = {fingerprint.name: fingerprint for fingerprint in fingerprints}
        self._matcher = Matcher(self._fingerprints.values())

    def detect(self, response: Response, page: PageView | None) -> tuple[Technology, ...]:
        """The technologies that a response shows, by name; without a page only its headers and address are read."""
        return resolve(self._matcher.hits(view(response, page)), self._fingerprints)


@cache
def _built_in() -> Detector:
    return Detector(built_in())


def detect(response: Response, page: PageView | None) -> tuple[Technology, ...]:
    """The technologies of our own set that a response shows, by name."""
    return _built_in().detect(response, page)


def view(response: Response, page: PageView | None) -> View:
    """What the fields of fingerprints mean in a response."""
    keyed: dict[Field, Mapping[str, Sequence[str]]] = {
        Field.HEADER: _by_name(response.headers),
        Field.COOKIE: _by_name(_cookies(response)),
        Field.DNS: response.records,
    }
    values: dict[Field, Sequence[str]] = {Field.URL: (response.final_url,)}
    if page is not None:
        keyed[Field.META] = page.metas
        values[Field.HTML] = (page.html,)
        scripts = page.script_elements[:MOST_VALUES]
        values[Field.SCRIPT] = [script.url for script in scripts if script.url]
        values[Field.STYLESHEET] = [sheet.url for sheet in page.stylesheets[:MOST_VALUES]]
        values[Field.INLINE] = [script.code for script in scripts if script.code and _runs(script.kind)]
    return View(values, keyed, page)


def _runs(kind: str) -> bool:
    """Whether a script of this type is code; others are data, and data quotes anything (an article about gtag)."""
    kind = kind.strip().lower()
    return kind in ("", "module") or kind.endswith(("javascript", "ecmascript", "jscript"))


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    by_name: dict[str, list[str]] = {}
    for name, value in pairs:
        by_name.setdefault(name.lower(), []).append(value)
    return by_name


def _cookies(response: Response) -> Iterable[tuple[str, str]]:
    """Name and value of each cookie set (RFC 6265, 5.2)."""
    for line in response.header_values("set-cookie"):
        name, separator, value = line.partition(";")[0].partition("=")
        if separator:
            yield name.strip(), value.strip()
