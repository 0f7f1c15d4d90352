from __future__ import annotations

import string
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.tokens import CONFIRM, FOOTER, BadToken, Claims, ExpiredToken, Signer
from tests.conftest import NOW

IDS = st.integers(0, 2**63 - 1)
SIGNER = Signer(["today's key"])


@given(IDS, IDS)
def test_a_footer_token_says_what_was_signed(list_id: int, person_id: int) -> None:
    assert SIGNER.read(SIGNER.sign_footer(list_id, person_id), FOOTER, NOW) == Claims(FOOTER, list_id, person_id)


@given(st.integers(0, 10**4), st.integers(0, 10**8))
def test_a_footer_token_is_short_and_travels_in_any_link(list_id: int, person_id: int) -> None:
    token = SIGNER.sign_footer(list_id, person_id)
    assert len(token) <= 28
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


@given(IDS, IDS, st.integers(0, 40), st.integers(1, 255))
def test_one_changed_byte_makes_it_worthless(list_id: int, person_id: int, place: int, change: int) -> None:
    from base64 import urlsafe_b64decode, urlsafe_b64encode

    token = SIGNER.sign_footer(list_id, person_id)
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[place % len(raw)] ^= change
    with pytest.raises(BadToken):
        SIGNER.read(urlsafe_b64encode(bytes(raw)).decode().rstrip("="), FOOTER, NOW)


@pytest.mark.parametrize("token", ["", "a", "-", "ü", "a" * 5000, "%00", "AAAAAAAAAAAAAAAAAAAAAAAA", "../../x"])
def test_rubbish_is_not_ours(token: str) -> None:
    with pytest.raises(BadToken):
        SIGNER.read(token, FOOTER, NOW)


@given(st.integers(1, 30))
def test_a_token_cut_short_is_worthless(cut: int) -> None:
    token = SIGNER.sign_footer(3, 70_000)
    with pytest.raises(BadToken):
        SIGNER.read(token[:-cut], FOOTER, NOW)


def test_a_token_of_another_installation_is_worthless() -> None:
    with pytest.raises(BadToken):
        SIGNER.read(Signer(["their key"]).sign_footer(1, 1), FOOTER, NOW)


def test_what_a_link_may_do_is_inside_its_signature() -> None:
    with pytest.raises(BadToken, match="something else"):
        SIGNER.read(SIGNER.sign_footer(1, 1), CONFIRM, NOW)
    with pytest.raises(BadToken, match="something else"):
        SIGNER.read(SIGNER.sign_confirmation(1, 1, NOW + timedelta(days=1)), FOOTER, NOW)


@pytest.mark.parametrize(("after", "works"), [(timedelta(days=7), True), (timedelta(days=7, seconds=1), False)])
def test_a_confirmation_expires_to_the_second(after: timedelta, works: bool) -> None:
    token = SIGNER.sign_confirmation(1, 2, NOW + timedelta(days=7))
    if works:
        assert SIGNER.read(token, CONFIRM, NOW + after).subscriber_id == 2
    else:
        with pytest.raises(ExpiredToken):
            SIGNER.read(token, CONFIRM, NOW + after)


def test_leaving_works_after_many_years() -> None:
    assert SIGNER.read(SIGNER.sign_footer(1, 2), FOOTER, datetime(2099, 1, 1, tzinfo=NOW.tzinfo))


def test_links_signed_with_a_former_key_still_work() -> None:
    rotated = Signer(["tomorrow's key", "today's key"])
    assert rotated.read(SIGNER.sign_footer(1, 2), FOOTER, NOW).subscriber_id == 2
    with pytest.raises(BadToken):
        SIGNER.read(rotated.sign_footer(1, 2), FOOTER, NOW)


def test_there_is_no_signer_without_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        Signer([""])


@given(IDS, st.lists(IDS, min_size=1, max_size=5))
def test_each_of_many_tokens_made_at_once_names_its_own_person(list_id: int, people: list[int]) -> None:
    made = SIGNER.sign_footers(list_id, people)
    assert [SIGNER.read(each, FOOTER, NOW) for each in made] == [Claims(FOOTER, list_id, person) for person in people]
