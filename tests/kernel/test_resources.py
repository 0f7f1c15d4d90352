"""Where templates are."""

from __future__ import annotations

from pathlib import Path

from newsletter.kernel.resources import get_templates_dir, list_mail_templates


def test_the_templates_folder_holds_mails_and_pages() -> None:
    assert {"email", "web"} <= {path.name for path in get_templates_dir().iterdir()}


def test_a_template_is_a_folder_with_a_file_of_its_name(tmp_path: Path) -> None:
    ours = list_mail_templates()
    assert {"briefing", "goodnews", "letter"} <= set(ours)
    assert "notice" not in ours, "it is for mail to one person"
    for name in ("mine", "half", "briefing"):
        (tmp_path / name).mkdir()
    (tmp_path / "mine" / "mine.mjml.j2").write_text("")
    (tmp_path / "briefing" / "briefing.mjml.j2").write_text("")
    assert list_mail_templates(tmp_path) == tuple(sorted({*ours, "mine"}))
    assert list_mail_templates(tmp_path / "nowhere") == ours
