"""Run setup by path from a clone: `python -I -B …/setup/__main__.py`.

install.sh does this with the Python that it found.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from usageline.setup.command import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
