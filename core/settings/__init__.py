"""vedette.toml and foreign target files, turned into frozen settings."""
