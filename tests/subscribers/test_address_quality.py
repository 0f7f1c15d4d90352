from __future__ import annotations

import pytest

from subscribers.address_quality import assess_address


@pytest.mark.parametrize(
    ("address", "kind", "meant"),
    [
        ("ann@gmial.com", "typo", "ann@gmail.com"),
        ("ann@gmail.con", "typo", "ann@gmail.com"),
        ("ann@hotmial.co.uk", "typo", "ann@hotmail.co.uk"),
        ("ann@yaho.com", "typo", "ann@yahoo.com"),
        ("ann@gmail.com", "", ""),
        ("ann@ymail.com", "", ""),
        ("ann@example.com", "", ""),
        ("ann@mailinator.com", "disposable", ""),
        ("ann@deep.mailinator.com", "disposable", ""),
        ("Info@example.com", "role", ""),
        ("info+news@example.com", "role", ""),
        ("infos@example.com", "", ""),
    ],
)
def test_what_looks_odd_is_pointed_out(address: str, kind: str, meant: str) -> None:
    assert assess_address(address) == (kind, meant)
