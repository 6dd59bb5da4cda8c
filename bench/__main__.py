"""`python -m bench NAME`: run one benchmark, print its figures as JSON, the rest to stderr."""

import json
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    django.setup()
    print(json.dumps(import_module(f"bench.{sys.argv[1]}").run()), file=out)
