"""How long a visitor waits for the first drawn frame of the default page.

    python benchmarks/first_picture.py [--cold 3] [--warm 5]

Cold: from starting the server's process (the browser runs already, its cache is empty). Warm: the same
server, from the address typed to the frame: a new visitor with an empty cache, then the same one again.
"""

from __future__ import annotations

import argparse
import statistics
import time

from browser import ROOT, chromium, server, visitor, wait_for_frame, wait_for_server
from report import machine, spread, verdict

LIMIT_COLD_S = 10.0
LIMIT_WARM_S = 3.0


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cold", type=int, default=3)
    parser.add_argument("--warm", type=int, default=5)
    asked = parser.parse_args()
    print(machine())
    cold: list[float] = []
    new: list[float] = []
    again: list[float] = []
    with chromium() as browser:

        def visit(address: str, times: list[float], *, begun: float | None = None) -> None:
            begun = time.perf_counter() if begun is None else begun
            page.goto(address, wait_until="commit")
            wait_for_frame(page)
            times.append(time.perf_counter() - begun)

        for turn in range(asked.cold):
            started = time.perf_counter()
            with server(ROOT / "app.py") as address, visitor(browser) as context:
                page = context.new_page()
                wait_for_server(address)
                visit(address, cold, begun=started)
                for _ in range(asked.warm if turn == asked.cold - 1 else 0):
                    with visitor(browser) as newcomer:
                        page = newcomer.new_page()
                        visit(address, new)
                        visit(address, again)
    print(f"cold            {spread(cold)} s")
    print(f"warm, no cache  {spread(new)} s")
    print(f"warm, cache     {spread(again)} s")
    print(f"first picture cold: {verdict(statistics.median(cold), LIMIT_COLD_S, unit='s')}")
    print(f"first picture warm: {verdict(statistics.median(new), LIMIT_WARM_S, unit='s')}")


if __name__ == "__main__":
    main()
