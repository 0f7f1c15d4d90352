"""The forms of signing in: address and password, then a code where the user has set that up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.web.forms.base import DeskForm


class SignInForm(DeskForm):
    """Who wants to sign in, where they go then, and the form that was sent when the session had ended."""

    unsent = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    next = forms.CharField(required=False, widget=forms.HiddenInput)
    email = forms.CharField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        error_messages={"required": _("Type your e-mail address.")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Type your password.")},
    )

    def clean_email(self) -> str:
        """Addresses are compared without regard to case."""
        address: str = self.cleaned_data["email"]
        return address.casefold()


class CodeForm(DeskForm):
    """The second step; in the dialog of a page it carries whose it is, for the password may be asked for again."""

    email = forms.CharField(required=False, widget=forms.HiddenInput)
    unsent = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("Six digits from your authenticator app, or a spare code"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "one-time-code", "autofocus": True}),
        error_messages={"required": _("Type the code.")},
    )


def join_errors(form: forms.Form) -> str:
    """What is wrong with a form, in one text, for a dialog that shows it in one place."""
    found: list[Any] = [error for errors in form.errors.values() for error in errors]
    return " ".join(str(each) for each in found)
