"""One HTTP request of a notification, and what the answer means: delivered, again, or never.

The transport is used without a client on purpose: no redirects, no cookies, no proxy from the environment, and no
line in httpx's log, which would hold the token that a webhook's URL is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime

import httpx

from core.model.scan import FailureClass
from core.notify.outside import PRIVATE_HINT, Outside
from core.ports import DeliveryError
from core.text import redact, safe

TIMEOUT = 20.0
_READ_BYTES = 2000
_SHOWN = 200
_UNSENDABLE = "the URL or a header (perhaps a secret in it) holds characters that HTTP does not allow"
_AGAIN = frozenset({408, 425, 429})


async def post(
    outside: Outside, method: str, url: str, headers: Mapping[str, str], body: bytes, *, secrets: Iterable[str]
) -> str:
    """Send once. The receiver's status and first words; DeliveryError, free of secrets, unless it is 2xx."""
    hidden = tuple(secrets)
    try:
        request = httpx.Request(
            method, url, headers=headers, content=body, extensions={"timeout": httpx.Timeout(TIMEOUT).as_dict()}
        )
        response = await outside.transport.handle_async_request(request)
        try:
            response.request = request
            words = await _first_words(response)
        finally:
            await response.aclose()
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError):
        # The library's own words would quote the header, escaped beyond what `redact` can recognise.
        raise DeliveryError(_UNSENDABLE, permanent=True) from None
    except (httpx.HTTPError, OSError) as error:
        if getattr(error, "failure_class", None) is FailureClass.POLICY:
            raise _failed(f"refused ({PRIVATE_HINT})", error, hidden, permanent=True) from None
        raise _failed("no answer", error, hidden, permanent=False) from None
    return _judge(response, safe(redact(words, hidden), _SHOWN), outside.now)


def _failed(what: str, error: Exception, hidden: tuple[str, ...], *, permanent: bool) -> DeliveryError:
    """The fault's own sentence, or its name where it has none."""
    words = safe(redact(f"{what}: {str(error) or type(error).__name__}", hidden), 300)
    return DeliveryError(words, permanent=permanent)


async def _first_words(response: httpx.Response) -> str:
    taken = b""
    async for chunk in response.aiter_raw():
        taken += chunk[: _READ_BYTES - len(taken)]
        if len(taken) >= _READ_BYTES:
            break
    return taken.decode("utf-8", "replace").strip()


def _judge(response: httpx.Response, words: str, now: Callable[[], float]) -> str:
    status = response.status_code
    answer = f"{status} {safe(response.reason_phrase, 50)}".strip() + (f": {words}" if words else "")
    if 200 <= status < 300:
        return answer
    if 300 <= status < 400:
        raise DeliveryError(f"{answer} (redirects are not followed; set the final URL)", permanent=True)
    again = status in _AGAIN or status >= 500
    raise DeliveryError(answer, permanent=not again, retry_after=_retry_after(response, now) if again else None)


def _retry_after(response: httpx.Response, now: Callable[[], float]) -> float | None:
    """Seconds to wait (RFC 9110, section 10.2.3): a number or a date; None where it is neither."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now())
    except (ValueError, OverflowError):
        return None
