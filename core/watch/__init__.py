"""Event sources that turn something that happened into work for the engine."""
