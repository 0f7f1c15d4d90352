"""The suppression list on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import IN_PART, Newsletter


def listed(newsletter: Newsletter) -> dict[str, str | None]:
    """The addresses of the list and when each is lifted."""
    return {each["address"]: each["expires_at"] for each in json.loads(newsletter("suppressions", "list", "--json")[1])}


def test_an_address_is_suppressed_for_good_or_for_a_time_and_lifted(newsletter: Newsletter, newsroom: Any) -> None:
    assert newsletter("suppressions", "add", "ann@example.com", "--yes")[0] == 0
    assert newsletter("suppressions", "add", "@spam.example", "--until", "2099-01-31", "--yes")[0] == 0
    assert listed(newsletter) == {"ann@example.com": None, "@spam.example": "2099-01-31T00:00:00+00:00"}
    assert newsletter("suppressions", "lift", "ann@example.com", "--yes")[0] == 0
    assert list(listed(newsletter)) == ["@spam.example"]


def test_a_list_goes_out_and_comes_back_and_bad_rows_are_told(
    newsletter: Newsletter, newsroom: Any, tmp_path: Path
) -> None:
    newsletter("suppressions", "add", "ann@example.com", "--yes")
    out = tmp_path / "suppressed.csv"
    assert newsletter("suppressions", "export", "--out", str(out))[1].startswith("1 written")
    newsletter("suppressions", "lift", "ann@example.com", "--yes")
    out.write_text(out.read_text() + "broken@\n")
    status, reported, err = newsletter("suppressions", "import", str(out))
    assert (status, reported.strip()) == (IN_PART, "1 added to the suppression list.")
    assert "line 3" in err
    assert list(listed(newsletter)) == ["ann@example.com"]


def test_rules_for_domains_are_set_listed_and_dropped(newsletter: Newsletter, newsroom: Any) -> None:
    def rules() -> Any:
        return json.loads(newsletter("suppressions", "domains", "--json")[1])

    newsletter("suppressions", "domain", "bad.example", "deny")
    assert rules() == [{"domain": "bad.example", "verdict": "deny"}]
    newsletter("suppressions", "domain", "bad.example", "drop")
    assert rules() == []
