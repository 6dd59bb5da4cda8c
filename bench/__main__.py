"""`python -m bench NAME`: run one benchmark, print its figures as JSON, the rest to stderr.

It ends with 3 when a benchmark names targets that it has not reached.
"""

import json
import os
import sys
from importlib import import_module

import django

from bench.targets import MISSED

if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the benchmark and its processes print must not end up among the figures
    django.setup()
    figures = import_module(f"bench.{sys.argv[1]}").run()
    print(json.dumps(figures), file=out, flush=True)
    sys.exit(MISSED if figures.get("not_reached") else 0)
