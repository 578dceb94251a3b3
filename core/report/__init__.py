"""Reports as HTML, Markdown, CSV and JSON, safe to open anywhere."""
