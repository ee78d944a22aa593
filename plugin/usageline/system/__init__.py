"""The operating system: files, locks, processes, terminals and trust.

Only `lock.hold` needs a package; the rest uses the standard library.
"""
