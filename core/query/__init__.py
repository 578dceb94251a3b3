"""The filter language: one parser for console, command line, rules and reports."""
