"""`insats serve` with another build of the front end than the checkout's: the folder is named in `FRONT`."""

import os
import sys
from pathlib import Path

from app import main
from app.cli import main as command

FRONT = "INSATS_TEST_FRONT"

if __name__ == "__main__":
    main.STATIC = Path(os.environ[FRONT]).resolve()
    sys.exit(command(["serve"]))
