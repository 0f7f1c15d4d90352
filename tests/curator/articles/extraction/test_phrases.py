"""Bylines, credits and names of papers, as they are written."""

from __future__ import annotations

import pytest

from newsletter.curator.articles.extraction import phrases


@pytest.mark.parametrize(
    ("written", "caption", "name"),
    [
        ("The clock. Kim Example/Getty Images", "The clock.", "Kim Example/Getty Images"),
        ("The clock (AP Photo/Kim Example)", "The clock", "AP Photo/Kim Example"),
        ("The clock at noon. REUTERS/Kim Example", "The clock at noon.", "REUTERS/Kim Example"),
        ("The clock at noon. Photograph: Kim Example/Reuters", "The clock at noon.", "Kim Example/Reuters"),
        ("Kim Example / AFP via Getty Images", "", "Kim Example / AFP via Getty Images"),
        (
            "Die Uhr am Mittag. picture alliance / dpa / Kim Example",
            "Die Uhr am Mittag.",
            "picture alliance / dpa / Kim Example",
        ),
        ("L'horloge à midi. Crédit : Kim Exemple", "L'horloge à midi.", "Kim Exemple"),
        ("El reloj. (Foto: Kim Ejemplo)", "El reloj.", "Kim Ejemplo"),
        ("O relógio (Foto: Arquivo da Cidade)", "O relógio", "Arquivo da Cidade"),
        ("Часы в полдень. Фото: Ким Пример", "Часы в полдень.", "Ким Пример"),
        ("正午の時計。写真：山田太郎", "正午の時計。", "山田太郎"),
        ("The clock. © Foto: Kim Example", "The clock.", "Kim Example"),
        (
            "The clock, left. (Photos by Kim Example, left, and Bo Sample/AP)",
            "The clock, left.",
            "Kim Example, left, and Bo Sample/AP",
        ),
        ("The clock (right)", "The clock (right)", ""),
        ("The clock of the Lake Society (LS)", "The clock of the Lake Society (LS)", ""),
        ("Mayor Ann Example Meets AP", "Mayor Ann Example Meets AP", ""),
        ("The 24/7 clock of Upland.", "The 24/7 clock of Upland.", ""),
    ],
)
def test_a_credit_is_taken_out_of_its_caption(written: str, caption: str, name: str) -> None:
    assert phrases.split_caption(written) == (caption, name)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Image copyright Valley Pictures", "Valley Pictures"),
        ("Credit...Kim Example/Valley Pictures", "Kim Example/Valley Pictures"),
        ("(Photo: Kim Example)", "Kim Example"),
        ("© Kim Example", "Kim Example"),
        ("@kimexample", ""),
        ("The mill in 1987. " * 10, ""),
    ],
)
def test_what_is_marked_as_a_credit_is_the_name_alone(message: str, name: str) -> None:
    assert phrases.strip_credit(message) == name


@pytest.mark.parametrize(
    ("title", "paper"),
    [
        ("The Echo feed", "The Echo"),
        ("The Echo RSS", "The Echo"),
        ("Rest of All -", "Rest of All"),
        ("Comments on: The Echo", "The Echo"),
        ("Echo - World", "Echo - World"),
    ],
)
def test_a_feeds_title_becomes_the_papers_name(title: str, paper: str) -> None:
    assert phrases.parse_publisher(title) == paper


@pytest.mark.parametrize(
    ("title", "url", "paper"),
    [
        ("World - UplandEcho.com", "https://www.uplandecho.com/world", "UplandEcho.com"),
        ("UEN: World", "https://www.uen.org/sections/world", "UEN"),
        ("Upland Echo | Sport", "https://uplandecho.example.org/", "Upland Echo"),
        ("Rain: what it does to us", "https://weather.example.org/", "Rain: what it does to us"),
        ("RSS", "https://www.uplandecho.com/", "uplandecho.com"),
        ("Asia", "https://www.uplandecho.com/asia", "uplandecho.com"),
        ("Asia", "https://www.asia.example.org/", "Asia"),
        ("Top Stories", "https://www.uplandecho.com/", "uplandecho.com"),
        ("World News", "https://www.uplandecho.com/", "uplandecho.com"),
        ("Schlagzeilen", "https://www.uplandecho.com/", "uplandecho.com"),
        ("Upland Echo: Top Stories", "https://uplandecho.example.org/", "Upland Echo"),
        ("Top Stories - Upland Echo", "https://uplandecho.example.org/", "Upland Echo"),
        ("Lake Herald", "https://www.lh.example.org/world", "Lake Herald"),
    ],
)
def test_the_server_tells_which_part_of_a_feeds_title_is_the_paper(title: str, url: str, paper: str) -> None:
    assert phrases.parse_publisher(title, url) == paper


def test_a_caption_is_searched_for_its_credit_up_to_its_limit() -> None:
    def with_credit(length: int) -> str:
        credit = " (Photo: Ann Example)"
        return phrases.split_caption("b" * (length - len(credit)) + credit)[1]

    assert (with_credit(2000), with_credit(2001)) == ("Ann Example", "")
