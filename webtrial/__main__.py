"""`python -m webtrial`: the command line."""

import sys

from webtrial.cli import main

if __name__ == "__main__":
    sys.exit(main())
