"""What somebody else wrote is left aside: retweets, quoted mail in many languages, dividers, closing lines."""

from __future__ import annotations

import pytest

from routing.engine.quotes import may_quote, may_quote_unfolded
from routing.engine.wordbook import fold, trace


def words(text: str) -> list[str]:
    """What is left of a text, with "|" for each part that is not the author's; both folds have to agree."""
    folded, limit = fold(text)
    assert (trace(text).text, trace(text).limit) == (folded, limit)
    return folded.replace("\x05", "|").split()


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("rt @bob: help", ["|"]),
        ("RT@bob: help", ["|"]),
        ("  rt @bob: help", ["|"]),
        ("      rt @bob: help", ["|"]),
        ("see RT @bob: help", ["see", "|"]),
        ("see MT@bob: help", ["see", "|"]),
        ("see QT @bob help", ["see", "|"]),
        ("see RT @bob@example.social: help", ["see", "|"]),
        ("see RT @ann: one @bob", ["see", "|"]),
        ("@ann RT @bob: help", ["|", "|", "@ann"]),
        ("@ann see @bob RT @cid: help", ["|", "see", "|", "|", "@ann", "@bob"]),
        # the same once they are under NFKC
        ("ＲＴ @bob: help", ["|"]),
        ("\u3000ｒt @bob: help", ["|"]),
        ("see ＲＴ＠bob: help", ["see", "|"]),
        ("see Ｒ\uff34 @bob: help", ["see", "|"]),
        ("see RT\u00a0@bob: help", ["see", "|"]),
        ("see RＴ@bob: help", ["see", "|"]),
        ("see RT﹫bob: help", ["see", "|"]),
        ("see RT ﹫bob: help", ["see", "|"]),
        # no retweets
        ("RT help", ["rt", "help"]),
        ("art@bob help", ["art", "bob", "help"]),
        ("see rt @bob: help", ["see", "rt", "|", "help", "@bob"]),
    ],
)
def test_retweeted_text(text: str, own: list[str]) -> None:
    assert words(text) == own


@pytest.mark.parametrize(
    "text",
    ["hi @ann", "@ann hi", "X@bob", "MX @bob", "T.@bob", "T  @bob", "it @bob", "t@bob", "hi T, @bob and @ann", ""],
)
def test_most_texts_need_no_closer_look(text: str) -> None:
    assert not may_quote_unfolded(text)
    assert not may_quote(text)


@pytest.mark.parametrize("text", ["a\nb", "a T @b", "aT@b", "rt", " Rt", "@a T@b", "@a T @b @c"])
def test_some_texts_do(text: str) -> None:
    assert may_quote_unfolded(text)
    assert may_quote(text)


@pytest.mark.parametrize("text", ["a＠b", "a﹫b", "ｒt @a", "Ｒt @a", "ⓡt", "aＴ@b", "aＴ @b", "a™@b", "a\u2003@b"])
def test_so_do_texts_that_may_quote_under_nfkc(text: str) -> None:
    assert may_quote_unfolded(text)


@pytest.mark.parametrize("text", ["助@b", "é @b", "ñt", "ü"])
def test_other_letters_need_none(text: str) -> None:
    assert not may_quote_unfolded(text)


WROTE = [
    "On Mon, 4 May 2026 at 10:00, Bob <bob@example.com> wrote:",
    "Am Mo., 4. Mai 2026 um 10:00 Uhr schrieb Bob <bob@example.com>:",
    "Le lun. 4 mai 2026 à 10:00, Bob <bob@example.com> a écrit :",
    "El lun, 4 may 2026 a las 10:00, Bob (<bob@example.com>) escribió:",
    "Em seg., 4 de mai. de 2026 às 10:00, Bob <bob@example.com> escreveu:",
    "Il giorno lun 4 mag 2026 alle ore 10:00 Bob <bob@example.com> ha scritto:",
    "Op ma 4 mei 2026 om 10:00 schreef Bob <bob@example.com>:",
    "Den mån 4 maj 2026 kl 10:00 skrev Bob <bob@example.com>:",
    "Bob <bob@example.com>, 4 May 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "Vào Th 2, 4 thg 5, 2026 vào lúc 10:00 Bob <bob@example.com> đã viết:",
    "4 мая 2026 г., в 10:00, Bob <bob@example.com> написал(а):",
    "4 мая 2026 г., в 10:00, Bob <bob@example.com> написала:",
    "пн, 4 трав. 2026 р. о 10:00 Bob <bob@example.com> пише:",
    "pon., 4 maj 2026 o 10:00 Bob <bob@example.com> napisał(a):",
    "ma 4. toukok. 2026 klo 10.00 Bob (bob@example.com) kirjoitti:",
    "Bob <bob@example.com> 于2026年5月4日周一 10:00写道：",
    "Bob <bob@example.com> 於 2026年5月4日 週一 上午10:00寫道：",
    "2026年5月4日(月) 10:00 Bob <bob@example.com>のメール:",
    "2026년 5월 4일 (월) 오전 10:00, Bob <bob@example.com>님이 작성:",
    "في الاثنين 4 مايو 2026 في 10:00 Bob <bob@example.com> كتب:",
    "ในวันที่ จ. 4 พ.ค. 2026 เวลา 10:00 Bob <bob@example.com> เขียนว่า:",
    "सोम, 4 मई 2026 को 10:00 बजे को Bob <bob@example.com> ने लिखा:",
]


@pytest.mark.parametrize("line", WROTE)
def test_mail_quoted_below_the_line_that_says_who_wrote_it(line: str) -> None:
    assert words(f"yes\n{line}\nhelp me") == ["yes", "|"]
    # Under a quote that is marked the author may have answered.
    assert words(f"yes\n{line}\n\n> help me\nthanks") == ["yes", "|", "|", "thanks"]


LONG = "and so on " * 40


@pytest.mark.parametrize(
    ("text", "own"),
    [
        # a colon, but nobody wrote on a day or from an address
        ("As Bob wrote:\nhelp", "as bob wrote help"),
        ("On 4 May I thought:\nhelp", "on 4 may i thought help"),
        ("yes\n> On 4 May Bob wrote:\nhelp", "yes | help"),
        # the first of several
        ("a\nOn 4 May Bob wrote:\nb\nOn 5 May Ann wrote:\nc", "a |"),
        ("I thought:\nb\nOn 5 May Ann wrote:\nc", "i thought b |"),
        ("As Bob wrote:\nb\nOn 5 May Ann wrote:\nc", "as bob wrote b |"),
        # it begins on the line before, where the day or the address stands
        ("a\nOn 4 May 2026\nBob Miller wrote:\nhelp", "a |"),
        ("a\nOn 4 May Bob from Help\n<bob@example.com> wrote:\nhelp", "a |"),
        ("a\nOn 4 May Bob from Help\n <bob@example.com> wrote:\nhelp", "a |"),
        ("On 4 May 2026\nBob Miller wrote:\nhelp", "|"),
        ("4\n\nBob Miller wrote:\nhelp", "4 bob miller wrote help"),
        ("4\na\nBob Miller wrote:\nhelp", "4 a bob miller wrote help"),
        ("b\n4\na\nBob Miller wrote:\nhelp", "b 4 a bob miller wrote help"),
        # not from further away than such a line is long
        (f"4 {LONG}\nBob Miller wrote:\nhelp", f"4 {LONG.strip()} bob miller wrote help"),
        (f"order 4711\n{LONG}\nBob Miller wrote:\nhelp", f"order 4711 {LONG.strip()} bob miller wrote help"),
        (f"order 4711\n4 {LONG}\nBob Miller wrote:\nhelp", f"order 4711 4 {LONG.strip()} bob miller wrote help"),
        (f"yes\n4 {LONG} Bob wrote:\nhelp", f"yes 4 {LONG.strip()} bob wrote help"),
        (f"{LONG}\nOn 4 May\nBob Miller wrote:\nhelp", f"{LONG.strip()} |"),
        (f"a\n4{'x' * 298}\nBob Miller wrote:\nhelp", "a |"),
        (f"a\n4{'x' * 299}\nBob Miller wrote:\nhelp", f"a 4{'x' * 299} bob miller wrote help"),
        # marked below, after some white space, or not
        ("On 4 May Bob wrote:\n\n \t> b\nyes", "| | yes"),
        ("On 4 May Bob wrote:\n\nb\n> c\nyes", "|"),
        ("On 4 May Bob wrote:", "on 4 may bob wrote"),
        ("yes\nOn 4 May Bob wrote:", "yes |"),
    ],
)
def test_who_wrote_it(text: str, own: str) -> None:
    assert words(text) == own.split()


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----", "---------- Forwarded message ---------", "-----Ursprüngliche Nachricht-----",
        "-----Message d'origine-----", "-----Mensaje original-----", "-----Mensagem original-----",
        "-----原始邮件-----", "-----原始郵件-----", "---------- 転送メッセージ ---------", "-- ", "--",
        "________________________________\nFrom: Bob", "____________________\n\n*Von:* Bob",
    ],
)  # fmt: skip
def test_everything_below_a_divider(line: str) -> None:
    assert words(f"yes\n{line}\nhelp me") == ["yes", "|"]


@pytest.mark.parametrize("line", ["---", "----- or so -----", "-- yes", "__________\nFrom: Bob", "_" * 30])
def test_other_lines_divide_nothing(line: str) -> None:
    assert words(f"yes\n{line}\nhelp me")[-2:] == ["help", "me"]


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone", " sent via the app", "Get Outlook for iOS", "Von meinem iPhone gesendet",
        "Enviado desde mi iPhone", "Enviado do meu iPhone", "Envoyé de mon iPhone", "Inviato da iPhone",
        "발신: 내 iPhone", "从我的iPhone发送", "從我的iPhone傳送",
    ],
)  # fmt: skip
def test_the_line_that_a_device_adds(line: str) -> None:
    assert words(f"yes\n{line}") == ["yes", "|"]
    assert words(f"yes\n{line}\nno") == ["yes", "|", "no"]
    assert len(words(f"yes {line}\nno")) > 3
