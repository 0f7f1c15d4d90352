"""Links in mails that 0.1.0 sent, forms on newsrooms' sites, scripts and monitors: every address still works.

All tokens were signed by 0.1.0 with the key of these tests. Those that expire do so in 2099.
"""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import pytest

from tests.compatibility.conftest import House

LEAVE = "/u/ZgEBLz3RbIS-pLUvThki"  # ada, the morning's list
LEAVE_ALL = "/u/ZgAC1yC-KD8EKqAfnPTU"  # bea, every list
ONE_CLICK = "/u/ZgEFFc4_NXMjmU2Dn2Fu"  # emil
PREFERENCES = "/p/ZgEBLz3RbIS-pLUvThki"
CONFIRM = "/c/YwERgMeUlQ8Xadh0MQiOoY7dXOY"  # pia
CONFIRM_TOO_LATE = "/c/YwER4M-U2AbSZSk1n3bhbsg_m4E"
DETAILS = "/me/ZAEBgMeUlQ_KJYW0cIIlWP7lMHI"  # ada
ADDRESS = "/me/YQEBgMeUlQ9cmHsXYO3H7nAtkhA"  # ada
DATA = "/me/eAEBgMeUlQ-wI2SLrc9X_cSB57A"  # ada
ERASE = "/me/ZQEGgMeUlQ8pxYClFIJqbW1D9Os"  # finn
NEW_ADDRESS = "/me/bgEQgMeUlQ8BXNFm95XDkRJMAsc"  # paul
STAY = "/s/cwEHgMeUlQ8InkUzQGwgO6VUoLY"  # gitta
PERSONAL = (LEAVE, LEAVE_ALL, PREFERENCES, CONFIRM, DETAILS, ADDRESS, DATA, ERASE, NEW_ADDRESS, STAY)
PUBLIC = {
    "/archive/": "Morning Briefing",
    "/archive/morning/": "The railway reaches the mill",
    "/archive/morning/2026-11-22/": "The railway reaches the mill",
    "/archive/morning/feed.xml": "https://news.example.com/archive/morning/2026-11-22/",
    "/join/": "Good News",
    "/join/morning/": "Morning Briefing",
    "/embed/": "Good News",
    "/embed/morning/": "Morning Briefing",
    "/which/": "<form",
    "/login/": "<form",
}
_STORY = """The ferry rings its bell again

The ferry came up the river on Monday, and the council voted to keep it there until the spring, said the clerk.

A second meeting follows in March, when the cost of the ferry is known and the bridge is open again.
"""
TOKEN = "Bearer nl_4b194748_mYY26AequxuWOgzfuWtLhssnrMT-sClZDoxqyoAk0rc"


def _standing(house: House, subscriber: int, on: int = 1) -> str:
    return str(
        house.value(f"SELECT state FROM subscribers_subscription WHERE subscriber_id = {subscriber} AND list_id = {on}")
    )


def test_pages_behind_links_of_mails_open(house: House) -> None:
    assert {path: house.get(path)["status"] for path in PERSONAL} == dict.fromkeys(PERSONAL, 200)


def test_opening_every_link_changes_nothing(house: House) -> None:
    """Scanners do."""
    counted = [f"SELECT count(*) FROM subscribers_{table}" for table in ("consent", "owedmail", "subscriber")]
    before = [house.value(sql) for sql in counted]
    for path in PERSONAL:
        house.get(path)
    assert [house.value(sql) for sql in counted] == before


def test_public_pages_open_without_signing_in(house: House) -> None:
    found = {path: house.get(path) for path in PUBLIC}
    assert {path for path, page in found.items() if page["status"] != 200 or PUBLIC[path] not in page["text"]} == set()


def test_addresses_without_their_last_slash_lead_on(house: House) -> None:
    for path in ("/join", "/which", "/embed", "/archive", "/sources/clip"):
        answer = house.get(path)
        assert (answer["status"], answer["headers"].get("Location")) == (301, f"{path}/")


@pytest.mark.parametrize("name", ["7f704441a231546d.jpg", "57a16286438c4938.jpg"])
def test_pictures_of_mails_are_served(house: House, name: str) -> None:
    picture = house.get(f"/pictures/{name}")
    assert (picture["status"], picture["headers"]["Content-Type"]) == (200, "image/jpeg")


def test_every_address_of_ours_in_a_sent_mail_works(house: House) -> None:
    text = house.value("SELECT text FROM curator_snapshot WHERE id = 1")
    html = house.value("SELECT html FROM curator_snapshotvariant WHERE snapshot_id = 1 AND code = 'web'")
    addresses = re.findall(r"https://news\.example\.com(/[^\"' \n<>)&?#]*)", text + html)
    found = {each for each in addresses if not each.startswith(("/u/", "/p/"))}  # each reader's own, see above
    assert {path.split("/")[1] for path in found} >= {"join", "archive", "pictures"}
    assert {path: house.get(path)["status"] for path in found} == dict.fromkeys(found, 200)


def test_a_story_s_link_carries_its_key_as_nl(house: House) -> None:
    keys = house.values("SELECT key FROM curator_pick WHERE edition_id = 1 AND shown_to = ''")
    sent = house.value("SELECT html FROM curator_snapshotvariant WHERE snapshot_id = 1 AND code = 'web'")
    assert all(f"nl={key}" in sent for key in keys)


def test_one_click_leaves(house: House) -> None:
    answer = house.post(ONE_CLICK, "List-Unsubscribe=One-Click")
    assert answer["status"] == 200
    assert answer["headers"]["Content-Type"].startswith("text/plain")
    assert _standing(house, 5) == "unsubscribed"


def test_leaving_by_the_page_is_taken_back_and_explained(house: House) -> None:
    assert house.post(LEAVE, "via=page&do=leave")["status"] == 200
    assert (_standing(house, 1), _standing(house, 1, on=2)) == ("unsubscribed", "active")
    house.post(LEAVE, "via=page&do=why&reason=too-many&text=far+too+many")
    reason = "SELECT reason FROM subscribers_consent WHERE subscriber_id = 1 ORDER BY id DESC LIMIT 1"
    assert house.value(reason) == "too-many: far too many"
    assert house.post(LEAVE, "via=page&do=undo")["status"] == 200
    assert _standing(house, 1) == "active"


def test_a_link_for_every_list_leaves_them_all(house: House) -> None:
    house.post(LEAVE_ALL, "List-Unsubscribe=One-Click")
    assert (_standing(house, 2), _standing(house, 2, on=2)) == ("unsubscribed", "unsubscribed")


def test_confirming_makes_a_subscription(house: House) -> None:
    assert house.post(CONFIRM)["status"] == 200
    assert _standing(house, 17) == "active"


def test_a_confirmation_that_is_too_old_offers_another(house: House) -> None:
    assert house.get(CONFIRM_TOO_LATE)["status"] == 410
    owed = "SELECT count(*) FROM subscribers_owedmail WHERE subscriber_id = 17 AND kind = 'confirm'"
    before = house.value(owed)
    assert house.post(CONFIRM_TOO_LATE)["status"] == 200
    assert house.value(owed) == before + 1


def test_who_still_wants_it_stays(house: House) -> None:
    asked = "SELECT asked_at FROM subscribers_subscription WHERE subscriber_id = 7"
    assert house.value(asked) is not None
    assert house.post(STAY)["status"] == 200
    assert house.value(asked) is None


def test_preferences_are_saved(house: House) -> None:
    assert house.post(PREFERENCES, "lists=1&often-1=weekly")["status"] == 200
    assert house.value("SELECT frequency FROM subscribers_subscription WHERE subscriber_id=1 AND list_id=1") == "weekly"
    assert _standing(house, 1, on=2) == "unsubscribed"


@pytest.mark.parametrize("what", ["details", "address", "data", "erase"])
def test_preferences_send_a_link_for_the_rest(house: House, what: str) -> None:
    owed = f"SELECT count(*) FROM subscribers_owedmail WHERE subscriber_id = 1 AND kind = '{what}'"
    before = house.value(owed)
    assert house.post(PREFERENCES, f"mail={what}")["status"] == 200
    assert house.value(owed) == before + 1


def test_language_zone_and_tracking_are_changed(house: House) -> None:
    assert house.post(DETAILS, "language=de&zone=Europe/Berlin&untracked=1")["status"] == 200
    found = house.do("rows", sql="SELECT language, zone FROM subscribers_subscriber WHERE id = 1 AND NOT tracked")
    assert found == [["de", "Europe/Berlin"]]


def test_another_address_is_asked_for(house: House) -> None:
    assert house.post(ADDRESS, "address=ada.new%40example.com&email=ada.new%40example.com")["status"] == 200
    assert house.values("SELECT address FROM subscribers_addresswish WHERE subscriber_id = 1") == [
        "ada.new@example.com"
    ]


def test_another_address_is_taken(house: House) -> None:
    assert house.post(NEW_ADDRESS)["status"] == 200
    assert house.value("SELECT address FROM subscribers_subscriber WHERE id = 16") == "paul.new@example.com"


def test_a_subscriber_s_data_is_downloaded(house: House) -> None:
    answer = house.post(DATA)
    assert answer["status"] == 200
    assert "ada@example.com" in json.dumps(json.loads(answer["text"]))


def test_a_subscriber_is_erased(house: House) -> None:
    assert house.post(ERASE)["status"] == 422  # not without the tick
    assert house.post(ERASE, "sure=1")["status"] == 200
    assert house.values("SELECT address FROM subscribers_subscriber WHERE id = 6") == []


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/join/", {"email": "new@example.com", "lists": "morning", "first_name": "New", "zone": "Europe/London"}),
        ("/join/", {"email": "new@example.com", "lists": "1"}),
        ("/join/morning/", {"email": "new@example.com"}),
        ("/embed/", {"email": "new@example.com", "lists": "morning", "from": "https://echo.example.com/a"}),
        ("/embed/morning/", {"email": "new@example.com", "website": ""}),
        ("/embed/morning/", {"email": "new@example.com", "look": "page"}),
    ],
)
def test_forms_sign_up(house: House, path: str, form: dict[str, str]) -> None:
    assert house.post(path, urlencode(form))["status"] == 200
    new = house.value("SELECT id FROM subscribers_subscriber WHERE address = 'new@example.com'")
    assert _standing(house, new) == "pending"


def test_programs_sign_up(house: House) -> None:
    asked = {
        "email": "new@example.com",
        "lists": ["morning"],
        "first_name": "New",
        "from": "https://echo.example.com/a",
        "zone": "Europe/London",
        "captcha": "",
        "website": "",
        "sure": True,
    }
    answer = house.post("/api/subscriptions", json.dumps(asked), "application/json")
    assert answer["status"] == 202
    assert json.loads(answer["text"]).keys() >= {"message"}
    found = house.do("rows", sql="SELECT first_name, zone FROM subscribers_subscriber WHERE address='new@example.com'")
    assert found == [["New", "Europe/London"]]


def test_programs_are_told_what_will_not_do(house: House) -> None:
    answer = house.post("/api/subscriptions", json.dumps({"email": "x", "lists": ["morning"]}), "application/json")
    assert (answer["status"], json.loads(answer["text"])["field"]) == (422, "email")
    typo = house.post(
        "/api/subscriptions", json.dumps({"email": "a@gmial.com", "lists": ["morning"]}), "application/json"
    )
    assert (typo["status"], json.loads(typo["text"])["meant"]) == (422, "a@gmail.com")


def test_which_address_is_answered_by_mail(house: House) -> None:
    owed = "SELECT count(*) FROM subscribers_owedmail WHERE kind = 'which'"
    before = house.value(owed)
    assert house.post("/which/", "email=ada%40example.com")["status"] == 200
    assert house.value(owed) == before + 1


def test_the_newsroom_s_system_lists_and_pushes_articles(house: House) -> None:
    assert house.get("/api/articles")["status"] == 401
    assert house.get("/api/articles?query=orchard&limit=5", HTTP_AUTHORIZATION=TOKEN)["status"] == 200
    assert house.get("/api/articles/1", HTTP_AUTHORIZATION=TOKEN)["status"] == 200
    pushed = {
        "url": "https://echo.example.com/new",
        "title": "A bell for the chapel",
        "dek": "It rings",
        "text": "The bell rings again. " * 20,
        "byline": "Ann",
        "language": "en",
        "publisher": "Echo",
        "section": "Local",
        "biography": "Ann writes",
        "canonical_url": "https://echo.example.com/new",
        "published_at": "2026-11-24T07:00:00+00:00",
        "paywalled": True,
        "image": {"url": "", "alt": "", "caption": "", "credit": ""},
        "tags": ["bell"],
        "eligible_from": "2026-11-24",
        "eligible_until": "2026-12-24",
        "note": "Check the name",
    }
    answer = house.post("/api/articles", json.dumps(pushed), "application/json", HTTP_AUTHORIZATION=TOKEN)
    assert answer["status"] == 201, answer["text"]
    row = json.loads(answer["text"])
    assert (row["title"], row["dek"], row["section"], row["paywalled"]) == (
        "A bell for the chapel",
        "It rings",
        "Local",
        True,
    )
    assert house.values(f"SELECT name FROM curator_articletag WHERE article_id = {row['id']}") == ["bell"]


def test_a_clipped_page_is_shown_before_it_is_added(house: House) -> None:
    page = house.get(
        "/sources/clip/?url=https://paper.example.org/x&title=A+title&text=Some+words", "editor@example.com"
    )
    assert page["status"] == 200
    assert "https://paper.example.org/x" in page["text"]
    words = urlencode({"url": "https://paper.example.org/x", "do": "text", "text": _STORY})
    assert house.post("/sources/clip/", words, user="editor@example.com")["status"] == 200
    assert house.value("SELECT count(*) FROM curator_article WHERE url = 'https://paper.example.org/x'") == 1


def test_monitors_find_their_keys(house: House) -> None:
    house.do("write", sql="UPDATE jobs_pulse SET beat_at = CURRENT_TIMESTAMP")
    answer = house.get("/healthz")
    assert answer["status"] == 200
    health = json.loads(answer["text"])
    assert (health["database"], health["heartbeat"], health["worker"]) == (True, True, True)
    assert "now" in health


def test_the_provider_s_posts_are_taken_when_signed(house: House) -> None:
    before = house.value("SELECT count(*) FROM delivery_post")
    reported = house.report({"email": "ada@example.com", "event": "delivered", "sg_event_id": "e1"})
    assert reported["status"] == 204, reported["text"]
    assert house.value("SELECT count(*) FROM delivery_post") == before + 1
    assert house.post("/hooks/sendgrid", "[]", "application/json")["status"] == 403
