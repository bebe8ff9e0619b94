"""`python -m ghviz`."""

import sys

from ghviz.cli import main

sys.exit(main())
