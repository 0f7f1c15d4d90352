"""The actors there are: users of the desk, and what acts without one (a command, the scheduler, a worker)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from newsletter.accounts import audit_log
from newsletter.accounts.models import User
from newsletter.accounts.permissions import list_visible_newsletters
from newsletter.kernel.actors import ActionRecord, Verb
from newsletter.kernel.errors import NotAllowed

FindLists = Callable[[], Mapping[int, int]]


def get_user_actor(user: object, *, network: str = "", find_lists: FindLists) -> UserActor:
    """The user of a request as an actor; see `UserActor`. Raises NotAllowed for somebody who is not signed in."""
    if not isinstance(user, User):
        raise NotAllowed("You are not signed in. Sign in, then try again.")
    return UserActor(user, network=network, find_lists=find_lists)


class UserActor:
    """A user of the desk, at the desk or through a token, from a network address."""

    def __init__(self, user: User, *, network: str = "", find_lists: FindLists) -> None:
        """`find_lists` gives the list that each newsletter is sent to, by the newsletter's id."""
        self.user, self.network, self._find_lists = user, network, find_lists

    @property
    def name(self) -> str:
        """The user's address."""
        return self.user.email

    def may(self, verb: Verb, list_ids: Collection[int] = (), *, newsletter_id: int | None = None) -> bool:
        """Whether the user's roles allow it; an inactive user may nothing."""
        allowed = list_visible_newsletters(self.user, verb)
        if allowed is None:
            return True
        if not list_ids:
            return newsletter_id in allowed
        if newsletter_id is not None and newsletter_id not in allowed:
            return False
        return all(self._newsletters_of(list_id) and self._newsletters_of(list_id) <= allowed for list_id in list_ids)

    def list_visible_lists(self, verb: Verb) -> frozenset[int] | None:
        """The lists of the newsletters that the roles allow `verb` for; None means all lists."""
        allowed = list_visible_newsletters(self.user, verb)
        if allowed is None:
            return None
        return frozenset(list_id for newsletter_id, list_id in self._lists.items() if newsletter_id in allowed)

    def list_visible_newsletters(self, verb: Verb) -> frozenset[int] | None:
        """The newsletters that the roles allow `verb` for; None means all."""
        return list_visible_newsletters(self.user, verb)

    def record(self, entry: ActionRecord) -> None:
        """Writes the audit log, with the user and the network."""
        audit_log.write_entry(entry, user=self.user, actor_name=self.user.email, network=self.network)

    @cached_property
    def _lists(self) -> Mapping[int, int]:
        return self._find_lists()

    def _newsletters_of(self, list_id: int) -> frozenset[int]:
        """All the newsletters that are sent to a list. A list of none belongs to the newsroom as a whole."""
        return frozenset(newsletter_id for newsletter_id, of in self._lists.items() if of == list_id)


@dataclass(frozen=True, slots=True)
class SystemActor:
    """What acts without a user: a command, the scheduler. May do everything: whoever runs it has the database."""

    name: str
    network: str = ""

    def may(self, verb: Verb, list_ids: Collection[int] = (), *, newsletter_id: int | None = None) -> bool:
        """Always."""
        return True

    def list_visible_lists(self, verb: Verb) -> frozenset[int] | None:
        """All."""
        return None

    def list_visible_newsletters(self, verb: Verb) -> frozenset[int] | None:
        """All."""
        return None

    def record(self, entry: ActionRecord) -> None:
        """Writes the audit log under this name."""
        audit_log.write_entry(entry, user=None, actor_name=self.name, network=self.network)
