"""From hits to technologies: confidence, versions, implications, requirements, exclusions, evidence."""

from __future__ import annotations

from core.model.scan import Technology
from core.scan.technology.detect import Detector
from core.scan.technology.fingerprints import Field, Fingerprint, Implied, Rule
from core.scan.technology.pattern import parse_pattern
from tests.scan.technology.pages import page_of, response


def header(name: str, pattern: str = "") -> Rule:
    return Rule(Field.HEADER, parse_pattern(pattern), name)


def thing(name: str, *rules: Rule, **more: tuple[object, ...]) -> Fingerprint:
    return Fingerprint(name, ("Things",), rules, **more)  # type: ignore[arg-type]


def seen(fingerprints: list[Fingerprint], html: str = "", **headers: str) -> dict[str, Technology]:
    given = response(html, headers)
    return {each.name: each for each in Detector(fingerprints).detect(given, page_of(given))}


def test_confidences_add_up_to_at_most_one() -> None:
    rules = [header(name, r"\;confidence:40") for name in ("a", "b", "c")]
    fingerprints = [thing("Thing", *rules)]
    assert seen(fingerprints, a="")["Thing"].confidence == 0.4
    assert seen(fingerprints, a="", b="")["Thing"].confidence == 0.8
    assert seen(fingerprints, a="", b="", c="")["Thing"].confidence == 1.0


def test_the_longest_version_wins_and_brings_its_evidence() -> None:
    rules = [header(name, r"v([\d.]+)\;version:\1") for name in ("a", "b", "c")]
    found = seen([thing("Thing", *rules)], a="v3", b="v3.7.1", c="v3.8.2")["Thing"]
    assert (found.version, found.evidence) == ("3.7.1", "header b: v3.7.1")


def test_what_a_technology_implies_is_there_with_no_more_confidence() -> None:
    php = thing("PHP", header("x-php"))
    shop = thing("Shop", header("x-shop", r"\;confidence:50"), implies=(Implied("PHP", "8"), Implied("Unknown")))
    addon = thing("Addon", header("x-addon"), implies=(Implied("Shop", confidence=30),))
    found = seen([php, shop, addon], **{"x-shop": ""})
    assert found["PHP"] == Technology("PHP", "8", ("Things",), 0.5, "implied by Shop")
    assert seen([php, shop, addon], **{"x-addon": ""})["PHP"].confidence == 0.3


def test_a_requirement_is_met_by_what_is_seen_or_implied() -> None:
    base = thing("Base")
    shop = thing("Shop", header("x-shop"), implies=(Implied("Base"),))
    plugin = thing("Plugin", header("x-plugin"), requires=("Base", "Other"))
    themed = thing("Themed", header("x-plugin"), requires_category=("Things",))
    lonely = thing("Lonely", header("x-plugin"), requires=("Absent",))
    fingerprints = [base, shop, plugin, themed, lonely]
    assert seen(fingerprints, **{"x-plugin": ""}) == {}
    assert set(seen(fingerprints, **{"x-plugin": "", "x-shop": ""})) == {"Base", "Shop", "Plugin", "Themed"}


def test_an_excluded_technology_is_left_out() -> None:
    old = thing("Old", header("x-thing"))
    new = thing("New", header("x-thing"), excludes=("Old",))
    assert set(seen([old, new], **{"x-thing": ""})) == {"New"}


def test_evidence_names_the_place_and_is_harmless() -> None:
    fingerprints = [
        thing("A", Rule(Field.HTML, parse_pattern("needle.{5}"))),
        thing("B", Rule(Field.COOKIE, parse_pattern(""), "sid")),
        thing("C", header("x-c")),
        thing("D", Rule(Field.INLINE, parse_pattern("var needle"))),
        thing("E", Rule(Field.META, parse_pattern(r"E (\d)\;version:\1"), "generator")),
    ]
    html = "<p>\u00e4</p>needle\x1b[31m<script>1</script><script>var needle</script><meta name=Generator content='E 7'>"
    found = seen(fingerprints, html, **{"set-cookie": "sid=secret", "x-c": "y" * 500})
    assert found["A"].evidence == "html 9-20: needle\N{SYMBOL FOR ESCAPE}[31m"
    assert found["B"].evidence == "cookie sid"
    assert found["C"].evidence.startswith("header x-c: yyy")
    assert len(found["C"].evidence) < 140
    assert found["D"].evidence == "inline script 2, 0-10: var needle"
    assert (found["E"].evidence, found["E"].version) == ("meta generator: E 7", "7")
