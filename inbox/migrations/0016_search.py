"""What finds words: full text (with pairs of characters for scripts without spaces) and, where allowed, trigrams."""

from django.db import migrations

from inbox import trigrams
from inbox.trigrams import SEARCHED

# Scripts that put no spaces between words. Every two neighbours are a term, so that 退款 is found inside 請退款給我.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TERMS = f"""
CREATE OR REPLACE FUNCTION inbox_terms(words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('pg_catalog.simple'::regconfig, left(words, 20000)) || CASE WHEN words ~ '[{UNSPACED}]' THEN (
    SELECT coalesce(array_to_tsvector(array_agg(DISTINCT substr(lower(words), place, 2))), ''::tsvector)
    FROM generate_series(1, least(length(words), 20000)) AS place
    WHERE substr(words, place, 1) ~ '[{UNSPACED}]'
  ) ELSE ''::tsvector END
$$
"""


def make_terms(apps, editor):
    editor.execute(TERMS, params=None)
    for name, (table, column, rows) in SEARCHED.items():
        editor.execute(f"CREATE INDEX {name} ON {table} USING gin (inbox_terms({column})) WHERE {rows}", params=None)


def drop_terms(apps, editor):
    for name in SEARCHED:
        editor.execute(f"DROP INDEX IF EXISTS {name}")
    editor.execute("DROP FUNCTION IF EXISTS inbox_terms(text)")


def make_trigrams(apps, editor):
    """Trigrams find half words. Whose database does not let us have them finds beginnings of words instead."""
    if trigrams.allow(editor.connection):
        trigrams.make(editor.connection)
        return
    print(
        "\n  pg_trgm is not allowed here: search finds the beginnings of words, not their middles. Once somebody has "
        "run CREATE EXTENSION pg_trgm, `manage.py searchindexes` makes what is missing."
    )


def drop_trigrams(apps, editor):
    for name in SEARCHED:
        editor.execute(f"DROP INDEX IF EXISTS {name}_parts")


class Migration(migrations.Migration):
    dependencies = [("inbox", "0015_web_push")]

    operations = [
        migrations.RunPython(make_terms, drop_terms),
        migrations.RunPython(make_trigrams, drop_trigrams),
    ]
