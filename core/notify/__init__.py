"""Takes outbox rows to the channels and says what became of each."""
