"""The formats a report can be written in, by the suffix of the file it goes to."""

from __future__ import annotations

from collections.abc import Callable

from core.report import csv, html, json, markdown
from core.report.report import Report

FORMATS: dict[str, Callable[[Report], str]] = {
    ".html": html.write,
    ".md": markdown.write,
    ".csv": csv.write,
    ".json": json.write,
}
