"""The vocabulary of facts: which kinds and keys scanners write and detectors read.

| kind | key | value |
|---|---|---|
| page | status, content_type, charset, final_url, | as served; redirects as `301 https://a/ -> 200 https://b/` |
| | redirects, title, canonical, language | |
| meta | name or property, lower case | content |
| heading | digest of its stable text, with its level: `h2:1f3a…` | text |
| text | digest of the stable text of the block | text, at most 500 characters |
| link, image, script, stylesheet, feed | absolute URL without its volatile parts | anchor text, alt, "", "", title |
| inline_script | digest of its stable text | its beginning, at most 200 characters |
| form | method, action, ordinal: `post /login 0` | field names and types, sorted, hidden values left out |
| header | name, lower case | value; repeated headers joined with ", " |
| cookie | name | flags, sorted: `HttpOnly; SameSite=Lax; Secure` |
| certificate | subject, san, issuer, serial, key, | text; times RFC 3339; san sorted, `, ` between; |
| | not_before, not_after, chain, fingerprint | chain: subjects, leaf first, one a line |
| tls | protocol, cipher, alpn | `TLSv1.3`, … |
| security | grade, mixed_content, https_redirect | `B`; URLs, one a line; `yes` or `no` |
| technology | name | version or "" |
| dns | A, AAAA, CNAME, NS, MX, TXT, CAA | records, sorted, one a line |
| infrastructure | ip, server, cdn, hosting | address connected to; Server header; name; name |

Kinds in SET_KINDS are sets: their members have no lasting identity but their content, so a changed member shows as
one gone and one come, and detectors compare the sets.
"""

from __future__ import annotations

SET_KINDS = frozenset({"heading", "text", "inline_script"})

# Kinds of which a page has hundreds, and of which only what comes, goes or differs is ever judged.
BULKY_KINDS = SET_KINDS | {"link", "image"}

SECURITY_HEADERS = (
    "strict-transport-security",
    "content-security-policy",
    "content-security-policy-report-only",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
    "x-permitted-cross-domain-policies",
    "access-control-allow-origin",
    "x-xss-protection",
    "expect-ct",
    "public-key-pins",
    "clear-site-data",
    "nel",
    "report-to",
    "reporting-endpoints",
    "origin-agent-cluster",
)

# Headers that differ on every response or tell of the way there, not of the site: never facts, never digested.
VOLATILE_HEADERS = frozenset(
    {
        "date", "age", "expires", "last-modified", "etag", "set-cookie", "content-length", "connection", "keep-alive",
        "transfer-encoding", "x-request-id", "request-id", "x-correlation-id", "x-trace-id", "x-amzn-trace-id",
        "x-amz-request-id", "x-amz-id-2", "x-amz-cf-id", "x-amz-cf-pop", "cf-ray", "cf-cache-status", "x-cache",
        "x-cache-hits", "x-served-by", "x-timer", "x-runtime", "x-varnish", "x-fastly-request-id", "x-azure-ref",
        "x-msedge-ref", "x-github-request-id", "x-vercel-id", "x-nf-request-id", "fly-request-id", "server-timing",
        "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit", "ratelimit-remaining", "ratelimit-reset",
        "retry-after", "x-ac", "x-akamai-request-id", "traceparent", "tracestate", "x-b3-traceid", "x-b3-spanid",
        "x-content-digest", "x-pantheon-styx-hostname", "x-render-origin-server", "x-shopid", "x-sorting-hat-podid",
        "x-sorting-hat-shopid", "x-dc", "x-download-options-id", "x-response-time", "x-processing-time", "alt-svc",
        "p3p-id", "content-md5", "digest", "content-digest", "repr-digest", "x-backend", "x-host",
        "x-node", "x-pod", "x-server-id", "x-instance-id", "x-proxy-cache", "x-drupal-dynamic-cache", "x-drupal-cache",
        "x-cache-status", "x-litespeed-cache", "cdn-requestid", "cdn-cachedat", "cdn-requestpullcode",
        "cdn-requesttime", "x-edge-location", "x-iinfo", "x-cdn-pop", "x-guploader-uploadid", "x-goog-hash",
        "x-goog-generation",
    }
)  # fmt: skip
