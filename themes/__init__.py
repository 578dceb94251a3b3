"""One TOML file a theme."""
