"""The README's picture is there, is small, and makes nobody's browser fetch anything."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tests.demo.picture import PICTURE, ROOT, tidied


def test_the_readme_shows_the_picture() -> None:
    assert f"({PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text("utf-8")


def test_the_picture_is_small_and_names_no_host() -> None:
    picture = PICTURE.read_text("utf-8")
    assert len(picture.encode()) < 60_000
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    addresses = set(re.findall(r"(?:https?:)?//[^\s\"'<)]+", picture))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(?:cdn|www\.(?!w3)|\w+\.(?:com|net|org|io))\b", picture.replace("www.w3.org", ""))
    assert "Needs" in picture


def test_fonts_from_elsewhere_and_comments_are_left_out() -> None:
    font = '@font-face { src: url("https://fonts.example/a.woff") }'
    made = f"<!-- with X --><style>{font}\n.a {{ font-family: Fira Code, monospace }}</style>"
    assert tidied(made) == "<style>.a { font-family: monospace }</style>"
