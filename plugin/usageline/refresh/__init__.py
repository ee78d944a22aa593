"""The background refresh: ask the service if it is time, and publish what the status line reads."""
