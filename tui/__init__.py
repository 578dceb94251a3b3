"""The console and the entry point `vedette`."""
