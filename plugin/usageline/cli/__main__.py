"""`python -m usageline.cli`: what the installed `usageline` runs."""

from usageline.cli.main import main

if __name__ == "__main__":
    main()
