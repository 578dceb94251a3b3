"""What every scanner gets to see of one response, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.model.scan import Fact, Grade, Sample, ScanJob, Technology
from core.noise import is_volatile_region
from core.scan.decode import text_of
from core.scan.page import Page
from core.scan.response import Response

HTML_TYPES = ("text/html", "application/xhtml+xml")
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript", "application/ld+json")
_TEXT_SUFFIXES = ("+json", "+xml")


def _ours(response: Response, page: Page) -> tuple[Technology, ...]:
    """Imported with the first page: building the index of fingerprints takes longer than all other imports."""
    from core.scan.technology.detect import detect  # noqa: PLC0415

    return detect(response, page)


@dataclass(frozen=True, slots=True)
class Recognition:
    """How technologies are told from a response and its page; `digest` names the fingerprints, "" our own alone."""

    detect: Callable[[Response, Page], tuple[Technology, ...]] = _ours
    digest: str = ""


OURS = Recognition()


@dataclass(frozen=True, slots=True)
class Look:
    """One response and what was read from it once for all. `page` is None where it is not HTML or nobody asked.

    `text` is the decoded body, empty for what is not text; `charset` the label it was decoded with.
    """

    job: ScanJob
    response: Response
    text: str = ""
    charset: str = ""
    page: Page | None = None
    recognition: Recognition = OURS


@dataclass(frozen=True, slots=True)
class Findings:
    """What one scanner found."""

    facts: tuple[Fact, ...] = ()
    samples: tuple[Sample, ...] = ()
    technologies: tuple[Technology, ...] = ()
    grade: Grade | None = None


def media_type(response: Response) -> str:
    """The type of a body without parameters, in lower case: `text/html`."""
    return response.header("content-type").partition(";")[0].strip().lower()


def is_html(response: Response) -> bool:
    """Whether a browser would show it as a page; a body without a type counts when it begins with a tag."""
    kind = media_type(response)
    return kind in HTML_TYPES or (not kind and response.body.lstrip()[:1] == b"<")


def is_text(response: Response) -> bool:
    """Whether the body is made of characters."""
    kind = media_type(response)
    return is_html(response) or kind.startswith(_TEXT_TYPES) or kind.endswith(_TEXT_SUFFIXES)


def look(job: ScanJob, response: Response, *, parse: bool) -> Look:
    """Decode a response and, where `parse` asks for it, read its page.

    ValueError where `job.select` or `job.ignore` holds a selector that cannot be read.
    """
    if not is_text(response):
        return Look(job, response)
    text, charset = text_of(response.body, response.header("content-type"))
    if not parse or not is_html(response):
        return Look(job, response, text, charset)
    selectors = [each for each in job.ignore if not is_expression(each)]
    page = Page(text, response.final_url, volatile=is_volatile_region, select=job.select, ignore=selectors)
    return Look(job, response, text, charset, page)


def is_expression(ignored: str) -> bool:
    """Whether an entry of `ignore` is a regular expression (`/…/`) and not a CSS selector."""
    return len(ignored) > 2 and ignored[0] == "/" and ignored[-1] == "/"
