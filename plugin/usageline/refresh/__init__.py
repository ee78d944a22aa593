"""The background run: the one place that decides whether to ask, and that writes what the status line reads."""
