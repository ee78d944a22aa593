"""Plan usage and reset times in Claude Code's status line."""

__version__ = "0.1.0"
