"""The way into the filter language: read a filter, test records with it, put them in its order, complete it."""

from __future__ import annotations

from core.query.compile import Record, compile_filter, ranking, sort_records
from core.query.complete import Completion, complete
from core.query.fields import FIELDS, Field, FieldType, field_named
from core.query.inline import TargetTest, compile_target_filter
from core.query.parse import parse
from core.query.relations import implies, is_timed
from core.query.scope import Scope, scope_of
from core.query.syntax import Query, SortKey, quoted

__all__ = [
    "FIELDS",
    "Completion",
    "Field",
    "FieldType",
    "Query",
    "Record",
    "Scope",
    "SortKey",
    "TargetTest",
    "compile_filter",
    "compile_target_filter",
    "complete",
    "field_named",
    "implies",
    "is_timed",
    "parse",
    "quoted",
    "ranking",
    "scope_of",
    "sort_records",
]
