"""`python -m ghviz`."""

import os
import sys

from ghviz.cli import main

code = main()
if int(os.environ.get("WORLD_SIZE", "1")) > 1:  # one of torchrun's processes
    from ghviz.train.ranks import end_process

    end_process(code)
sys.exit(code)
