"""One reading for all machines of an account, on a Redis or Valkey server.

`refresh/sharing.py` uses it in a refresh, and `cli/shared.py` on command.
"""
