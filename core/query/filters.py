"""The way into the filter language: read a filter, test records with it, put them in its order, complete it."""

from __future__ import annotations

from core.query.compile import Record, compile_filter, sort_records
from core.query.complete import Completion, complete
from core.query.fields import FIELDS, Field, FieldType
from core.query.parse import parse
from core.query.syntax import Query, SortKey

__all__ = [
    "FIELDS",
    "Completion",
    "Field",
    "FieldType",
    "Query",
    "Record",
    "SortKey",
    "compile_filter",
    "complete",
    "parse",
    "sort_records",
]
