"""Real servers for tests and benches, as processes of their own."""
