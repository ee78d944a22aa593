"""The `usageline` command."""
