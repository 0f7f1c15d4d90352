"""The forms of users: a role, whether they may sign in, and their removal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.accounts import users
from newsletter.accounts.roles import RoleName
from newsletter.catalog.values import Newsletter
from newsletter.web.forms.base import DeskForm

EVERYWHERE = "*"  # as a newsletter to choose: all of them; no newsletter is called so
_CHOOSE = ("", _("Choose …"))  # nothing is chosen for people where a wrong choice is grave
_WHO = {"required": _("Choose a user.")}
_WHAT = {"required": _("Choose a role.")}
_WHERE = {"required": _("Choose a newsletter, or all of them.")}
_TOO_OLD = _("This page is too old to save from. Load it again.")


def _list_roles() -> list[tuple[str, Any]]:
    return [_CHOOSE, *((role.value, role.label) for role in RoleName), (users.NO_ROLE, _("No role"))]


class UserForm(DeskForm):
    """What the forms of the page share: they choose among the same users and newsletters, read once for all."""

    def __init__(self, *args: Any, emails: Iterable[str], newsletters: Iterable[Newsletter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: dict[str, list[tuple[str, Any]]] = {
            "email": [_CHOOSE, *((each, each) for each in emails)],
            "newsletter": [
                _CHOOSE,
                *((each.slug, each.name) for each in newsletters),
                (EVERYWHERE, _("All newsletters")),
            ],
        }
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField) and name in offered:
                field.choices = offered[name]


class RoleForm(UserForm):
    """The role of a user for one newsletter or for all, with the roles that the page showed."""

    email = forms.ChoiceField(label=_("User"), error_messages=_WHO)
    role = forms.ChoiceField(label=_("Role"), choices=_list_roles, error_messages=_WHAT)
    newsletter = forms.ChoiceField(label=_("Newsletter"), error_messages=_WHERE)
    seen_roles = forms.CharField(widget=forms.HiddenInput, error_messages={"required": _TOO_OLD})

    def clean_seen_roles(self) -> str:
        """The role that was shown of this user for this newsletter."""
        sent = self.cleaned_data
        try:
            shown = json.loads(sent["seen_roles"]).get(sent.get("email"), {})
            return str(shown.get(sent.get("newsletter", "").replace(EVERYWHERE, ""), users.NO_ROLE))
        except (ValueError, AttributeError, RecursionError):
            raise forms.ValidationError(_TOO_OLD) from None


class NewUserForm(UserForm):
    """A new user, with one role and a first password."""

    email = forms.CharField(
        label=_("Address"), widget=forms.EmailInput(), error_messages={"required": _("Type the address.")}
    )
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=lambda: [_CHOOSE, *((role.value, role.label) for role in RoleName)],
        error_messages=_WHAT,
    )
    newsletter = forms.ChoiceField(label=_("Newsletter"), error_messages=_WHERE)
    password = forms.CharField(
        label=_("First password"),
        help_text=_("Hand it over by a safe way. They change it under their account."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Type a password.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "new-%s"} | kwargs)


class AccessForm(UserForm):
    """Whom a button of the table lets sign in again."""

    email = forms.CharField(widget=forms.HiddenInput)


class DisableForm(AccessForm):
    """Who is disabled, and that it is meant."""

    sure = forms.BooleanField(
        label=_("End their sessions and API tokens now."),
        error_messages={"required": _("Tick the box to confirm that this user is to be disabled.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "disabled-%s"} | kwargs)


class ResetPasswordForm(UserForm):
    """A new password for somebody who has lost theirs, and that it is meant."""

    email = forms.ChoiceField(label=_("User"), error_messages=_WHO)
    password = forms.CharField(
        label=_("New password"),
        help_text=_("Hand it over by a safe way. They change it under their account."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Type a password.")},
    )
    sure = forms.BooleanField(
        label=_("End their sessions, and revoke their API tokens and calendar link."),
        error_messages={"required": _("Tick the box to confirm that this password is to be replaced.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "password-%s"} | kwargs)


class ResetCodeForm(UserForm):
    """Whose sign-in with a code is turned off, and that it is meant."""

    email = forms.ChoiceField(label=_("User"), error_messages=_WHO)
    sure = forms.BooleanField(
        label=_("They sign in with the password alone until they set a code up again."),
        error_messages={"required": _("Tick the box to confirm that sign-in with a code is to be turned off.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "code-%s"} | kwargs)


class RemoveUserForm(UserForm):
    """Who is to be removed, and that it is meant."""

    email = forms.ChoiceField(label=_("User"), error_messages=_WHO)
    sure = forms.BooleanField(
        label=_(
            "Delete the account with its roles, tokens and codes. The audit log keeps what they did. "
            "This cannot be undone."
        ),
        error_messages={"required": _("Tick the box to confirm that this user is to be removed.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "removed-%s"} | kwargs)
