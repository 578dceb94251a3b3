"""What leaves the house: channels, the words they carry, and the outbox that delivers at least once."""
