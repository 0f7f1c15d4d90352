"""Users by their names, where people read of them: what is stored, and the audit log, keep the addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Lower

from newsletter.accounts.models import User
from newsletter.kernel.patterns import compile_bounded

_LONGEST_REASON = 2_000  # characters; stored reasons have a few hundred
_ADDRESS = compile_bounded(_LONGEST_REASON, r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.ASCII)


def map_user_names() -> dict[str, str]:
    """The names of all users who have one, by address."""
    return dict(User.objects.exclude(name="").values_list("email", "name"))


def get_user_name(address: str) -> str:
    """What people read for a user: the name, else the address; whoever is no user as given."""
    return User.objects.filter(email=address.casefold()).values_list("name", flat=True).first() or address


def select_user_name(address: OuterRef) -> Subquery:
    """The name of the user whose address a row of another table holds, for a query of those; NULL for no user."""
    return Subquery(User.objects.filter(email=Lower(address)).exclude(name="").values("name")[:1])


def put_user_names(text: str, names: Mapping[str, str]) -> str:
    """A text with the names of users in place of their addresses, as `map_user_names` gives them.

    Without an address in it `names` is not looked at, so that it may be read lazily.
    """
    if "@" not in text:
        return text
    return _ADDRESS.sub(lambda found: names.get(found[0].casefold(), found[0]), text)
