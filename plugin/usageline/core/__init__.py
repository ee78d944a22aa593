"""Code that the hot side and the cold side share. Imports only `sys`, `time` and C built-ins."""
