"""Fuzz one target with atheris, starting with the target's corpus.

Run `python -m tests.faults.content.fuzz.run TARGET SECONDS FOLDER`. New inputs and failures go to
FOLDER; the exit status is 0 without failures.
"""

from __future__ import annotations

import sys

import atheris

from tests.faults.content.fuzz.targets import CORPUS, DICTIONARY, check_of, seeds

MAX_INPUT_BYTES = 4096
TIMEOUT_S = 20
"""For one input; more is a fault, even on a slow machine."""

MAX_MIB = 2048


def main() -> None:
    """Fuzz until the time is up."""
    target, seconds, folder = sys.argv[1:]
    with atheris.instrument_imports(include=["usageline"]):
        check = check_of(target)
        for seed in seeds(target):  # also measure what is imported late
            check(seed.read_bytes())
    words = {
        "max_total_time": seconds,
        "max_len": MAX_INPUT_BYTES,
        "timeout": TIMEOUT_S,
        "rss_limit_mb": MAX_MIB,
        "dict": DICTIONARY,
        "artifact_prefix": folder + "/",
        "print_final_stats": 1,
        "verbosity": 1,
    }
    atheris.Setup(
        [
            sys.argv[0],
            *(f"-{name}={value}" for name, value in words.items()),
            folder,
            str(CORPUS / target),
        ],
        check,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
