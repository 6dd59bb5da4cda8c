"""`python -m bench NAME`: run one benchmark, print its figures as JSON, the rest to stderr."""

import json
import os
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the benchmark and its processes print must not end up among the figures
    django.setup()
    print(json.dumps(import_module(f"bench.{sys.argv[1]}").run()), file=out)
