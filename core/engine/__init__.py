"""The engine: builds the parts, runs the loop from due to told, answers consoles, and stops cleanly."""
