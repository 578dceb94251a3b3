"""When to look: cron, intervals, phases, budgets per domain, and whether to try again."""
