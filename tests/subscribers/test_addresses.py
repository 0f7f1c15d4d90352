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


@given(st.lists(st.one_of(_ALMOST, st.builds("{}@{}".format, _ALMOST, _DOMAINS), st.just("ann@example.com"))))
def test_of_many_lines_none_that_is_not_fit_at_the_first_look_is_missed(texts: list[str]) -> None:
    lines = [line for text in texts for line in text.split("\n")]
    doubtful = [*addresses.list_doubtful("".join(f"{line}\n" for line in lines))]
    assert [line for line in lines if line in doubtful] == doubtful
    assert all(addresses.is_plain(line) for line in lines if line not in doubtful)


@pytest.mark.parametrize("between", ["", "no address", "ann@exa--mple.com"])
def test_of_a_million_lines_the_usual_are_taken_at_once(between: str) -> None:
    usual = "".join(f"Reader{n}.of+news@mail-{n}.example.co.uk\n" for n in range(3_000))
    text = f"{usual}{between}\n{usual}" if between else usual
    assert [*addresses.list_doubtful(text)] == ([between] if between else [])


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


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("@Example.COM", "example.com"),
        ("bücher.example.com", "xn--bcher-kva.example.com"),
        ("@xn--bcher-kva.example.com", "xn--bcher-kva.example.com"),
        ("a--b.example.com", "a--b.example.com"),
    ],
)
def test_a_domain_may_have_letters_beyond_ascii(written: str, key: str) -> None:
    assert addresses.to_domain_key(written) == key


@pytest.mark.parametrize("written", ["", "@", "example", "-.example.com", "ex ample.com", "a@example.com", "x" * 300])
def test_what_is_no_domain_is_refused(written: str) -> None:
    with pytest.raises(BadInput, match="is not a domain"):
        addresses.to_domain_key(written)
