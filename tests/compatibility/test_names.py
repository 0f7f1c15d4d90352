"""Words that are stored, or that both sides of a release exchange: states, roles, reasons, keys in documents."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from tests.compatibility.conftest import HERE, House, copy_of, environment_of, listed

# Columns with a list of values, by table.
CHOICES = {
    ("subscribers_subscriber", "tier"): {"free", "paid", "comp"},
    ("subscribers_attribute", "kind"): {"text", "number", "date", "choice"},
    ("subscribers_subscription", "state"): {"pending", "active", "unsubscribed", "bounced", "complained"},
    ("subscribers_import", "state"): {
        "checking",
        "asks",
        "ready",
        "waiting",
        "running",
        "done",
        "failed",
        "stopped",
        "undoing",
        "undone",
    },
    ("subscribers_domainrule", "verdict"): {"allow", "deny"},
    ("subscribers_owedmail", "state"): {"owed", "claimed", "sent", "failed", "unknown"},
    ("catalog_newsletter", "state"): {"pending", "live", "paused", "cancelled"},
    ("curator_article", "origin"): {"feed", "page", "file", "pasted", "pushed"},
    ("curator_article", "standing"): {"new", "shortlisted", "ignored"},
    ("curator_rule", "effect"): {"boost", "mute", "must"},
    ("curator_edition", "state"): {
        "open",
        "locked",
        "in_review",
        "approved",
        "handed_over",
        "sent",
        "skipped",
        "held",
        "missed",
    },
    ("curator_pick", "size"): {"l", "m", "s", "a"},
    ("curator_box", "place"): {"top", "end"},
    ("curator_snapshot", "purpose"): {"edition", "correction"},
    ("curator_look", "state"): {"waiting", "same", "gone", "moved", "changed", "corrected", "unreachable"},
    ("curator_linklook", "state"): {"waiting", "fine", "gone", "forbidden", "unreachable"},
    ("scheduler_occurrence", "state"): {"planned", "opened", "claimed", "skipped", "held", "missed"},
    ("delivery_mailing", "kind"): {"edition", "test", "correction"},
}
MAILING = ["scheduled", "freezing", "sending", "finished", "paused", "cancelled", "held"]
BATCH = ["planned", "claimed", "sending", "accepted", "refused", "unknown", "withdrawn", "repaired", "recalled"]
# The byte in the ledger of each outcome.
OUTCOMES = {
    "planned": 0,
    "unknown": 10,
    "refused": 20,
    "withdrawn": 30,
    "accepted": 40,
    "recalled": 42,
    "deferred": 45,
    "delivered": 50,
    "blocked": 55,
    "bounced": 60,
    "dropped": 65,
    "complained": 70,
}
EXCLUDED = [
    "pending",
    "unsubscribed",
    "bounced",
    "complained",
    "suppressed",
    "invalid",
    "already",
    "ceiling",
    "paused",
    "frequency",
    "segment",
    "not_sent",
]


@pytest.mark.parametrize(("table", "column"), CHOICES)
def test_a_column_knows_the_values_it_knew(table: str, column: str) -> None:
    model = next(each for each in apps.get_models() if each._meta.db_table == table)
    field = next(each for each in model._meta.concrete_fields if each.column == column)
    assert CHOICES[table, column] <= {value for value, _ in field.flatchoices}


def test_mailings_are_in_the_states_they_were(house: House) -> None:
    for state in MAILING:
        house.do("write", sql=f"UPDATE delivery_mailing SET state = '{state}', reason = 'why' WHERE id = 3")
        assert house.json("mailings", "show", "3")["state"] == state
        assert house.get("/deliveries/3/", "admin@example.com")["status"] == 200, state


def test_batches_are_in_the_states_they_were(house: House) -> None:
    for state in BATCH:
        house.do("write", sql=f"UPDATE delivery_batch SET state = '{state}', version = version + 1 WHERE id = 4")
        assert house.json("mailings", "show", "2")["batches"] == {state: 1}


def test_the_bytes_of_the_ledger_mean_what_they_meant(house: House) -> None:
    for word, byte in OUTCOMES.items():  # each with a version of its own: what is read is remembered by it
        packed = bytes([byte, 0]).hex() * 12
        written = f"X'{packed}'" if house.kind == "sqlite" else f"'\\x{packed}'"
        house.do("write", sql=f"UPDATE delivery_batch SET outcomes = {written}, version = {1000 + byte} WHERE id = 4")
        assert house.json("mailings", "show", "2")["counts"] == {word: 12}
        found = house.json("mailings", "who", "2", "--state", word)
        assert (
            len([each for each in found if each["batch"] is not None]) == 12
        )  # others were excluded, by the same word


def test_who_was_excluded_is_so_for_the_reasons_there_were(house: House) -> None:
    for reason in EXCLUDED:
        house.do("write", sql=f"UPDATE delivery_exclusion SET reason = '{reason}' WHERE mailing_id = 2")
        assert house.json("mailings", "show", "2")["excluded"] == {reason: 8}


def test_the_index_of_a_mailing_finds_its_subscribers(house: House) -> None:
    """The places of an audience are packed; their format and order is that of 0.1.0."""
    shown = house.get("/readers/2/", "admin@example.com")["text"]
    assert shown.count("The railway reaches the mill") == 2  # the edition and its correction
    proof = house.get("/deliveries/1/proof.csv", "admin@example.com")["text"]
    for who, what in {"ada": "accepted", "hans": "unsubscribed", "kim": "suppressed", "max": "paused"}.items():
        assert any(f"{who}@example.com" in line and what in line for line in proof.splitlines()), who


@pytest.mark.parametrize("role", ["admin", "editor", "author", "readers", "viewer"])
def test_a_role_is_stored_by_the_name_it_had(house: House, role: str) -> None:
    house.json("users", "role", "viewer@example.com", role, "--newsletter", "morning")
    viewer = house.value("SELECT id FROM accounts_user WHERE email = 'viewer@example.com'")
    assert house.values(f"SELECT name FROM accounts_role WHERE user_id = {viewer}") == [role]


def test_roles_allow_what_they_allowed(house: House) -> None:
    """The desk's settings, readers and board, for each role of 0.1.0."""
    paths = ("/people/", "/readers/", "/editions/6/")
    found = {
        name: [house.get(path, f"{name}@example.com")["status"] for path in paths]
        for name in ("admin", "editor", "audience", "viewer")
    }
    assert found == {
        "admin": [200, 200, 200],
        "editor": [403, 200, 200],
        "audience": [403, 200, 200],
        "viewer": [403, 403, 200],
    }


def test_consent_is_written_down_by_the_words_it_was(house: House) -> None:
    last = house.value("SELECT max(id) FROM subscribers_consent")
    house.post("/u/ZgEFFc4_NXMjmU2Dn2Fu", "List-Unsubscribe=One-Click")
    house.post("/u/ZgEFFc4_NXMjmU2Dn2Fu", "via=page&do=undo")
    house.post("/u/ZgEBLz3RbIS-pLUvThki", "via=page")
    house.post("/c/YwERgMeUlQ8Xadh0MQiOoY7dXOY")
    house.post("/p/ZgEBLz3RbIS-pLUvThki", "lists=2&often-2=weekly")
    house.post("/join/morning/", "email=new%40example.com")
    found = house.values(f"SELECT how FROM subscribers_consent WHERE id > {last} ORDER BY id")
    assert found == ["one-click", "undo", "page", "confirmed", "preferences", "form"]


def test_an_approval_keeps_its_merge_fields_by_the_keys_it_did(house: House) -> None:
    house.run("editions", "withdraw", "5")
    house.do("write", sql="UPDATE curator_linklook SET state = 'fine'")
    house.json("editions", "approve", "5")
    merge = house.value("SELECT merge FROM curator_snapshot WHERE edition_id = 5 AND voided_at IS NULL")
    fields = json.loads(merge) if isinstance(merge, str) else merge
    assert all(each.keys() >= {"token", "field", "fallback", "html"} for each in fields)
    assert {each["field"] for each in fields} == {"first_name", "token", "email"}


@pytest.mark.parametrize("place", range(len(listed("segments"))))
def test_a_question_about_subscribers_has_the_answer_it_had(house: House, place: int) -> None:
    each = listed("segments")[place]
    house.do("write", sql=_stored(each["definition"]))
    assert house.json("segments", "count", "vip")["count"] == each["count"]


def _stored(definition: Any) -> str:
    return "UPDATE subscribers_segment SET definition = '{}' WHERE slug = 'vip'".format(
        json.dumps(definition).replace("'", "''")
    )


def test_stored_options_of_an_import_all_take_effect(house: House) -> None:
    """A name that nobody knows is dropped without a word, so that a renamed one would be lost unseen."""
    options = {
        "mapping": {"Mail": "email", "Vorname": "first_name", "Firma": "attribute:company", "Stand": "status"},
        "status": "",
        "statuses": {"VIP": "active", "OFF": "unsubscribed"},
        "overwrite": True,
        "former": 1,
    }
    _import(house, options, "Mail,Vorname,Firma,Stand\nada@example.com,Adela,Other,VIP\nxeno@example.com,Xeno,,OFF\n")
    assert house.value("SELECT first_name FROM subscribers_subscriber WHERE id = 1") == "Adela"  # overwrite
    assert "Other" in str(house.json("subscribers", "show", "ada@example.com"))  # mapping
    assert _state_of(house, "xeno@example.com") == "unsubscribed"  # statuses


def test_a_stored_status_of_an_import_is_that_of_every_row(house: House) -> None:
    options = {"mapping": {}, "status": "pending", "statuses": {}, "overwrite": False}
    _import(house, options, "email,first_name\nxeno@example.com,Xeno\nada@example.com,Adela\n")
    assert _state_of(house, "xeno@example.com") == "pending"
    assert house.value("SELECT first_name FROM subscribers_subscriber WHERE id = 1") == "Ada"


def _import(house: House, options: dict[str, Any], text: str) -> None:
    """Carries out the stored import 3 with these options and this file, as an interrupted one."""
    (house.folder / "imports" / "3.work").unlink(missing_ok=True)
    (house.folder / "imports" / "3.csv").write_text(text)
    house.do(
        "write", sql=f"UPDATE subscribers_import SET state = 'stopped', options = '{json.dumps(options)}' WHERE id = 3"
    )
    house.json("subscribers", "imports", "resume", "3")


def _state_of(house: House, address: str) -> str:
    person = house.value(f"SELECT id FROM subscribers_subscriber WHERE address = '{address}'")
    return str(house.value(f"SELECT state FROM subscribers_subscription WHERE subscriber_id = {person}"))


def test_what_an_import_writes_down_has_the_keys_it_had(house: House, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("email,first_name\nxeno@example.com,Xeno\nada@example.com,Adela\ninfo2@example.com,\nbad,\n")
    made = house.json("subscribers", "import", str(file), "--list", "morning", "--overwrite")["id"]
    documents = house.do("rows", sql=f"SELECT options, counts, flags, bad FROM subscribers_import WHERE id = {made}")[0]
    options, counts, flags, bad = (json.loads(each) if isinstance(each, str) else each for each in documents)
    assert options.keys() >= {"mapping", "status", "statuses", "overwrite"}
    assert counts.keys() >= {"new", "updated", "unchanged", "kept_unsubscribed", "rows", "refused", "skipped"}
    assert len(bad[0]) == 4
    assert all(each.keys() >= {"count", "first"} for each in flags.values())
    change = house.do("rows", sql=f"SELECT before, after FROM subscribers_importedchange WHERE run_id = {made}")[0]
    for document in change:
        read = json.loads(document) if isinstance(document, str) else document
        assert read.keys() >= {"first_name", "last_name", "zone", "language", "tier", "attributes"}


def test_the_data_folder_is_laid_out_as_it_was(left_sqlite: dict[str, str], tmp_path: Path) -> None:
    """The key beside the database signs links; pictures, imports and the outbox are found where they lie."""
    environment = copy_of(left_sqlite, tmp_path / "house")
    (tmp_path / "house" / "secret.key").write_text(environment.pop("NEWSLETTER_SECRET_KEY"))
    house = House("sqlite", environment)
    try:
        assert house.get("/u/ZgEBLz3RbIS-pLUvThki")["status"] == 200
        assert house.get("/pictures/7f704441a231546d.jpg")["status"] == 200
        assert house.get("/readers/import/1/refused.csv", "admin@example.com")["status"] == 200
        sent = house.json("editions", "send", "6", "--test-to", "desk@example.com")
        assert sent
        file = tmp_path / "new.csv"
        file.write_text("email\nxeno@example.com\n")
        made = house.json("subscribers", "import", str(file), "--list", "morning")["id"]
    finally:
        house.end()
    folder = tmp_path / "house"
    assert (folder / "imports" / f"{made}.csv").is_file()
    assert {"newsletter.sqlite3", "secret.key", "pictures", "imports", "outbox"} <= {
        each.name for each in folder.iterdir()
    }
    assert {each.suffix for each in (folder / "outbox").rglob("*") if each.is_file()} == {".eml"}


def test_a_new_data_folder_is_laid_out_like_an_old_one(tmp_path: Path) -> None:
    environment = environment_of(tmp_path / "new", "")
    del environment["NEWSLETTER_SECRET_KEY"]
    house = House("sqlite", environment)
    house.do("cli", words=["doctor"])
    house.end()
    assert {"newsletter.sqlite3", "secret.key"} <= {each.name for each in (tmp_path / "new").iterdir()}


def test_the_dumps_hold_the_same_rows() -> None:
    """What is true of one database is looked for in the other."""
    with sqlite3.connect(":memory:") as database:
        database.executescript((HERE / "data" / "sqlite.sql").read_text("utf-8"))
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        filled = {each for each in tables if database.execute(f"SELECT count(*) FROM {each}").fetchone()[0]}
    database.close()
    lines = (HERE / "data" / "postgres.sql").read_text("utf-8").splitlines()
    named = {line.split()[2] for line in lines if line.startswith("INSERT INTO")}
    assert filled - named == {"django_migrations", "django_content_type", "sqlite_sequence"}
