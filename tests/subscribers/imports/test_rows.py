"""What a record of a file becomes: a row, or a bad row with the reason."""

from __future__ import annotations

import json

import pytest

from newsletter.kernel.errors import BadInput
from subscribers.imports.csv import LONGEST_CELL
from subscribers.imports.rows import Row
from subscribers.values import BadRow
from tests.subscribers.reading import names, row, rows


def test_a_full_name_is_parted_only_where_no_first_name_is_given() -> None:
    assert names("email,name\nann@example.com,Ann van Lee\n") == [("ann@example.com", "Ann")]
    assert names("email,name,first_name\nann@example.com,Ann van Lee,Annie\n") == [("ann@example.com", "Annie")]


def test_a_bad_row_says_where_which_field_what_stood_there_and_why() -> None:
    found = rows('email,zone\nann@example.com,Europe/London\nben@,\n"cleo@example.com","Ulm\nBonn"\n')
    assert found[0] == Row(2, "ann@example.com", zone="Europe/London")
    assert isinstance(found[1], BadRow)
    assert (found[1].line, found[1].field, found[1].value) == (3, "email", "ben@")
    assert isinstance(found[2], BadRow)
    assert (found[2].line, found[2].field, found[2].value) == (4, "zone", "Ulm\nBonn")


def test_a_cell_over_several_lines_never_becomes_a_name() -> None:
    """With a quote missing it would hold the addresses of others, and greet a reader with them."""
    (row,) = rows('email,first_name\nann@example.com,"Ann\nben@example.com,Ben"\n')
    assert isinstance(row, BadRow)
    assert (row.line, row.field) == (2, "first_name")


def test_a_cell_of_many_kilobytes_makes_its_row_bad() -> None:
    (row,) = rows(f"email,first_name\nann@example.com,{'a' * (LONGEST_CELL + 1)}\n")
    assert isinstance(row, BadRow)
    assert len(row.value) < 50


@pytest.mark.parametrize("column", ["email", "first_name", "tags", "town"])
def test_a_cell_may_be_as_long_as_the_limit_and_no_longer(column: str) -> None:
    def long(length: int) -> Row | BadRow:
        cell = "ann@example.com" if column == "email" else "x"
        others = [name for name in ("email", "first_name", "tags", "town") if name != column]
        cells = {name: "ann@example.com" if name == "email" else "" for name in others}
        (row,) = rows(f"{column},{','.join(others)}\n{cell.rjust(length)},{','.join(cells.values())}\n")
        assert isinstance(row, Row | BadRow)
        return row

    assert isinstance(long(LONGEST_CELL), Row)
    bad = long(LONGEST_CELL + 1)
    assert isinstance(bad, BadRow)
    assert (bad.field, bad.reason) == (column, "The cell is too long.")


def test_what_is_kept_of_a_row_is_cut_at_its_limits() -> None:
    tags = ";".join(f"{n:02}" for n in range(51))
    (row,) = rows(f"email,first_name,tags,town\nann@example.com,{'a' * 101},{tags},{'t' * 1001}\n")
    assert isinstance(row, Row)
    assert (len(row.first_name), len(json.loads(row.tags)), len(json.loads(row.attributes)["town"])) == (100, 50, 1000)
    (row,) = rows(f"email,tags\nann@example.com,{'g' * 61}\n")
    assert isinstance(row, Row)
    assert json.loads(row.tags) == ["g" * 60]


def test_words_for_a_state_that_nobody_knows_are_all_named_and_can_be_explained() -> None:
    file = "email,status\nann@example.com,mostly\nben@example.com,VIP\ncleo@example.com,mostly\n"
    with pytest.raises(BadInput, match=r"(?s)“status”.*mostly \(2\), VIP \(1\)"):
        rows(file)
    found = rows(file, statuses={"mostly": "active", "vip": "unsubscribed"})
    assert [each.status for each in found if isinstance(each, Row)] == ["active", "unsubscribed", "active"]


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("a;b", ["a", "b"]),
        ("a | b", ["a", "b"]),
        ("a,  b ,a", ["a", "b"]),
        ("", []),
        ('"""VIP"",""Blog"""', ["Blog", "VIP"]),
        ("[\"x\", 'y']", ["x", "y"]),
    ],
)
def test_tags_are_parted_however_they_are_written(cell: str, tags: list[str]) -> None:
    quoted = cell if cell.startswith('"""') else '"' + cell.replace('"', '""') + '"'
    found = row(f"email,tags\nann@example.com,{quoted}\n")
    assert (json.loads(found.tags) if found.tags else []) == tags


def test_an_attribute_of_a_kind_takes_only_values_of_that_kind() -> None:
    kinds = {"age": ("number", ()), "since": ("date", ()), "size": ("choice", ("S", "M"))}
    found = row("email,age,born,size\nann@example.com,41,1980-01-02,m\n", kinds=kinds)
    assert json.loads(found.attributes) == {"age": 41, "born": "1980-01-02", "size": "M"}
    bad = rows("email,age,size\nann@example.com,old,\nben@example.com,,XL\n", kinds=kinds, other_columns="attribute")
    assert [(each.line, each.field) for each in bad if isinstance(each, BadRow)] == [(2, "age"), (3, "size")]


def test_an_address_that_cannot_be_mailed_is_kept_and_marked() -> None:
    found = row("email\njürgen@example.com\n")
    assert (found.address, found.sendable) == ("jürgen@example.com", False)


ANN = "ann@example.com"


@pytest.mark.parametrize(
    "spelt",
    [
        "ann@example.com.",
        "ann\uff20example.com",
        "ann\u200b@example.com\u00a0",
        "ＡＮＮ@example.com",
        "mailto:ann@example.com?subject=stop",
        "Ann <ann@example.com>;",
        "ann&#64;example.com",
        "ANN @ example.com",
        "ann [at] example.com",
    ],
)
def test_an_address_is_known_by_any_spelling_so_that_whoever_left_stays_out(spelt: str) -> None:
    (found,) = rows(f"email,status\n{spelt},unsubscribed\n")
    assert isinstance(found, Row)
    assert (found.address.lower(), found.status) == (ANN, "unsubscribed")


@pytest.mark.parametrize(
    ("file", "states"),
    [
        (f'email,first_name,unsubscribed\n{ANN},"An\nn",yes\n', [(ANN, "unsubscribed")]),
        (f"email,note,status\n{ANN},{'x' * 9000},bounced\n", [(ANN, "bounced")]),
        (
            f'email,status\n"{ANN}; ben@example.com",unsubscribed\n',
            [(ANN, "unsubscribed"), ("ben@example.com", "unsubscribed")],
        ),
        (f"email,name\n{ANN},Lee, Ann,unsubscribed\n", [(ANN, "unsubscribed")]),
        (f"email,status\n{ANN} removed,active\n", [(ANN, "unsubscribed")]),
    ],
)
def test_a_row_that_is_refused_still_says_who_left(file: str, states: list[tuple[str, str]]) -> None:
    assert [(each.address, each.status) for each in rows(file) if isinstance(each, Row)] == states


def test_a_row_with_more_cells_than_the_header_is_refused_for_its_cells_are_not_what_they_seem() -> None:
    ann, ben = rows(
        "email,name,sms,newsletter\nann@example.com,Ann,no,yes\nben@example.com,Ray, Ben,yes,no\n",
        mapping={"sms": "ignore", "newsletter": "wanted"},
    )
    assert isinstance(ann, Row)
    assert ann.status == "active"
    assert isinstance(ben, BadRow)
    assert "5 cells, the header 4" in ben.reason


def test_a_bad_row_that_ends_before_its_address_is_reported_like_any_other() -> None:
    (bad,) = rows("name,email,status\nAnn\n", statuses={"status:(empty)": "active"})
    assert isinstance(bad, BadRow)


@pytest.mark.parametrize(
    "file",
    [
        "email,name\nann@example.com,Ann\n\nUnsubscribed\nben@example.com,Ben\n",
        "ann@example.com\n\nAbgemeldet:\nben@example.com\n",
        "Désabonnés\nann@example.com\n",
    ],
)
def test_a_heading_over_those_who_left_stops_the_import(file: str) -> None:
    with pytest.raises(BadInput, match="(?i)say (that|what) all in it are") as refused:
        rows(file)
    assert "--status unsubscribed" in refused.value.command_hint


def test_an_address_that_was_taken_out_is_no_heading() -> None:
    ann, ben = rows("email,name\ndeleted,Ann\nben@example.com,Ben\n")
    assert isinstance(ann, BadRow)
    assert isinstance(ben, Row)


@pytest.mark.parametrize("name", ["Ann (unsubscribed)", "UNSUBSCRIBED", "Désabonnée - désabonné", "Ann / opted out"])
def test_a_name_that_says_they_left_signs_nobody_up(name: str) -> None:
    (found,) = rows(f"email,name\nann@example.com,{name}\n")
    assert isinstance(found, BadRow)
    assert "left" in found.reason


@pytest.mark.parametrize("name", ["Max Held", "Left", "Ann-Marie Out", "Clean Bandit", "Spam (cat)", "Baja"])
def test_names_that_are_words_too_stay_names(name: str) -> None:
    assert isinstance(row(f"email,name\nann@example.com,{name}\n"), Row)
