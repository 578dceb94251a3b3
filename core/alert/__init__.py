"""Changes in, alerts and deliveries with reasons out; pure functions."""
