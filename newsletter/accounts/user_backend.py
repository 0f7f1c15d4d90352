"""Reads the user of a request, with the roles, in one query. What a request may do is decided by what it read."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from newsletter.accounts.models import Role, User


class UserBackend(ModelBackend):
    """The backend of sessions. Passwords are checked by Django's own, whose name is in sessions of older versions."""

    def authenticate(self, *args: Any, **credentials: Any) -> None:
        """Nobody signs in by this."""

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, if active."""
        roles = tuple(Role.objects.filter(user_id=user_id).select_related("user"))
        user = roles[0].user if roles else User.objects.filter(id=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        user.known_roles = roles
        return user
