"""Pictures from strangers, made anew: decoded and encoded again in a process of its own with little to break.

What comes out holds pixels and nothing else: no EXIF with the place it was taken, no second file hidden
behind the first. A decompression bomb meets the limits of the process instead of the worker.
"""

from __future__ import annotations

import subprocess
import sys

TYPES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
PATIENCE = 20  # seconds
MEMORY = 1024 * 1024 * 1024  # bytes of address space
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 4096  # pixels

WORK = f"""
import io, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, ({PATIENCE}, {PATIENCE}))
from PIL import Image, ImageOps
Image.MAX_IMAGE_PIXELS = {MOST_PIXELS}
import warnings
warnings.simplefilter("error", Image.DecompressionBombWarning)
form, side = sys.argv[1], int(sys.argv[2])
image = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=[form])
image = ImageOps.exif_transpose(image)
image.thumbnail((side, side))
clean = Image.new(image.mode, image.size)
if image.mode == "P":
    clean.putpalette(image.getpalette())
clean.paste(image)
if "transparency" in image.info and image.mode == "P":
    clean.info["transparency"] = image.info["transparency"]
clean.save(sys.stdout.buffer, format=form)
"""


class Unreadable(Exception):
    """It is not the picture it says it is, or too large to look at."""


def remake(body: bytes, type_: str, side: int = LONGEST_SIDE) -> bytes:
    """The same picture without anything but its pixels, at most so many wide and high. Raises Unreadable."""
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-c", WORK, TYPES[type_], str(side)],
            input=body,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable("it takes too long to decode") from error
    if done.returncode or not done.stdout:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no picture"]
        raise Unreadable(last[0][:200])
    return done.stdout
