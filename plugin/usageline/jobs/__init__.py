"""Background jobs: work that is too slow for the status line, which shows the last result."""
