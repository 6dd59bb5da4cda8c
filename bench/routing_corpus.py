"""Posts and rules to measure with: real sentences of a brand's day in 11 languages, rules made from their words."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from typing import Any

SENTENCES = {
    "en": """I can't log in to my account since the update|my order still hasn't arrived and tracking shows nothing
        the app keeps crashing when I open the settings|so much fun with the new colours, really engaging
        how do I change the address of my delivery|refund please, the left earbud is broken
        love the new design, you made my day|is there a student discount for the premium plan
        payment failed twice but the money is gone|the battery drains within an hour, not great""",
    "zh": """我无法登录我的账户，请帮助我|订单到现在还没有发货，怎么回事|更新之后应用一直闪退
        新颜色太好看了，非常喜欢|请问怎么修改收货地址|左边的耳机坏了，我要退款|学生有优惠吗？
        付款失败两次但是钱扣了|电池一个小时就没电了|客服一直打不通，请尽快处理""",
    "ja": """アップデートしてからログインできません|注文した商品がまだ届いていません|アプリを開くとすぐ落ちます
        新しい色がとても気に入りました|配送先の住所を変更したいです|左のイヤホンが壊れたので返金してください
        学生割引はありますか|支払いに失敗したのにお金が引かれました|電池が一時間で切れます|誰か助けてください""",
    "th": """เข้าสู่ระบบไม่ได้ตั้งแต่อัปเดต|สั่งของไปแล้วยังไม่ได้รับเลยค่ะ|แอปค้างตลอดเลย ใครก็ได้ช่วยดูให้หน่อย
        สีใหม่สวยมาก ชอบมากค่ะ|ขอเปลี่ยนที่อยู่จัดส่งได้ไหมคะ|หูฟังข้างซ้ายเสีย ขอคืนเงินได้ไหม
        มีส่วนลดนักศึกษาไหมครับ|จ่ายเงินไม่สำเร็จแต่เงินหายไป|แบตหมดเร็วมาก|ยากมาก ใช้ไม่เป็น""",
    "de": """Seit dem Update kann ich mich nicht mehr anmelden|Meine Bestellung ist immer noch nicht da
        die App stürzt beim Öffnen der Einstellungen ab|die neuen Farben machen richtig Spaß
        Wie ändere ich die Lieferadresse für meine Straße|Bitte um Rückerstattung, der linke Hörer ist kaputt
        gibt es einen Rabatt für Studierende|Zahlung zweimal fehlgeschlagen, das Geld ist trotzdem weg
        der Akku hält keine Stunde|Hilfe, niemand geht ans Telefon""",
    "tr": """Güncellemeden beri hesabıma giriş yapamıyorum|siparişim hâlâ gelmedi, kargo nerede
        uygulama ayarları açınca çöküyor|yeni renkler çok güzel olmuş, bayıldım|teslimat adresimi nasıl değiştiririm
        sol kulaklık bozuk, para iadesi istiyorum|öğrenci indirimi var mı
        ödeme iki kez başarısız oldu ama para çekildi|şarjı bir saatte bitiyor|lütfen yardım edin""",
    "ar": """لا أستطيع تسجيل الدخول إلى حسابي منذ التحديث|لم يصل طلبي حتى الآن وأين الشحنة
        التطبيق يتعطل عند فتح الإعدادات|الألوان الجديدة رائعة وممتعة جداً|كيف أغير عنوان التوصيل
        السماعة اليسرى معطلة وأريد استرداد المبلغ|هل يوجد خصم للطلاب|فشل الدفع مرتين وخصم المبلغ
        البطارية تنفد خلال ساعة|أحتاج مساعدة من فضلكم""",
    "hi": """अपडेट के बाद से मैं लॉगिन नहीं कर पा रहा हूँ|मेरा ऑर्डर अभी तक नहीं आया है|ऐप खोलते ही बंद हो जाता है
        नए रंग बहुत अच्छे लगे|डिलीवरी का पता कैसे बदलें|बायाँ ईयरबड खराब है, पैसे वापस चाहिए
        क्या छात्रों के लिए छूट है|भुगतान दो बार असफल हुआ|बैटरी एक घंटे में खत्म हो जाती है|कृपया मदद करें""",
    "es": """No puedo entrar en mi cuenta desde la actualización|mi pedido todavía no ha llegado
        la aplicación se cierra al abrir los ajustes|me encantan los nuevos colores, qué divertido
        ¿cómo cambio la dirección de envío?|quiero un reembolso, el auricular izquierdo está roto
        ¿hay descuento para estudiantes?|el pago falló dos veces pero cobraron|la batería dura una hora
        ayuda por favor""",
    "ko": """업데이트 이후 로그인이 안 돼요|주문한 상품이 아직 도착하지 않았어요|앱을 열면 바로 꺼져요
        새 색상이 정말 마음에 들어요|배송지 주소를 어떻게 바꾸나요|왼쪽 이어폰이 고장났어요 환불해 주세요
        학생 할인 있나요|결제가 두 번 실패했는데 돈이 나갔어요|배터리가 한 시간이면 닳아요|도와주세요 제발""",
    "vi": """Tôi không thể đăng nhập từ khi cập nhật|đơn hàng của tôi vẫn chưa đến
        ứng dụng bị thoát khi mở cài đặt|màu mới rất đẹp và thú vị|làm sao để đổi địa chỉ giao hàng
        tai nghe bên trái bị hỏng, tôi muốn hoàn tiền|có giảm giá cho sinh viên không
        thanh toán thất bại hai lần nhưng vẫn trừ tiền|pin hết trong một giờ|giúp tôi với""",
}
UNSPACED = {"zh", "ja", "th"}
HANDLES = ("@AcmeHelp", "@acme", "@acme_care", "@AcmeSupport")
EXTRAS = ("😂", "🙏🏽", "❤️", "#help", "#LoveIt", "#CantLogIn", "https://example.com/a/help?x=1", "!!!", "…", "🇩🇪")
# Every third post is English, so that 72 % have letters or signs beyond ASCII, as in real streams.
SHARE_OF_ENGLISH = 0.24
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def sentences(language: str) -> list[str]:
    return [each.strip() for line in SENTENCES[language].splitlines() for each in line.split("|") if each.strip()]


def posts(many: int, seed: int = 1) -> list[str]:
    """Distinct posts of about 86 characters; a quarter carries a handle, some an emoji, a hashtag or a link."""
    chance = random.Random(seed)
    others = [language for language in SENTENCES if language != "en"]
    made: dict[str, None] = {}
    while len(made) < many:
        language = "en" if chance.random() < SHARE_OF_ENGLISH else chance.choice(others)
        made[_post(language, chance)] = None
    return list(made)


def _post(language: str, chance: random.Random) -> str:
    pieces = chance.sample(sentences(language), 2 if language not in UNSPACED else 4)
    if chance.random() < 0.26:
        pieces.insert(0, chance.choice(HANDLES))
    if chance.random() < 0.3:
        pieces.append(chance.choice(EXTRAS))
    if language == "en" and chance.random() < 0.2:
        pieces = [piece.replace("'", "’") for piece in pieces]
    joint = ". " if language not in UNSPACED else "。" if chance.random() < 0.5 else " "
    return joint.join(pieces)


# Whole words of the scripts without spaces, as an admin would choose them.
DENSE_WORDS = (  # noqa: SIM905
    "账户 登录 订单 发货 更新 闪退 颜色 喜欢 地址 耳机 退款 学生 优惠 付款 失败 电池 客服 处理 帮助 "
    "ログイン 注文 商品 アプリ 配送 住所 イヤホン 返金 学生 割引 支払い 電池 助けて 壊れた "
    "เข้าสู่ระบบ อัปเดต แอป ช่วย ที่อยู่ จัดส่ง หูฟัง คืนเงิน ส่วนลด นักศึกษา จ่ายเงิน แบต ยาก"
).split()


def vocabulary(chance: random.Random) -> list[str]:
    """Words and pairs of words of the sentences: what rules find."""
    found: dict[str, None] = {}
    for language in SENTENCES:
        for sentence in sentences(language):
            words = WORD.findall(sentence)
            if language not in UNSPACED:
                long = [word for word in words if len(word) > 4]
                found.update(dict.fromkeys(long))
                found.update(dict.fromkeys(f"{one} {two}" for one, two in pairwise(words)))
    words = [*found, *DENSE_WORDS]
    chance.shuffle(words)
    return words


def invented(many: int, known: list[str], chance: random.Random) -> list[str]:
    """The long tail of a large ruleset: words that begin like those of the posts, as words of one language do."""
    starts = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu".split()  # noqa: SIM905
    more = [
        "帮",
        "退",
        "款",
        "单",
        "货",
        "ログ",
        "配送",
        "ยา",
        "ส่ง",
        "при",
        "вет",
        "مس",
        "دفع",
        "कर",
        "환",
        "불",
        "đơn",
    ]
    made: dict[str, None] = {}
    while len(made) < many:
        parts = chance.choices(starts, k=chance.randint(1, 3)) if chance.random() < 0.7 else chance.choices(more, k=2)
        begin = chance.choice(known)[: chance.randint(2, 9)].rstrip() if chance.random() < 0.8 else ""
        made[begin + "".join(parts) + (f" {chance.choice(starts)}n" if chance.random() < 0.2 else "")] = None
    return list(made)


def rules(many: int, keywords: int, seed: int = 7) -> list[dict[str, Any]]:
    """So many rules with about so many keywords each: most any-of, the rest with all, none, conditions, wildcards."""
    chance = random.Random(seed)
    known = vocabulary(chance)
    tail = invented(many * keywords, known, chance)
    # Large sets know rarer words: with the size, rules that match a post grow in number, but more slowly.
    hitting = 4 * many**0.5 / many
    made = []
    for at in range(many):
        words = tail[at * keywords : (at + 1) * keywords]
        if chance.random() < hitting:
            words[0] = chance.choice(known)
        made.append(_rule(at, words, known, chance))
    return made


def _rule(at: int, words: list[str], known: list[str], chance: random.Random) -> dict[str, Any]:
    rule: dict[str, Any] = {"name": f"rule {at}", "any": words, "team": ("support", "marketing")[at % 2]}
    kind = chance.random()
    if kind < 0.10:
        rule["none"] = [chance.choice(known)]
    elif kind < 0.20:
        rule["all"] = [words.pop()]
    elif kind < 0.25:
        rule["when"] = {"platform": ["x", "instagram"], "kind": ["mention"]}
    elif kind < 0.30:
        words[-1] = f"{words[-1]}*"
    elif kind < 0.35:
        rule["priority"], rule["labels"] = "high", ["trouble"]
    elif kind < 0.37:
        rule["any"] = [*words[:-1], {"all": [words[-1], chance.choice(known)]}]
    return rule


def document(made: list[dict[str, Any]]) -> dict[str, Any]:
    teams = [{"slug": "support", "name": "Support"}, {"slug": "marketing", "name": "Marketing"}]
    return {"teams": teams, "fallback": "support", "rules": made}


def plain_keywords(made: list[dict[str, Any]]) -> list[list[str]]:
    """The keywords under any, per rule, for engines that know nothing else."""
    return [[word.strip("*") for word in rule["any"] if isinstance(word, str)] for rule in made]
