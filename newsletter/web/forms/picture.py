"""The forms of a story's picture: choosing it, and bringing more to choose from."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.web.forms.base import DeskForm, SeenField


class PictureForm(DeskForm):
    """The picture of a story with its focal point and words; each with what it was when the dialog was opened."""

    picture = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    focus = forms.CharField(required=False, max_length=7, widget=forms.HiddenInput(attrs={"data-focus": ""}))
    image_alt = forms.CharField(
        label=_("Alternative text"),
        help_text=_("Say what the picture shows: read aloud, and shown where images are off."),
        required=False,
        max_length=2000,
    )
    image_caption = forms.CharField(label=_("Caption"), help_text=_("Optional."), required=False, max_length=2000)
    image_credit = forms.CharField(
        label=_("Credit"),
        help_text=_("Photographer and agency, as they stand below the picture."),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": _("Name / agency")}),
    )
    remove = forms.CharField(required=False)  # the button that takes the picture away
    seen_picture = SeenField()
    seen_focus = SeenField()
    seen_image_alt = SeenField()
    seen_image_caption = SeenField()
    seen_image_credit = SeenField()

    VALUES = ("picture", "focus", "image_alt", "image_caption", "image_credit")

    def clean_picture(self) -> str:
        """A picture, unless it is to be removed: that has a button of its own."""
        picture = str(self.cleaned_data["picture"])
        if not picture and not self.data.get("remove"):
            raise forms.ValidationError(_("Choose a picture, or add one."))
        return picture


class PictureSourceForm(forms.Form):
    """Where more pictures come from: a file, or the page of the story's article."""

    edition = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    story = forms.SlugField(max_length=12)
    file = forms.FileField(required=False)
