"""A report as one HTML page that needs nothing else: no script, no picture, no request; it prints as it reads.

The policy in its head forbids what the escapes already prevent, so that a page opened from a mail stays inert.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.clock import rfc3339
from core.report.report import Figure, Report, Section, Table
from core.text import html_text

_CELL = 500
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --ground: #fff; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --dim: #9198a1; --line: #3d444d; --ground: #0d1117; --card: #161b22; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 70rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; }
h2 { margin: 2.5rem 0 1rem; border-bottom: 1px solid var(--line); }
p, caption, dt { color: var(--dim); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .75rem; margin: 0; }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; }
dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
dd.unknown { color: var(--dim); font-style: italic; }
table { border-collapse: collapse; width: 100%; margin: 1.25rem 0; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
@media print {
  :root { --ink: #000; --dim: #444; --line: #999; --ground: #fff; --card: #fff; }
  body { margin: 0; max-width: none; font-size: 10pt; }
  h2, caption { break-after: avoid; }
  tr, dl div { break-inside: avoid; }
  thead { display: table-header-group; }
}
"""


def write(report: Report) -> str:
    """HTML 5, UTF-8."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    title = html_text(report.title)
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield '<head><meta charset="utf-8">'
    yield """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{title}</title>"
    yield f"<style>{_STYLE}</style></head>"
    yield f"<body><h1>{title}</h1>"
    yield f"<p>{rfc3339(report.since)} to {rfc3339(report.until)}, made {rfc3339(report.made_at)}</p>"
    for section in report.sections:
        yield from _section_lines(section)
    yield "</body></html>"


def _section_lines(section: Section) -> Iterator[str]:
    yield f"<section><h2>{html_text(section.title)}</h2>"
    if section.figures:
        yield "<dl>"
        yield from (_figure(figure) for figure in section.figures)
        yield "</dl>"
    for table in section.tables:
        yield from _table_lines(table)
    yield "</section>"


def _figure(figure: Figure) -> str:
    marked = ' class="unknown"' if figure.number is None else ""
    return f"<div><dt>{html_text(figure.label)}</dt><dd{marked}>{html_text(figure.value)}</dd></div>"


def _table_lines(table: Table) -> Iterator[str]:
    note = f" ({table.note})" if table.note else ""
    yield f"<table><caption>{html_text(table.title + note)}</caption>"
    yield "<thead>" + _row("th", table.columns) + "</thead><tbody>"
    yield from (_row("td", row) for row in table.rows)
    yield "</tbody></table>"


def _row(tag: str, cells: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html_text(cell, _CELL)}</{tag}>" for cell in cells) + "</tr>"
