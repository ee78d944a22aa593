"""The model of plan usage and all that is computed from it: pure, no files, no clock, no network."""
