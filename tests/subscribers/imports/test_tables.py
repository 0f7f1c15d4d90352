"""What a file holds: a CSV, a workbook, pasted addresses, or an archive of several with a meaning each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from newsletter.kernel.errors import BadInput
from subscribers.imports import tables
from subscribers.imports.questions import UnansweredError
from subscribers.imports.tables import open_tables
from subscribers.values import ImportReport
from tests.subscribers.imports.test_workbook import make_workbook

Look = Callable[..., str | None]


def pack(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(data: bytes, name: str = "file") -> list[tuple[str, list[str], list[tuple[int, list[str]]]]]:
    with open_tables(io.BytesIO(data), name) as found:
        return [(each.name, each.header, [*each.records]) for each in found]


def test_each_kind_of_file_is_known_by_its_content() -> None:
    rows = [["email", "name"], ["ann@example.com", "Ann"]]
    (one,) = read(b"email,name\nann@example.com,Ann\n")
    (two,) = read(make_workbook(Sheet=rows))
    (three,) = read(b"Ann <ann@example.com>\n")
    assert one == two == ("file", ["email", "name"], [(2, ["ann@example.com", "Ann"])])
    assert three == ("file", ["email", "name"], [(1, ["ann@example.com", "Ann"])])


def test_an_archive_has_the_tables_of_its_files_and_not_what_file_managers_add() -> None:
    data = pack(
        {
            "a.csv": "email\nann@example.com\n",
            "folder/b.xlsx": make_workbook(One=[["email"], ["ben@example.com"]]),
            "__MACOSX/a.csv": b"\x00\x05",
            "folder/.c.csv": b"\x00\x05",
            "readme.md": "hello",
            "posts/why-they-left.html": "hello",
        }
    )
    assert [name for name, _, _ in read(data)] == ["a.csv", "b.xlsx"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04rubbish", "cannot be read"),
        (pack({"readme.md": "hello"}), "no CSV file"),
        (pack({f"f{n}.csv": "email\n" for n in range(21)}), "21 files; 20"),
        (pack({"a.csv": "email\n", "old.zip": pack({"b.csv": "email\n"})}), "old.zip is an archive within"),
        (pack({"a.csv": "email\n", "x/unsubscribed.json": "[]"}), "unsubscribed.json may hold people who are not"),
        (pack({"a.csv": "email\n", "unsubscribed/list": "x"}), "list may hold people who are not"),
        (pack({"a.csv": "email\n", "b.json": '[{"email": "ben@example.com"}]'}), "b.json may hold people who are not"),
    ],
)
def test_an_archive_that_cannot_be_taken_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read(data)


def test_an_archive_with_a_damaged_file_in_it_names_the_file() -> None:
    data = pack({"folder/a.csv": "email\nann@example.com\n"})
    with pytest.raises(BadInput, match=r"folder/a.csv cannot be unpacked: .* Unpack it first"):
        read(data.replace(b"ann@example.com", b"eve@example.com"))
    with pytest.raises(BadInput, match="cannot be read"):
        read(pack({"a.xlsx": "rubbish"}))


def test_an_archive_that_is_huge_when_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGEST_FILE", 10)
    with pytest.raises(BadInput, match="unpacked"):
        read(pack({"a.csv": "email\nann@example.com\n"}))


def test_mailchimps_archive_is_imported_each_file_as_what_it_is(
    take_in: Callable[..., ImportReport], state: Look
) -> None:
    head = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,{},LEID,EUID\n"
    row = "{}@example.com,A,2,2018-02-12 10:54:27,2019-01-02 03:04:05,1,a\n"
    report = take_in(
        pack(
            {
                "subscribed_members_export.csv": head.format("LAST_CHANGED") + row.format("ann") + row.format("dan"),
                "unsubscribed_members_export.csv": head.format("UNSUB_TIME") + row.format("ben"),
                "cleaned_members_export.csv": head.format("CLEAN_TIME") + row.format("cleo") + row.format("dan"),
            }
        )
    )
    assert (report.rows, report.new, report.unchanged) == (5, 4, 1)
    assert [state(f"{name}@example.com") for name in ("ann", "ben", "cleo", "dan")] == [
        "active",
        "unsubscribed",
        "bounced",
        "bounced",
    ]


def test_of_several_tables_each_is_what_its_name_says_and_one_without_addresses_is_left_out(
    take_in: Callable[..., ImportReport], state: Look
) -> None:
    report = take_in(
        make_workbook(
            Readers=[["E-Mail"], ["ann@example.com"], ["ben@example.com"], ["dan@example.com"]],
            Abgemeldet=[["E-Mail"], ["ben@example.com"]],
            Unconfirmed=[["E-Mail"], ["cleo@example.com"], ["nobody@"]],
            Legend=[["what", "means"], ["A", "all"]],
        )
    )
    assert [state(f"{name}@example.com") for name in ("ann", "ben", "cleo", "dan")] == [
        "active",
        "unsubscribed",
        "pending",
        "active",
    ]
    assert report.note == (
        "“Legend” has no addresses and is left out. By its name all in “Abgemeldet” are unsubscribed. "
        "By its name all in “Unconfirmed” are pending."
    )
    assert [(bad.line, bad.field) for bad in report.bad] == [(3, "Unconfirmed: email")]


PEOPLE = "email\n{}@example.com\n"


def sheets(*names: str) -> bytes:
    return make_workbook(**{name: [["email"], [f"{'ab'[n]}@example.com"]] for n, name in enumerate(names)})


@pytest.mark.parametrize(
    ("data", "name", "states"),
    [
        (pack({"active/list.csv": PEOPLE.format("a"), "unsubscribed/list.csv": PEOPLE.format("b")}), "x.zip", "au"),
        (pack({"unsubscribed.xlsx": sheets("Y1", "Y2")}), "x.zip", "uu"),
        (sheets("Y1", "Y2"), "unsubscribed.xlsx", "uu"),
        (pack({"part-1.csv": PEOPLE.format("a"), "part-2.csv": PEOPLE.format("b")}), "x.zip", "aa"),
        (pack({"aktive.csv": PEOPLE.format("a"), "abgemeldet.csv": PEOPLE.format("b")}), "x.zip", "au"),
    ],
)
def test_a_table_is_what_the_names_of_what_it_is_in_say(
    data: bytes, name: str, states: str, take_in: Callable[..., ImportReport], state: Look
) -> None:
    take_in(data, name=name)
    assert "".join(str(state(f"{letter}@example.com"))[0] for letter in "ab"[: len(states)]) == states


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (pack({"list.csv": PEOPLE.format("a")}), "unsubscribed.zip"),
        (sheets("unsubscribed"), "people.xlsx"),
        (make_workbook(unsubscribed=[["email"], ["a@example.com"]], legend=[["a"], ["b"]]), "people.xlsx"),
    ],
)
def test_a_single_table_in_something_named_after_those_who_left_is_asked_about(
    data: bytes, name: str, take_in: Callable[..., ImportReport]
) -> None:
    with pytest.raises(BadInput, match="By its name"):
        take_in(data, name=name)


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (("zib.csv", "zub.csv"), ["zib.csv", "zub.csv"]),
        (("aktive.csv", "abgemeldet.csv", "zub.csv"), ["zub.csv"]),
        (("x/list.csv", "y/list.csv"), ["x/list.csv", "y/list.csv"]),
    ],
)
def test_tables_whose_names_say_nothing_are_asked_about(
    names: tuple[str, ...], asked: list[str], take_in: Callable[..., ImportReport], state: Look
) -> None:
    data = pack({name: PEOPLE.format("abc"[n]) for n, name in enumerate(names)})
    with pytest.raises(UnansweredError) as refused:
        take_in(data)
    (question,) = refused.value.questions
    assert [each.value for each in question.values] == asked
    answers = {f"{question.column}:{name}": "unsubscribed" for name in asked[-1:]}
    answers |= {f"{question.column}:{name}": "active" for name in asked[:-1]}
    take_in(data, statuses=answers)
    assert (state("a@example.com"), state(f"{'abc'[len(names) - 1]}@example.com")) == ("active", "unsubscribed")


def test_a_hidden_sheet_is_asked_about() -> None:
    data = sheets("Sheet1", "Sheet2")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as changed:
        for each in archive.namelist():
            hidden = archive.read(each).replace(b'name="Sheet2"', b'name="Sheet2" state="hidden"')
            changed.writestr(each, hidden)
    with open_tables(io.BytesIO(out.getvalue()), "people.xlsx") as found:
        assert [(table.name, table.hidden) for table in found if [*table.records]] == [
            ("Sheet1", False),
            ("Sheet2", True),
        ]
