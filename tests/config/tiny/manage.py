"""The management commands that the supervisor calls, over one table; what is told apart is written to stdout."""

import os
import sys
import time
from pathlib import Path

import psycopg

from config.celery import app

MARKS = Path(os.environ["RELAYBOX_DATA"]) / "marks"


def main(command, *args):
    COMMANDS[command](*args)


def migrate(*_args):
    if os.environ.get("TINY_MIGRATE_FAILS"):
        sys.exit("the migration does not fit")
    with MARKS.open("a") as marks:
        marks.write("migrate\n")
    with connection() as line:
        line.execute("create table if not exists django_migrations (id serial)")
        line.execute("insert into django_migrations default values")
        line.execute("create table if not exists note (text text)")


def demo(*_args):
    if os.environ.get("TINY_DEMO_FAILS"):
        sys.exit("no demo today")
    with connection() as line:
        if line.execute("select count(*) from note where text = 'demo'").fetchone() == (0,):
            line.execute("insert into note values ('demo')")
            print("ada / a password")


def collectstatic(*_args):
    with MARKS.open("a") as marks:
        marks.write("collectstatic\n")


def sweep(*_args):
    while True:
        time.sleep(0.2)


def write(text):
    with connection() as line:
        line.execute("insert into note values (%s)", [text])


def read(*_args):
    with connection() as line:
        for (text,) in line.execute("select text from note order by text"):
            print(text)


def undo(*_args):
    """As when somebody migrates backwards by hand."""
    with connection() as line:
        line.execute("delete from django_migrations")


def busy(*_args):
    app.send_task("hold", queue="ingest")


def leave(code):
    sys.exit(int(code))


def hold(path):
    """Stay until the file is there."""
    while not Path(path).exists():
        time.sleep(0.05)


def where(*_args):
    print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], os.environ["RELAYBOX_BASE_URL"])


def connection():
    return psycopg.connect(os.environ["DATABASE_URL"])


COMMANDS = {f.__name__: f for f in (migrate, demo, collectstatic, sweep, write, read, undo, busy, leave, hold, where)}

if __name__ == "__main__":
    main(*sys.argv[1:])
