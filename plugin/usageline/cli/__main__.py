"""What the installed `usageline` runs: by path, so that it has a sentence to say where its environment is another Python's."""

import os
import sys

if not __package__:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

try:
    from usageline.cli.main import main
except ImportError as error:
    sys.exit(
        f"usageline: {error}: the program is not whole, or its Python is another one now; run install.sh again"
    )

if __name__ == "__main__":
    main()
