from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput
from subscribers import addresses

_ALMOST = st.text(st.sampled_from("abcXYZ019.-_+@'\"()<>,:; ü\u200b\n"), max_size=24)
_DOMAINS = st.sampled_from(
    [
        "example.com",
        "EXAMPLE.org",
        "b.onion",
        "home.arpa",
        "x.test",
        "1.2.3.de",
        "-a.com",
        "a-.com",
        "xn--a.com",
        "a..b.com",
        "bücher.example",
    ]
)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  ann@example.com\u00a0", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
        ("Ann.Lee+news@Example.COM", "Ann.Lee+news@Example.COM"),
        ("o'hara@example.com", "o'hara@example.com"),
        ("ann@bücher.example", "ann@bücher.example"),
    ],
)
def test_an_address_stays_as_it_was_typed(typed: str, address: str) -> None:
    assert addresses.check_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "a b@example.com",
        "ann@exa_mple.com",
        "ann..lee@example.com",
        "jürgen@example.com",
        "ann@localhost",
        "ann@x.invalid",
        "ann@x.onion",
        f"{'a' * 65}@example.com",
        f"ann@{'a.' * 130}com",
        "ann@example.com\nBcc: bob@example.com",
    ],
)
def test_what_cannot_be_mailed_is_refused_with_the_field_named(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        addresses.check_address(typed)
    assert refused.value.field == "email"


@given(st.one_of(_ALMOST, st.builds("{}@{}".format, _ALMOST, _DOMAINS)))
def test_whatever_is_taken_the_library_takes_too(text: str) -> None:
    """The fast path is only a fast path."""
    try:
        address = addresses.check_address(text)
    except BadInput:
        return
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        raise AssertionError(f"{address!r} was taken: {error}") from None


@pytest.mark.parametrize("other", ["ANN@example.com", "ann@EXAMPLE.com", "Ann@Example.Com"])
def test_case_makes_no_other_person(other: str) -> None:
    assert addresses.to_key(other) == addresses.to_key("ann@example.com")


@pytest.mark.parametrize("other", ["a.nn@example.com", "ann+news@example.com"])
def test_dots_and_tags_make_another_person(other: str) -> None:
    assert addresses.to_key(other) != addresses.to_key("ann@example.com")


def test_a_domain_is_compared_and_sent_in_idna() -> None:
    assert addresses.to_key("Ann@BÜCHER.example") == "ann@xn--bcher-kva.example"
    assert addresses.to_sendable("Ann@bücher.example") == "Ann@xn--bcher-kva.example"
    assert addresses.to_key("ann@xn--bcher-kva.example") == addresses.to_key("ann@bücher.example")


@pytest.mark.parametrize("name", ["ann", "a--n"])  # hyphens side by side are left to the library
@pytest.mark.parametrize(
    ("local", "whole", "fits"), [(64, 100, True), (65, 100, False), (30, 254, True), (30, 255, False)]
)
def test_an_address_may_be_as_long_as_mail_allows_and_no_longer(name: str, local: int, whole: int, fits: bool) -> None:
    room = whole - local - len("@example.com")
    domain = f"{'b' * 49}." * (room // 50) + f"{'c' * (room % 50 - 1)}.example.com"
    address = f"{name.ljust(local, 'x')}@{domain}"
    assert len(address) == whole
    if fits:
        assert addresses.check_address(address) == address
    else:
        with pytest.raises(BadInput, match="is (longer|not an e-mail address)"):
            addresses.check_address(address)
