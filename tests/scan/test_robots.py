"""What robots.txt lets us look at."""

from __future__ import annotations

import httpx
import pytest

from core.model.scan import Failure, FailureClass
from core.scan.response import Response
from core.scan.robots import Robots, product_token
from tests.scan.servers import by_path, fetcher_for, page, redirect, serving

RULES = b"User-agent: *\nDisallow: /private\n\nUser-agent: vedette\nDisallow: /no-vedette\nAllow: /no-vedette/but\n"


class Site:
    """A robots.txt to be read, and how often it was."""

    def __init__(self, answer: Response | Failure) -> None:
        self.answer = answer
        self.read_urls: list[str] = []

    async def read(self, url: httpx.URL) -> Response | Failure:
        self.read_urls.append(str(url))
        return self.answer


def _answer(status: int, body: bytes = b"") -> Response:
    return Response(url="", final_url="", status=status, headers=(), body=body)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", True), ("/private", True), ("/no-vedette", False), ("/no-vedette/but", True), ("/no-vedette?x=1", False)],
)
async def test_the_rules_for_our_name_are_obeyed(path: str, allowed: bool) -> None:
    site = Site(_answer(200, RULES))
    refusal = await Robots("Vedette").refusal(httpx.URL("https://shop.test" + path), site.read)
    assert (refusal is None) is allowed
    if refusal is not None:
        assert refusal == Failure(FailureClass.POLICY, "robots.txt of shop.test disallows /no-vedette for Vedette")


@pytest.mark.parametrize(
    ("answer", "failure_class"),
    [
        (_answer(404), None),
        (_answer(401), None),
        (_answer(410), None),
        (_answer(204), None),
        (_answer(200, b"\xff\xfe\x00garbage\x00" * 100), None),
        (_answer(200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /"), FailureClass.POLICY),
        (_answer(200, b"#" * 600_000 + b"\nUser-agent: *\nDisallow: /"), None),
        (_answer(429), FailureClass.HTTP),
        (_answer(500), FailureClass.HTTP),
        (_answer(503), FailureClass.HTTP),
        (Failure(FailureClass.CONNECT, "refused"), FailureClass.CONNECT),
        (Failure(FailureClass.TLS, "expired"), FailureClass.TLS),
    ],
)
async def test_no_rules_allow_all_and_no_answer_allows_nothing(
    answer: Response | Failure, failure_class: FailureClass | None
) -> None:
    refusal = await Robots("Vedette").refusal(httpx.URL("https://shop.test/"), Site(answer).read)
    assert (refusal.failure_class if refusal else None) is failure_class


async def test_rules_are_read_once_an_hour_for_each_origin() -> None:
    at = [0.0]
    site = Site(_answer(200, RULES))
    robots = Robots("Vedette", monotonic=lambda: at[0])
    for url in (
        "https://shop.test/a",
        "https://user:pass@shop.test/b?c",
        "http://shop.test/",
        "https://shop.test:8443/",
    ):
        await robots.refusal(httpx.URL(url), site.read)
    assert len(site.read_urls) == 3
    at[0] = 3601.0
    await robots.refusal(httpx.URL("https://shop.test/a"), site.read)
    assert len(site.read_urls) == 4


async def test_a_failure_is_kept_for_minutes_only() -> None:
    at = [0.0]
    site = Site(_answer(503))
    robots = Robots("Vedette", monotonic=lambda: at[0])
    await robots.refusal(httpx.URL("https://shop.test/"), site.read)
    site.answer = _answer(404)
    assert await robots.refusal(httpx.URL("https://shop.test/"), site.read) is not None
    at[0] = 301.0
    assert await robots.refusal(httpx.URL("https://shop.test/"), site.read) is None


def test_our_name_is_the_first_product_of_the_user_agent() -> None:
    assert product_token("Vedette/0.1 (+https://example; x/y)") == "Vedette"
    assert product_token("") == "*"


async def test_a_fetch_that_obeys_does_not_ask_for_what_is_disallowed() -> None:
    async with serving(by_path({"/robots.txt": page(RULES), "/": page(), "/private": page()})) as server:
        fetcher = fetcher_for(server, user_agent="Other/1")
        allowed = await fetcher.fetch("http://shop.test/", obey_robots=True)
        refused = await fetcher.fetch("http://shop.test/private", obey_robots=True)
    assert allowed.failure is None
    assert refused.failure is not None
    assert refused.failure.failure_class is FailureClass.POLICY
    assert [seen.path for seen in server.requests] == ["/robots.txt", "/"]


async def test_a_redirect_into_disallowed_ground_is_not_followed() -> None:
    answers = {"/robots.txt": page(RULES), "/": redirect("/private"), "/private": page()}
    async with serving(by_path(answers)) as server:
        fetched = await fetcher_for(server, user_agent="Other/1").fetch("http://shop.test/", obey_robots=True)
    assert fetched.failure is not None
    assert fetched.failure.failure_class is FailureClass.POLICY
    assert [seen.path for seen in server.requests] == ["/robots.txt", "/"]


async def test_who_does_not_obey_does_not_ask() -> None:
    async with serving(by_path({"/robots.txt": page(b"User-agent: *\nDisallow: /"), "/": page()})) as server:
        fetched = await fetcher_for(server).fetch("http://shop.test/")
    assert fetched.failure is None
    assert [seen.path for seen in server.requests] == ["/"]
