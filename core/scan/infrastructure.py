"""Where a site lives: DNS records, the address that answered, server software, CDN and hosting.

Providers are told by what they write themselves: a header only their edge sends, or the names under which they host
(CNAME, NS). The tables are our own, from the vendors' public documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.model.facts import SECURITY_HEADERS
from core.model.scan import Fact
from core.scan.headers import cut, header_facts, header_line
from core.scan.look import Findings, Look
from core.scan.response import Response


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider and its marks: `header: value begins with` (an empty value means any) and suffixes of host names."""

    name: str
    headers: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()


CDNS = (
    Provider("Cloudflare", (("cf-ray", ""), ("server", "cloudflare")), ("cdn.cloudflare.net",)),
    Provider("Amazon CloudFront", (("x-amz-cf-id", ""), ("server", "cloudfront")), ("cloudfront.net",)),
    Provider("Fastly", (("x-fastly-request-id", ""), ("fastly-debug-digest", "")), ("fastly.net", "fastlylb.net")),
    Provider(
        "Akamai",
        (("x-akamai-request-id", ""), ("server", "akamaighost"), ("server", "akamainetstorage"), ("akamai-grn", "")),
        ("akamaiedge.net", "akamai.net", "edgekey.net", "edgesuite.net", "akamaized.net", "akadns.net"),
    ),
    Provider("Vercel", (("x-vercel-id", ""), ("server", "vercel")), ("vercel-dns.com", "vercel.app", "now.sh")),
    Provider("Netlify", (("x-nf-request-id", ""), ("server", "netlify")), ("netlify.app", "netlifyglobalcdn.com")),
    Provider("Bunny", (("cdn-pullzone", ""), ("server", "bunnycdn")), ("b-cdn.net",)),
    Provider(
        "Azure Front Door",
        (("x-azure-ref", ""), ("x-fd-healthprobe", "")),
        ("azurefd.net", "azureedge.net", "t-msedge.net", "azureedge.us"),
    ),
    Provider("Google Cloud CDN", (("via", "1.1 google"),), ("googleusercontent.com", "ghs.googlehosted.com")),
    Provider("KeyCDN", (("server", "keycdn-engine"), ("x-edge-location", "")), ("kxcdn.com",)),
    Provider("Gcore", (("server", "gcore"), ("x-id-fe", "")), ("gcdn.co", "gcore.com")),
    Provider(
        "Imperva", (("x-iinfo", ""), ("x-cdn", "imperva"), ("x-cdn", "incapsula")), ("incapdns.net", "impervadns.net")
    ),
    Provider("Sucuri", (("x-sucuri-id", ""), ("server", "sucuri/cloudproxy")), ("sucuri.net",)),
    Provider("CDN77", (("server", "cdn77-turbo"), ("x-77-nzt", "")), ("cdn77.org", "rsc.cdn77.org")),
    Provider("StackPath", (("x-hw", ""),), ("stackpathcdn.com", "stackpathdns.com", "hwcdn.net")),
    Provider("Edgio", (("server", "ecacc"), ("server", "ecs")), ("edgecastcdn.net", "llnwd.net", "edgio.net")),
    Provider("Alibaba Cloud CDN", (("eagleid", ""), ("server", "tengine")), ("alikunlun.com", "kunlunsl.com")),
    Provider("Tencent Cloud CDN", (("x-nws-log-uuid", ""),), ("cdn.dnsv1.com", "tdnsv5.com")),
    Provider("QUIC.cloud", (("x-qc-pop", ""),), ("quic.cloud",)),
)

HOSTS = (
    Provider("GitHub Pages", (("x-github-request-id", ""), ("server", "github.com")), ("github.io",)),
    Provider("GitLab Pages", (), ("gitlab.io",)),
    Provider("Cloudflare Pages", (), ("pages.dev", "workers.dev")),
    Provider("Vercel", (("x-vercel-id", ""),), ("vercel-dns.com", "vercel.app"), ("vercel-dns.com",)),
    Provider("Netlify", (("x-nf-request-id", ""),), ("netlify.app", "netlifyglobalcdn.com"), ("nsone.net.netlify",)),
    Provider("Shopify", (("x-shopid", ""), ("powered-by", "shopify")), ("myshopify.com", "shops.myshopify.com")),
    Provider("Wix", (("x-wix-request-id", ""), ("server", "pepyaka")), ("wixdns.net", "wixsite.com"), ("wixdns.net",)),
    Provider("Squarespace", (("server", "squarespace"),), ("squarespace.com", "ext-sq.squarespace.com")),
    Provider("Webflow", (("x-wf-region", ""),), ("webflow.com", "proxy-ssl.webflow.com", "webflow.io")),
    Provider("WP Engine", (("x-powered-by", "wp engine"), ("wpe-backend", "")), ("wpengine.com", "wpeproxy.com")),
    Provider("Kinsta", (("x-kinsta-cache", ""),), ("kinsta.cloud",)),
    Provider("Pantheon", (("x-pantheon-styx-hostname", ""),), ("pantheonsite.io",)),
    Provider("WordPress.com", (("x-ac", ""),), ("wordpress.com", "lb.wordpress.com"), ("wordpress.com",)),
    Provider("Heroku", (("via", "1.1 vegur"), ("server", "heroku")), ("herokudns.com", "herokuapp.com")),
    Provider("Fly.io", (("fly-request-id", ""), ("server", "fly/")), ("fly.dev",)),
    Provider("Render", (("x-render-origin-server", ""), ("rndr-id", "")), ("onrender.com",)),
    Provider("Railway", (("server", "railway"),), ("up.railway.app",)),
    Provider("DigitalOcean", (("x-do-app-origin", ""),), ("ondigitalocean.app",), ("digitalocean.com",)),
    Provider("Firebase Hosting", (), ("web.app", "firebaseapp.com")),
    Provider("Google Cloud", (("server", "google frontend"),), ("run.app", "appspot.com", "googlehosted.com")),
    Provider("Amazon S3", (("server", "amazons3"),), ("s3.amazonaws.com",)),
    Provider(
        "Amazon Web Services",
        (("x-amz-apigw-id", ""), ("x-amzn-requestid", "")),
        ("elb.amazonaws.com", "elasticbeanstalk.com", "amazonaws.com", "awsglobalaccelerator.com"),
        ("awsdns",),
    ),
    Provider("Microsoft Azure", (), ("azurewebsites.net", "cloudapp.azure.com", "trafficmanager.net"), ("azure-dns",)),
    Provider("Hetzner", (), ("your-server.de",), ("hetzner.com", "hetzner.de", "first-ns.de", "second-ns.de")),
    Provider("OVHcloud", (), ("ovh.net",), ("ovh.net", "anycast.me")),
    Provider("IONOS", (), (), ("ui-dns.com", "ui-dns.de", "ui-dns.org", "ui-dns.biz")),
    Provider("GoDaddy", (), (), ("domaincontrol.com",)),
    Provider("Hostinger", (("platform", "hostinger"), ("server", "hcdn")), (), ("dns-parking.com",)),
    Provider("SiteGround", (), (), ("siteground.net",)),
    Provider("Gandi", (), (), ("gandi.net",)),
    Provider("Infomaniak", (), (), ("infomaniak.ch", "infomaniak.com")),
    Provider("STRATO", (), (), ("rzone.de",)),
)

_RANDOM_RECORD = re.compile(r"(?i)^\"?(?:_?acme-challenge|[a-z0-9_-]{43})\"?$")


def scan_infrastructure(look: Look) -> Findings:
    """Facts of kinds dns, infrastructure, and header (all but the security headers)."""
    response = look.response
    facts = header_facts(response, but=frozenset(SECURITY_HEADERS))
    facts += _records(response)
    facts += _address(response)
    server = response.header("server")
    if server:
        facts.append(Fact("infrastructure", "server", server[:200], evidence=header_line("server", server)))
    facts += _provider("cdn", CDNS, response)
    facts += _provider("hosting", HOSTS, response)
    return Findings(facts=tuple(facts))


def _records(response: Response) -> list[Fact]:
    """One fact a record type; one-time ACME challenges in TXT are left out of what is compared."""
    facts = []
    for kind, records in sorted(response.records.items()):
        value = "\n".join(sorted(records))
        stable = "\n".join(sorted(record for record in records if not _RANDOM_RECORD.match(record)))
        evidence = cut("; ".join(f"{kind} {record}" for record in sorted(records)) or f"no {kind} record")
        facts.append(Fact("dns", kind, value, evidence=evidence, stable=stable if stable != value else ""))
    return facts


def _address(response: Response) -> list[Fact]:
    """The address that answered; of several that take turns, the set of them is what is compared."""
    if not response.address:
        return []
    turns = sorted({*response.records.get("A", ()), *response.records.get("AAAA", ())})
    stable = ", ".join(turns) if len(turns) > 1 and response.address in turns else ""
    return [Fact("infrastructure", "ip", response.address, evidence=f"connected to {response.address}", stable=stable)]


def _provider(key: str, providers: Iterable[Provider], response: Response) -> list[Fact]:
    """The first provider with a mark in the response, headers before names: they tell who answered."""
    providers = tuple(providers)
    sent = {name.lower() for name, _ in response.headers}
    marked = [each for each in providers if any(name in sent for name, _ in each.headers)]
    aliased = providers if "CNAME" in response.records else ()
    delegated = providers if "NS" in response.records else ()
    ways = ((_header_mark, marked), (_alias_mark, aliased), (_nameserver_mark, delegated))
    for evidence_of, candidates in ways:
        for provider in candidates:
            evidence = evidence_of(provider, response)
            if evidence:
                return [Fact("infrastructure", key, provider.name, evidence=evidence)]
    return []


def _header_mark(provider: Provider, response: Response) -> str:
    for name, beginning in provider.headers:
        for value in response.header_values(name):
            if value.strip().lower().startswith(beginning):
                return header_line(name, value)
    return ""


def _alias_mark(provider: Provider, response: Response) -> str:
    return _name_mark("CNAME", provider.aliases, response)


def _nameserver_mark(provider: Provider, response: Response) -> str:
    return _name_mark("NS", provider.nameservers, response)


def _name_mark(kind: str, marks: tuple[str, ...], response: Response) -> str:
    """A record whose name ends with a mark, or has a label that begins with it (`awsdns` for ns-1.awsdns-12.org)."""
    for record in response.records.get(kind, ()):
        name = record.rstrip(".").lower()
        for mark in marks:
            label = "." not in mark and (f".{mark}-" in name or f".{mark}." in name)
            if label or name == mark or name.endswith(f".{mark}"):
                return f"{kind} {record}"
    return ""
