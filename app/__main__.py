"""`python -m app` is `insats`."""

import sys

from app.cli import main

sys.exit(main())
