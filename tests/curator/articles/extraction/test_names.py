"""The people in a byline: by name alone, in any language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.extraction import names


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("By Ann Example", "Ann Example"),
        ("by Ann Example | The Echo", "Ann Example"),
        ("Ann Example", "Ann Example"),
        ("Von Ann Example", "Ann Example"),
        ("By: Ann Example", "Ann Example"),
        ("Ann Example, Political Editor", "Ann Example"),
        ("Ann Example, Reuters", "Ann Example"),
        ("Ann Example, Bob Sample and Kim Trial", "Ann Example, Bob Sample, Kim Trial"),
        ("ann@example.com (Ann Example)", "Ann Example"),
        ("ann@example.com", ""),
        ("https://echo.example.com/ann", ""),
        ("admin", ""),
    ],
)
def test_a_byline_is_the_name_alone(written: str, name: str) -> None:
    assert ", ".join(names.parse_authors(written)) == name


@pytest.mark.parametrize(
    ("message", "people"),
    [
        ("By Ann Example", ["Ann Example"]),
        ("Analysis by Ann Example, ECHO Editor-at-large", ["Ann Example"]),
        ("Ann Example, ECHO", ["Ann Example"]),
        ("Ann Example, Echo Business", ["Ann Example"]),
        ("Ann Example, Bo Sample and Kim Trial", ["Ann Example", "Bo Sample", "Kim Trial"]),
        ("Ann Example & Bo Sample", ["Ann Example", "Bo Sample"]),
        ("ANN EXAMPLE and BO SAMPLE", ["Ann Example", "Bo Sample"]),
        ("Ann Example, Political Correspondent", ["Ann Example"]),
        ("Ann Example Monday, November 23, 2026, 10:43", ["Ann Example"]),
        ("ECHO STAFF NOVEMBER 20, 2026 10:43", []),
        ("Ann van der Example", ["Ann van der Example"]),
        ("Ann O'Example-Sample", ["Ann O'Example-Sample"]),
        ("Associated Press", ["Associated Press"]),
        ("Ann Example, Reuters", ["Ann Example"]),
        ("Reuters", ["Reuters"]),
        ("The Upland Echo", []),
        ("upland echo", []),
        ("Upland-Echo", []),
        ("Echo News", []),
        ("Echo Editorial Staff", []),
        ("webdesk", []),
        ("@ann_example", []),
        ("ann@example.com", []),
        ("https://echo.example.com/ann", []),
        ("admin", []),
        ("Veröffentlicht von Ann Example", ["Ann Example"]),
        ("Por: Ana Ejemplo y Beto Muestra", ["Ana Ejemplo", "Beto Muestra"]),
        ("Interview: Ann Example", ["Ann Example"]),
        ("Szöveg: Minta Anna", ["Minta Anna"]),
        ("Redaktion", ["Redaktion"]),
        ("Publiziert am", []),
        ("Ann example", []),
        ("View all posts by Ann Example", ["Ann Example"]),
        ("Par Anne Exemple et Bruno Échantillon", ["Anne Exemple", "Bruno Échantillon"]),
        ("VON ANN EXAMPLE am 24. November 2026", ["Ann Example"]),
        ("Автор: Анна Пример", ["Анна Пример"]),
        ("بقلم: آن مثال", ["آن مثال"]),
        ("Ann Example (Sprecherin) @annexample", ["Ann Example"]),
        ("Dienstag", []),
        ("Mittwoch, 24. November 2026", []),
        ("Author", []),
        ("R.E. Example", ["R.E. Example"]),
        ("Ann Ex\u00adample", ["Ann Example"]),
        ("By", []),
        ("", []),
    ],
)
def test_the_authors_are_people_or_agencies_and_not_the_paper(message: str, people: list[str]) -> None:
    assert names.parse_authors(message, ("The Upland Echo", "")) == people


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_byline_names_somebody_or_nobody(message: str, site: str) -> None:
    assert all(names.parse_authors(message, (site,)))


@pytest.mark.parametrize(("said", "people"), [("seawriter42", ["seawriter42"]), ("42", []), ("staff", [])])
def test_a_nickname_is_taken_only_where_it_is_asked_for(said: str, people: list[str]) -> None:
    assert names.parse_authors(said, nicknames=True) == people
    assert names.parse_authors(said) == []
