"""Faults of the transcripts and of their index."""
