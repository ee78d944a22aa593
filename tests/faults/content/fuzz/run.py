"""`python -m tests.faults.content.fuzz.run TARGET SECONDS FOLDER`: the coverage-guided fuzzer (atheris) on one target, starting from its corpus.

What it finds new goes to FOLDER, and so does an input that the target does not hold against; the exit status is 0 where there is none.
"""

from __future__ import annotations

import sys

import atheris

from tests.faults.content.fuzz.targets import CORPUS, DICTIONARY, check_of, seeds

LONGEST_INPUT = 4096
LONGEST_S = 20
"""Of one input; longer is a fault, however slow the machine."""

MOST_MIB = 2048


def main() -> None:
    """Fuzz until the time is up."""
    target, seconds, folder = sys.argv[1:]
    with atheris.instrument_imports(include=["usageline"]):
        check = check_of(target)
        for seed in seeds(target):  # what is imported only on the way is measured, too
            check(seed.read_bytes())
    words = {
        "max_total_time": seconds,
        "max_len": LONGEST_INPUT,
        "timeout": LONGEST_S,
        "rss_limit_mb": MOST_MIB,
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
