"""A report as JSON, for programs: numbers beside the words, null where something is unknown."""

from __future__ import annotations

import json

from core.clock import rfc3339
from core.report.report import Figure, Report, Section, Table
from core.text import safe

SCHEMA = 1


def write(report: Report) -> str:
    """`{"schema","report","title","since","until","made_at","sections":[{"title","figures":[…],"tables":[…]}]}`."""
    content = {
        "schema": SCHEMA,
        "report": report.name,
        "title": safe(report.title),
        "since": rfc3339(report.since),
        "until": rfc3339(report.until),
        "made_at": rfc3339(report.made_at),
        "sections": [_section(section) for section in report.sections],
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _section(section: Section) -> dict[str, object]:
    return {
        "title": safe(section.title),
        "figures": [_figure(figure) for figure in section.figures],
        "tables": [_table(table) for table in section.tables],
    }


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "label": safe(figure.label),
        "value": safe(figure.value),
        "number": figure.number,
        "unit": figure.unit or None,
    }


def _table(table: Table) -> dict[str, object]:
    return {
        "title": safe(table.title),
        "columns": [safe(column) for column in table.columns],
        "rows": [[safe(cell) for cell in row] for row in table.rows],
        "note": safe(table.note) or None,
    }
