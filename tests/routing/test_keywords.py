"""What a keyword as written looks for: its kind, its patterns, and the ends at which a hit is checked."""

from __future__ import annotations

import pytest

from routing.engine.keywords import parse

ATOMS: list[tuple[str, list[tuple[str, str, int]], bool]] = [
    ("help", [("word", " help ", 0)], False),
    ("log in", [("word", " log in ", 0)], False),
    ("straße", [("word", " strasse ", 0)], False),
    ("crash*", [("word", " crash", 0)], False),
    ("*crash", [("word", "crash ", 0)], True),
    ("*crash*", [("word", "crash", 0)], True),
    ("ยาก", [("word", "ยาก", 3)], False),
    ("ยาก*", [("word", "ยาก", 1)], False),
    ("*ยาก", [("word", "ยาก", 2)], False),
    ("帮助", [("word", "帮助", 0)], False),
    ("*帮", [("word", "帮", 0)], False),
    ("x助", [("word", " x 助", 0)], False),
    ("助x", [("word", "助 x ", 0)], False),
    ("の本", [("word", "の本", 1)], False),
    ("本の", [("word", "本の", 2)], False),
    ("😂", [("word", " 😂 ", 0)], False),
    ("can't", [("word", f" {each} ", 0) for each in ("can't", "cant", "cannot", "can not")], False),
    ("can't*", [("word", " can't", 0)], False),
    ("„help“", [("word", " help ", 0)], False),
    ('" help "', [("word", " help ", 0)], False),
    ("#LoveIt", [("name", " # loveit ", 0)], False),
    ("Xbox*", [("word", " xbox", 0)], False),
    ("@boX", [("name", " @box ", 0)], False),
    ("＃Love*", [("name", " # love", 0)], False),
    ("@Acme", [("name", " @acme ", 0)], False),
    ("＠acme*", [("name", " @acme", 0)], False),
    ("@Bob@example.social", [("name", " @bob ", 0)], False),
    ("@bob.-", [("name", " @bob ", 0)], False),
    ("#1", [("symbol", "#1", 2)], False),
    ("*#tag", [("symbol", "#tag", 2)], True),
    ("c++", [("symbol", "c++", 1)], False),
    ("*c++", [("symbol", "c++", 0)], True),
    ("50%*", [("symbol", "50%", 1)], False),
    (":)", [("symbol", ":)", 0)], False),
    ("help!", [("symbol", "help!", 1)], False),
    ("!help", [("symbol", "!help", 2)], False),
    ("at&t", [("symbol", "at&t", 3)], False),
    ("at&t*", [("symbol", "at&t", 1)], False),
    ("助+", [("symbol", "助+", 0)], False),
    ("+助", [("symbol", "+助", 0)], False),
    ("a-b", [("word", " a b ", 0)], False),
    ("'help'", [("word", " help ", 0)], False),
    ("Running~", [("stem", "en run", 0)], False),
    ("laufen~de", [("stem", "de lauf", 0)], False),
    ("~en", [("symbol", "~en", 2)], False),
    ("/Gr+eat/", [("regex", "Gr+eat", 0)], False),
    ("//", [("symbol", "//", 0)], False),
    ("/a", [("symbol", "/a", 2)], False),
]


@pytest.mark.parametrize(("keyword", "atoms", "wild"), ATOMS)
def test_what_a_keyword_looks_for(keyword: str, atoms: list[tuple[str, str, int]], wild: bool) -> None:
    read_ = parse(f" {keyword}\n", field="f")
    assert [tuple(atom) for atom in read_.atoms] == atoms
    assert (read_.wild, read_.kind, read_.source) == (wild, atoms[0][0], f" {keyword}\n")
