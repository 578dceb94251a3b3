"""A report as a spreadsheet: its sections one below the other, every cell quoted and none of them a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from core.clock import rfc3339
from core.report.report import Report, Section
from core.text import csv_cell


def write(report: Report) -> str:
    """RFC 4180, all cells quoted, so that a spreadsheet set to other separators splits none of them."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    for row in _rows(report):
        writer.writerow([csv_cell(cell) for cell in row])
    return out.getvalue()


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    yield (report.title, rfc3339(report.since), rfc3339(report.until))
    for section in report.sections:
        yield from _section_rows(section)


def _section_rows(section: Section) -> Iterator[tuple[str, ...]]:
    yield ("",)
    yield (section.title,)
    for figure in section.figures:
        yield (figure.label, figure.value)
    for table in section.tables:
        yield ("",)
        yield (table.title, table.note) if table.note else (table.title,)
        yield table.columns
        yield from table.rows
