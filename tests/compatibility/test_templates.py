"""What mail templates see. Newsrooms have their own: every name, attribute, filter and macro they could use stays.

`templates/everything` names all that 0.1.0 offers; `golden/everything.*` is what it made of it. `templates/copied-*`
are copies of the templates that came with 0.1.0, as newsrooms begin with, on the shared parts of now.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.compatibility.conftest import HERE, House

# Edition 4 with something in every place of a mail.
EDITION = [
    "UPDATE curator_snapshot SET voided_at = approved_at, void_reason = 'edited' WHERE edition_id = 4",
    "UPDATE curator_edition SET state = 'open' WHERE id = 4",
    """UPDATE curator_pick SET size = 'l', label = 'Local', minutes = 3, byline = 'Ann Example',
        publisher = 'The Paper', blurb = 'A *short* blurb, {{{{ first_name | reader }}}}', picture_id = 1,
        image_alt = 'A mill',
        image_caption = 'The mill', image_credit = 'Ann' WHERE id = 8""",
    """UPDATE curator_pick SET size = 'm', label = '', minutes = 1, publisher = 'Echo', blurb = 'Second', position = 1,
        plain_link = {true} WHERE id = 9""",
    """INSERT INTO curator_pick (edition_id, article_id, key, section, position, size, headline, blurb, label, url,
        publisher, byline, minutes, image_alt, image_caption, image_credit, plain_link, shown_to, because, again_reason)
        VALUES (4, 5, 'alsoalso', 'more', 1, 'a', 'Also this', '', '', 'https://paper1.example.org/also', 'The Paper',
        '', 0, '', '', '', {false}, '', '', '')""",
    """INSERT INTO curator_box (edition_id, place, title, text, shown_to) VALUES
        (4, 'top', 'To all', 'Thank **you**', ''),
        (4, 'end', 'At last', 'Good [bye](https://echo.example.com)', '')""",
    "UPDATE curator_correction SET carried_in_id = 4",
    """UPDATE curator_edition SET subject = 'News for {{{{ first_name | reader }}}}', preheader = 'And two more'
        WHERE id = 4""",
    """UPDATE catalog_newsletter SET template = 'everything', theme = '{{"light": {{"own": "#333333"}}}}',
        click_tracking = {true} WHERE id = 1""",
]


@pytest.fixture
def filled(house: House) -> House:
    yes_no = {"true": "1", "false": "0"} if house.kind == "sqlite" else {"true": "true", "false": "false"}
    for statement in EDITION:
        house.do("write", sql=statement.format(**yes_no))
    return house


def _preview(house: House, out: Path, *words: str) -> dict[str, str]:
    done = house.run("editions", "preview", "4", "--out", str(out), *words)
    assert done["code"] == 0, done["err"]
    return {path.suffix.lstrip("."): path.read_text("utf-8") for path in out.iterdir()}


def _golden(name: str, found: str) -> None:
    path = HERE / "golden" / name
    assert found == path.read_text("utf-8"), name


def test_every_name_of_0_1_0_means_what_it_meant(filled: House, tmp_path: Path) -> None:
    mail = _preview(filled, tmp_path)
    _golden("everything.html", mail["html"])
    _golden("everything.txt", mail["txt"])


def test_the_page_of_the_archive_sees_the_same_names(filled: House, tmp_path: Path) -> None:
    page = _preview(filled, tmp_path, "--web")
    _golden("everything.web.html", page["html"])


@pytest.mark.parametrize("name", ["copied-briefing", "copied-goodnews", "copied-letter"])
def test_a_copy_of_a_template_of_0_1_0_still_works(filled: House, tmp_path: Path, name: str) -> None:
    filled.do("write", sql=f"UPDATE catalog_newsletter SET template = '{name}', theme = '{{}}' WHERE id = 1")
    mail = _preview(filled, tmp_path)
    for part in ("html", "txt"):
        assert "Museum reaches the square" in mail[part]
        assert "A warm cup" in mail[part]
        assert "/u/" in mail[part]
    assert _template_findings(filled) == []


def test_a_name_that_nobody_knows_is_an_error(filled: House) -> None:
    """No template of a newsroom's goes out with a hole where a name was renamed."""
    filled.do("write", sql="UPDATE catalog_newsletter SET template = 'strict' WHERE id = 1")
    assert len(_template_findings(filled)) == 1


def _template_findings(house: House) -> list[Any]:
    return [each for each in house.json("editions", "check", "4")["findings"] if each["where"].startswith("template")]
