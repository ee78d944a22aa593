"""`python -I -B …/setup/__main__.py`: run by path, from a clone, by whatever Python install.sh found."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from usageline.setup.command import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
