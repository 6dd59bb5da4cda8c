"""Every line of the routing language, in every kind of script, as a table."""

from __future__ import annotations

import pytest

from tests.routing.asking import ask, words

MATCHES = [
    # English, and folding in general
    ("help", "Help me", ["Help"]),
    ("HELP", "please help!", ["help"]),
    ("help", "ＨＥＬＰ", ["ＨＥＬＰ"]),
    ("refund", "re\u200bfund", ["re\u200bfund"]),
    ("refund", "re\u00adfund, \u202erefund\u202c", ["re\u00adfund", "refund\u202c"]),
    ("fish", "ﬁsh", ["ﬁsh"]),
    ("help", "(help)", ["help"]),
    ("help", "help/support", ["help"]),
    ("help", "help—now", ["help"]),
    # contractions: one word in all their spellings
    ("can't", "I can't", ["can't"]),
    ("can't", "I can’t", ["can’t"]),
    ("can't", "I cant", ["cant"]),
    ("can't", "I cannot", ["cannot"]),
    ("can't", "I can not", ["can not"]),
    ("can't", "I can`t can´t canʼt can＇t", ["can`t", "can´t", "canʼt", "can＇t"]),
    ("cannot", "I can’t", ["can’t"]),
    ("can’t log in", "I cannot log in", ["cannot log in"]),
    ("can not log in", "I can’t log in", ["can’t log in"]),
    ("it's", "It’s me, 'it's me, it is me", ["It’s", "it's", "it is"]),
    ("let us", "Let's go", ["Let's"]),
    ("i'd", "I'd go, I’d", ["I'd", "I’d"]),
    ("won't", "it will not work", ["will not"]),
    ("amazon", "Amazon's fault", ["Amazon"]),
    ("amazon", "the amazon' thing", ["amazon"]),
    # phrases
    ("log in", "log in", ["log in"]),
    ("log in", "I cannot log\nin", ["log\nin"]),
    ("log in", "log-in", ["log-in"]),
    ("log in", "log ... in", ["log ... in"]),
    # prefix, suffix, anywhere
    ("crash*", "crashed", ["crash"]),
    ("*crash", "gamecrash", ["crash"]),
    ("*crash*", "gamecrashed", ["crash"]),
    # signs count
    ("c++", "I love C++!", ["C++"]),
    ("c++", "C++11", ["C++"]),
    ("50%", "50% off", ["50%"]),
    ("50%", "５０％", ["５０％"]),
    ("c#", "C# please", ["C#"]),
    ("at&t", "AT&T is down", ["AT&T"]),
    (":)", "thanks :)", [":)"]),
    ("help!", "HELP!", ["HELP!"]),
    ("€", "50€", ["€"]),
    (":)", "ok:)", [":)"]),
    ("at&t", "AT&T", ["AT&T"]),
    ("at&t", "at&tx, AT&T", ["AT&T"]),
    ("!", "thanks @ann!", ["!"]),
    ("?", "so #who?", ["?"]),
    ("... b", "#tag... b", ["... b"]),
    ("50%", "150% or 50%", ["50%"]),
    ("50%", "https://example.com/50% is 50%", ["50%"]),
    # hashtags and handles
    ("#loveit", "so good #LoveIt", ["#LoveIt"]),
    ("#loveit", "＃ＬｏｖｅＩｔ", ["＃ＬｏｖｅＩｔ"]),
    ("#love*", "#loveit", ["#love"]),
    ("help", "#help", ["help"]),
    ("help", "@bob help", ["help"]),
    ("log in", "#CantLogIn", ["LogIn"]),
    ("can't", "#cant_log_in", ["cant"]),
    ("log in", "#cant_log_in", ["log_in"]),
    ("cantlogin", "#CantLogIn", ["CantLogIn"]),
    ("covid", "#Covid19", ["Covid"]),
    ("@amazonhelp", "hey @AmazonHelp", ["@AmazonHelp"]),
    ("@amazon*", "hey @AmazonHelp", ["@Amazon"]),
    # emoji
    ("😂", "lol😂😂", ["😂", "😂"]),
    ("👍", "👍🏽", ["👍🏽"]),
    ("❤", "love ❤️", ["❤️"]),
    ("👩‍💻", "a 👩🏾‍💻 here", ["👩🏾‍💻"]),
    ("🇩🇪", "🇩🇪🇫🇷", ["🇩🇪"]),
    ("😂😂", "so 😂 😂", ["😂 😂"]),
    # word forms
    ("run~", "she runs, running late", ["runs", "running"]),
    ("laufen~de", "sie laufen, er laufe", ["laufen", "laufe"]),
    ("cancelar~es", "cancelación, cancelado", ["cancelación", "cancelado"]),
    # expressions
    ("/gr+eat/", "GRRREAT", ["GRRREAT"]),
    (r"/order #?\d{5}/", "my Order #12345 is", ["Order #12345"]),
    ("/café/", "at the CAFÉ", ["CAFÉ"]),
    # Chinese
    ("帮助", "请帮助我", ["帮助"]),
    ("帮助", "请帮助我，帮助！", ["帮助", "帮助"]),
    ("iphone", "買iPhone了", ["iPhone"]),
    ("幫忙", "可以幫忙嗎?", ["幫忙"]),
    ("帮助", "#帮助#", ["帮助"]),
    # Japanese
    ("助けて", "誰か助けてください", ["助けて"]),
    ("ガラス", "ｶﾞﾗｽが割れた", ["ｶﾞﾗｽ"]),
    ("できない", "ログインできない", ["できない"]),
    ("返金", "返金をお願いします", ["返金"]),
    ("の 本", "あれの 本です", ["の 本"]),
    ("の", "本 の本", ["の"]),
    # Thai
    ("ยาก", "มันยากมาก", ["ยาก"]),
    ("*ยาก*", "อยาก", ["ยาก"]),
    ("*ยาก", "อยากได้", ["ยาก"]),
    ("ยา*", "มันยากมาก", ["ยา"]),
    ("ช่วย", "ใครก็ได้ช่วยดูให้หน่อย", ["ช่วย"]),
    # ICU counts the emoji between the hits as two
    ("ยาก", "มันยากมาก 😂 มันยากมาก", ["ยาก", "ยาก"]),
    # Lao and Khmer
    ("ຄຳຖາມ", "ຂ້ອຍມີຄຳຖາມ", ["ຄຳຖາມ"]),
    ("ນ້ຳ", "ນ້ຳ。ນ້ຳ", ["ນ້ຳ", "ນ້ຳ"]),
    ("ជួយ", "សូមជួយខ្ញុំ", ["ជួយ"]),
    # German
    ("straße", "STRASSE", ["STRASSE"]),
    ("strasse", "die Straße", ["Straße"]),
    ("Hilfe", "HILFE!", ["HILFE"]),
    ("zurück", "zurück", ["zurück"]),
    # Turkish: İ, I, ı and i are one letter
    ("istanbul", "İSTANBUL", ["İSTANBUL"]),
    ("ısı", "ISI", ["ISI"]),
    ("istanbul", "İstanbul'da", ["İstanbul"]),
    ("iade", "İADE istiyorum", ["İADE"]),
    # Arabic: vowel points and tatweel aside
    ("مساعدة", "أحتاج مُسَاعَدَة", ["مُسَاعَدَة"]),
    ("مساعدة", "مســاعدة", ["مســاعدة"]),
    # Hindi: vowel signs are letters
    ("किया", "मैंने किया", ["किया"]),
    ("मदद", "मदद चाहिए।", ["मदद"]),
    # Spanish
    ("no puedo", "¡No puedo entrar!", ["No puedo"]),
    ("cancelación", "CANCELACION", ["CANCELACION"]),
    ("ano", "el año", ["año"]),
    # Korean
    ("환불", "환불 요청", ["환불"]),
    ("환불*", "환불을 원해요", ["환불"]),
    ("도움", "도움", ["도움"]),
    # Vietnamese, composed and not
    ("không thể", "Tôi không thể đăng nhập", ["không thể"]),
    ("hỗ trợ", "hô\u0303 trơ\u0323", ["hô\u0303 trơ\u0323"]),
    # what the author wrote above, between or below a quote
    ("help", "help me\nOn Mon, 3 May 2026, Bob wrote:\nold text", ["help"]),
    ("help", "On Mon, 3 May 2026, Bob wrote:\n> old text\nplease help", ["help"]),
    ("help", "please help\n-- \nBob", ["help"]),
    ("help", "As I wrote:\nhelp", ["help"]),
    ("help", "thanks RT @bob: old\n".replace("thanks", "help"), ["help"]),
    # Greek and Cyrillic
    ("ΟΔΟΣ", "οδός", ["οδός"]),
    ("еще", "Ещё раз", ["Ещё"]),
    # French and Italian elision
    ("aide", "besoin de l’aide", ["aide"]),
    ("aide", "J'ai besoin d'aide", ["aide"]),
    ("aiuto", "un po' d'aiuto", ["aiuto"]),
]
MISSES = [
    ("help", "helpful"),
    ("help", "unhelp"),
    ("can", "I can't"),
    ("can", "I can’t"),
    ("its", "it's"),
    ("it", "it's"),
    ("let", "let's"),
    ("he", "he'd"),
    ("we're", "they were"),
    ("log in", "login"),
    ("log in", "in log"),
    ("log in", "log @bob in"),
    ("crash*", "gamecrash"),
    ("*crash", "crashed"),
    ("50%", "50 off"),
    ("50%", "150%"),
    ("c++", "abc++"),
    ("c++", "c"),
    ("#loveit", "loveit"),
    ("#loveit", "#loveitall"),
    ("help", "@AmazonHelp"),
    ("help", "@help"),
    ("amazonhelp", "@AmazonHelp"),
    ("*help*", "@AmazonHelp"),
    ("@amazon", "amazon"),
    ("@amazon", "@amazonhelp"),
    ("help", "x.com/help"),
    ("help", "see https://x.com/help?help=help"),
    ("help", "www.help.org"),
    ("help", "help.example.com"),
    ("help", "mail help@example.com"),
    ("example", "mail help@example.com"),
    ("help", "RT @bob: help me"),
    ("help", "On Mon, 3 May 2026 at 10:00, Bob <bob@example.com> wrote:\n> help me\n> please"),
    ("help", "On Mon, 3 May 2026 at 10:00, Bob <bob@example.com> wrote:\nhelp me\nplease"),
    ("help", "Am 03.05.2026 um 10:00 schrieb Bob <bob@example.com>:\n\nhelp me"),
    ("help", "On Mon, 3 May 2026 at 10:00, Bob from Help Desk\n<bob@example.com> wrote:\n> x"),
    ("help", "El 3 may 2026, Bob escribió:\nhelp me"),
    ("help", "thanks\n> help me\nbye"),
    ("thanks bye", "thanks\n> help me\nbye"),
    ("help", "---------- Forwarded message ---------\nhelp"),
    ("help", "see\n________________________________\nFrom: Bob\nhelp"),
    ("help", "my words RT @bob: help me"),
    ("help", "-----Original Message-----\nFrom: Bob\nhelp me"),
    ("help", "thanks\n-- \nBob from help desk"),
    ("iphone", "Thanks\nSent from my iPhone"),
    ("👩", "👨‍👩‍👧"),
    ("🇪🇸", "🇩🇪🇸🇪"),
    ("ยาก", "อยาก"),
    ("ยา", "ยากมาก"),
    ("ยา*", "อยาก"),
    ("帮助", "帮 助"),
    ("iphone", "買iPhones了"),
    ("किय", "किया"),
    ("환불", "환불을"),
    ("run~", "rung"),
    ("c", "cc"),
    ("год", "года"),
]


@pytest.mark.parametrize(("keyword", "text", "found"), MATCHES)
def test_keyword_finds_exactly_these_words(keyword: str, text: str, found: list[str]) -> None:
    assert words(keyword, text) == found


@pytest.mark.parametrize(("keyword", "text"), MISSES)
def test_keyword_is_not_in_this_text(keyword: str, text: str) -> None:
    assert words(keyword, text) == []


def test_of_several_expressions_and_signs_each_finds_its_own() -> None:
    kinds = ["/gr+eat/", "/lo+ve/", "at&t", "50%", ":)"]
    for text in ("grrreat", "looove", "at&t", "50%", ":)"):
        decision = ask(text, *({"name": kind, "any": [kind], "team": "marketing"} for kind in kinds))
        assert [hit.text for hit in decision.hits] == [text]
        assert decision.matched == ()


def test_a_word_between_breaks_is_found_beside_many_others() -> None:
    others = [one + other for one in "กขคง" for other in "กขคง"]
    decision = ask("มันยากมาก", {"any": [*others, "ยาก"], "team": "marketing"})
    assert [hit.text for hit in decision.hits] == ["ยาก"]
