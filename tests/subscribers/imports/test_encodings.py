"""In which encoding a file is: nobody loses a letter of their name."""

from __future__ import annotations

import pytest

from subscribers.imports.encodings import detect_encoding

FRENCH = "E-mail;Prénom\nann@example.com;Hélène\nben@example.com;Zoë\ncleo@example.com;François\n"
GERMAN = "E-Mail;Vorname;Ort\nann@example.com;Jürgen;Köln\nben@example.com;Käthe;München\n"
SPANISH = "Correo;Nombre\nann@example.com;José\nben@example.com;Muñoz\ncleo@example.com;Íñigo\n"
POLISH = "E-mail;Imię\nann@example.com;Łukasz\nben@example.com;Żaneta\ncleo@example.com;Małgorzata\n"
RUSSIAN = "Почта;Имя;Рассылка\nann@example.com;Иван;да\nben@example.com;Мария;нет\n"
JAPANESE = "メール,名前\nann@example.com,山田太郎\nben@example.com,鈴木花子\n"
# With few letters beyond ASCII, as of people who write their names in it.
SHEETS = {
    "ja": "名,姓,メールアドレス,配信状態\nAnn,Lee,ann@example.com,配信中\nBen,Ray,ben@example.com,配信停止\n",
    "ko": "이름,성,이메일 주소,상태\nAnn,Lee,ann@example.com,활성\n",
    "he": "שם פרטי,שם משפחה,סטטוס\nAnn,ann@example.com,פעיל\n",
    "cs": "Jméno;Příjmení;E-mail\nAnn;Lee;ann@example.com\nMiloš;Říha;milos@example.com\n",
    "hu": "Vezetéknév;Keresztnév;Állapot\nErdős;Ann;aktív\n",
    "tr": "Adı;Soyadı;E-posta\nAnn;Lee;ann@example.com\nBen;Işık;ben@example.com\n",
}
CHINESE = "邮箱,姓名\nann@example.com,王伟\nben@example.com,李娜\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *[(text, encoding) for text in (FRENCH, GERMAN, SPANISH) for encoding in ("cp1252", "mac_roman")],
        *[(text, "utf-8") for text in (FRENCH, POLISH, RUSSIAN, JAPANESE)],
        *[(text, encoding) for text in (FRENCH, GERMAN) for encoding in ("utf-16", "utf-16-le", "utf-16-be")],
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (JAPANESE, "shift_jis"),
        (SHEETS["ja"], "cp932"),
        (SHEETS["ko"], "cp949"),
        (SHEETS["he"], "cp1255"),
        (SHEETS["cs"], "cp1250"),
        (SHEETS["tr"], "cp1254"),
        (SHEETS["cs"], "cp852"),
        (SHEETS["hu"], "cp1250"),
        (CHINESE, "gb18030"),
    ],
)
def test_a_file_is_read_as_it_was_written(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert data.decode(detect_encoding(data)).lstrip("\ufeff") == text


def test_a_character_that_is_cut_off_at_the_end_of_the_sample_is_no_fault() -> None:
    assert detect_encoding("email\nHélène".encode()[:-3]) == "utf-8-sig"


def test_utf8_with_stray_bytes_stays_utf8() -> None:
    assert detect_encoding("Hélène;".encode() + b"Zo\xeb") == "utf-8-sig"


def test_binary_data_is_not_taken_for_a_wide_encoding() -> None:
    assert detect_encoding(b"\x00\x01\x00\x00\x07" * 50) == "utf-8-sig"
