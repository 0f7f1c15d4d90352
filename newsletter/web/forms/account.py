"""The forms of a user's own account. Passwords, codes and tokens are checked by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from newsletter.accounts.api_tokens import LONGEST_LIFE, LONGEST_NAME
from newsletter.accounts.token_scopes import TokenScope
from newsletter.web.forms.base import DeskForm, IdField, WholeNumberField


def _password_field(label: Any, *, autocomplete: str = "current-password", **kwargs: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"class": "input--mid", "autocomplete": autocomplete})
    missing = {"required": _("Type the password.")}
    return forms.CharField(label=label, widget=widget, strip=False, error_messages=missing, **kwargs)


def _list_languages() -> list[tuple[str, Any]]:
    return [("", _("As the browser asks")), *settings.LANGUAGES]


class LanguageForm(DeskForm):
    """In which language the desk is shown to a user."""

    language = forms.ChoiceField(
        label=_("Language of the desk"),
        choices=_list_languages,
        required=False,
        widget=forms.Select(attrs={"class": "input--mid"}),
    )


class PasswordForm(DeskForm):
    """A new password, by whoever knows the old one."""

    old_password = _password_field(_("Current password"))
    new_password = _password_field(
        _("New password"),
        autocomplete="new-password",
        help_text=_(
            "At least 10 characters, and not easily guessed: four unrelated words work well. Your other sessions end, "
            "and your API tokens are revoked."
        ),
    )

    SERVICE_NAMES = {"password": "old_password"}


class BeginCodeForm(DeskForm):
    """Sets up signing in with a code."""

    password = _password_field(_("Your password"))


class EndCodeForm(DeskForm):
    """Turns signing in with a code off."""

    password = _password_field(_("Your password"))


class FirstCodeForm(DeskForm):
    """The first code of an authenticator app, with which signing in with codes begins."""

    code = forms.CharField(
        label=_("Code"),
        max_length=10,
        widget=forms.TextInput(
            attrs={"class": "input--short", "inputmode": "numeric", "autocomplete": "one-time-code"}
        ),
        error_messages={"required": _("Type the code that the app shows now.")},
    )


class TokenForm(DeskForm):
    """A token for a program."""

    name = forms.CharField(
        label=_("Program"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"class": "input--mid"}),
        error_messages={"required": _("Name the token after the program that uses it.")},
    )
    scope = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=lambda: [(scope.value, _(scope.label)) for scope in TokenScope],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what the token may be used for.")},
    )
    days = WholeNumberField(
        label=_("Days until it expires"),
        initial=LONGEST_LIFE,
        widget=forms.NumberInput(attrs={"class": "input--short", "min": 1, "max": LONGEST_LIFE}),
        error_messages={"required": _("Say after how many days it expires.")},
    )
    password = _password_field(_("Your password"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "token-%s"} | kwargs)


class RevokeTokenForm(DeskForm):
    """Which token a button of the table revokes."""

    token = IdField(error_messages={"required": _("Say which token. Load the page again.")})


class CalendarForm(DeskForm):
    """The link of the calendar: nothing to fill in, two buttons."""
