"""Which software a response shows, with version, confidence and evidence."""
