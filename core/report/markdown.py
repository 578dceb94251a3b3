"""A report as Markdown tables: nothing that was observed is markup in it."""

from __future__ import annotations

from collections.abc import Iterator

from core.clock import rfc3339
from core.report.report import Report, Section, Table
from core.text import markdown_cell

_CELL = 300


def write(report: Report) -> str:
    """GitHub-flavoured Markdown, one table a table."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {markdown_cell(report.title)}"
    yield ""
    yield f"{rfc3339(report.since)} to {rfc3339(report.until)}, made {rfc3339(report.made_at)}"
    for section in report.sections:
        yield from _section_lines(section)


def _section_lines(section: Section) -> Iterator[str]:
    yield ""
    yield f"## {markdown_cell(section.title)}"
    if section.figures:
        figures = tuple((figure.label, figure.value) for figure in section.figures)
        yield from _table_lines(("Figure", "Value"), figures)
    for table in section.tables:
        yield from _titled_lines(table)


def _titled_lines(table: Table) -> Iterator[str]:
    yield ""
    note = f" ({table.note})" if table.note else ""
    yield f"### {markdown_cell(table.title + note)}"
    yield from _table_lines(table.columns, table.rows)


def _table_lines(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    yield ""
    yield _row(columns)
    yield "|" + " --- |" * len(columns)
    for row in rows:
        yield _row(row)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(markdown_cell(cell, _CELL) for cell in cells) + " |"
