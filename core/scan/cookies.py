"""The cookies a response sets, without their values."""

from __future__ import annotations

from dataclasses import dataclass

from core.scan.response import Response

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie's name and what protects it (RFC 6265bis). `same_site` is None where absent, else as written."""

    name: str
    secure: bool
    http_only: bool
    same_site: str | None
    path: str
    domain: str

    @property
    def flags(self) -> str:
        """What stays the same from look to look: `HttpOnly; Path=/; SameSite=Lax; Secure`."""
        flags = [
            "HttpOnly" if self.http_only else "",
            "Secure" if self.secure else "",
            f"SameSite={self.same_site.capitalize()}" if self.same_site else "",
            f"Path={self.path}" if self.path else "",
            f"Domain={self.domain}" if self.domain else "",
        ]
        return "; ".join(sorted(filter(None, flags)))


def cookies(response: Response) -> list[Cookie]:
    """The cookies set by the last response, in order; broken ones without a name are left out."""
    return [cookie for line in response.header_values("set-cookie") if (cookie := _cookie(line)).name]


def _cookie(line: str) -> Cookie:
    pair, *rest = line.split(";")
    attributes: dict[str, str] = {}
    for each in rest:
        name, _, value = each.partition("=")
        attributes.setdefault(name.strip().lower(), value.strip())
    return Cookie(
        name=pair.partition("=")[0].strip()[:LONGEST_NAME],
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        same_site=attributes.get("samesite"),
        path=attributes.get("path", "")[:LONGEST_NAME],
        domain=attributes.get("domain", "")[:LONGEST_NAME],
    )
