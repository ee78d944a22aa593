"""Model plan usage and compute everything from it. Pure: no files, no clock, no network."""
