"""Every detector by name: a new one is one function, one row here and one test."""

from __future__ import annotations

from core.detect.blocks import detect_blocks
from core.detect.comparison import Detector
from core.detect.cookies import detect_cookies
from core.detect.grades import detect_grade
from core.detect.headers import detect_headers
from core.detect.hosting import detect_dns, detect_infrastructure
from core.detect.members import detect_members
from core.detect.pages import detect_forms, detect_metas, detect_page
from core.detect.technologies import detect_technologies
from core.detect.transport import detect_transport
from core.detect.volatile import detect_volatile

DETECTORS: dict[str, Detector] = {
    "page": detect_page,
    "technology": detect_technologies,
    "header": detect_headers,
    "grade": detect_grade,
    "cookie": detect_cookies,
    "tls": detect_transport,
    "meta": detect_metas,
    "form": detect_forms,
    "member": detect_members,
    "block": detect_blocks,
    "dns": detect_dns,
    "infrastructure": detect_infrastructure,
    "volatile": detect_volatile,
}
