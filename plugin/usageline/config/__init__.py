"""config.toml: its schema, its values for a refresh (loader), and for the line (compile)."""
