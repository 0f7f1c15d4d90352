"""The form with which a reader signs up, of our own pages and of the newsroom's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django import forms
from django.http import QueryDict

from subscribers.values import List

LONGEST_CAPTCHA = 4096


class SignUpForm(forms.Form):
    """Who wants what. `look` is “page” for the form of our own page, which has no cookies and submits elsewhere."""

    look = forms.CharField(required=False)
    email = forms.CharField(required=False, strip=False)
    sure = forms.CharField(required=False, strip=False)  # the address that looks mistyped and is right
    first_name = forms.CharField(required=False, strip=False)
    zone = forms.CharField(required=False, strip=False)
    website = forms.CharField(required=False)  # people leave it empty
    tracking = forms.BooleanField(required=False)
    challenge = forms.CharField(required=False, strip=False)
    wait = forms.BooleanField(required=False)

    @property
    def is_of_our_page(self) -> bool:
        """Whether our own page showed it."""
        return self.data.get("look") == "page"

    @property
    def origin(self) -> str:
        """The article or campaign from which somebody came, as the form says."""
        return str(self.data.get("from", ""))

    def choose_lists(self, offered: list[List]) -> list[List]:
        """Those of the offered lists that were ticked; the only one needs no tick."""
        return choose_lists(cast(QueryDict, self.data).getlist("lists"), offered)

    def read_captcha(self, name: str) -> str:
        """What the captcha put into the field of this name."""
        return str(self.data.get(name, ""))[:LONGEST_CAPTCHA]


def choose_lists(wanted: Iterable[str], offered: list[List]) -> list[List]:
    """The offered lists that are named, by id or short name; the only one is always chosen."""
    if len(offered) == 1:
        return offered
    return [each for each in offered if {str(each.id), each.slug} & {*wanted}]
