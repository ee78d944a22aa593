"""Define the format of the compiled configuration that the line reads."""

VERSION = 1

MAX_BYTES = 1 << 20
"""A chained command may take 128 KiB, and JSON may take six bytes for each of them."""
