"""The operating system: files, locks, processes, terminals and trust. Standard library only, but for the lock."""
