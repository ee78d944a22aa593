"""The format of the compiled configuration that the line reads."""

VERSION = 1


MAX_BYTES = 1 << 20
"""A chained command may have 128 KiB, each byte of which may be six in JSON."""
