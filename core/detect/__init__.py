"""Two moments in, typed changes with reasons out; pure functions."""
