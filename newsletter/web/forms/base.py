"""What the forms of the desk share: how they read what was sent, and that a refusal stands at the field it is about.

form = SponsorForm(request.POST)
if form.is_valid():
    with form.show_refusals():
        sponsors.add_sponsor(…)
        return redirect(…)
return render(…, {"form": form}, status=form.status)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Conflict, Difference, NewsletterError, NotAllowed
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.fields import get_form_status, read_seen
from newsletter.web.translated import describe_error

_STYLED = (forms.widgets.Input, forms.Textarea, forms.Select)


class DeskField(forms.BoundField):
    """A field of a form on a page, which notes that its errors were shown."""

    form: DeskForm

    @property
    def errors(self) -> Any:
        """What is wrong with it."""
        self.form.shown.add(self.name)
        return super().errors


class DeskForm(forms.Form):
    """A form whose controls look like the desk's, and which shows what a service function refuses."""

    SERVICE_NAMES: Mapping[str, str] = {}  # name in the service → name in the form, where they differ
    bound_field_class = DeskField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "%s"} | kwargs)
        self._problem: NewsletterError | None = None
        self.shown: set[str] = set()  # the fields whose errors the page has shown so far
        self.style_controls()

    def style_controls(self) -> None:
        """Gives controls the desk's style; for a form that adds fields once more after that."""
        for field in self.fields.values():
            classes = str(field.widget.attrs.get("class", "")).split()
            ticked = isinstance(field.widget, forms.CheckboxInput)
            if isinstance(field.widget, _STYLED) and not (ticked or field.widget.is_hidden or "input" in classes):
                field.widget.attrs["class"] = " ".join(["input", *classes])

    def read_seen(self) -> dict[str, str]:
        """What the page was filled with, by field: it carries that in hidden inputs “seen_…”."""
        return read_seen(self.data)

    def keep_seen(self, present: Mapping[str, str]) -> Mapping[str, str]:
        """What the page that is shown was filled with: as before, until a conflict has shown what is there now."""
        return present if isinstance(self._problem, Conflict) else self.read_seen() or present

    def add_error(self, field: str | None, error: Any) -> None:
        """Adds an error; of what nobody sees (a hidden field, a button) it stands above the form."""
        if field is not None and self.fields[field].widget.is_hidden:
            self.cleaned_data.pop(field, None)
            field = None
        if field is not None and not self.errors and not self.fields[field].widget.use_fieldset:
            self.fields[field].widget.attrs["autofocus"] = True  # the page opens where something is wrong
        super().add_error(field, error)

    def show_problem(self, problem: NewsletterError) -> None:
        """Shows a refusal of a service function at its field, or above the form where it has none here."""
        self.is_valid()  # what was sent has to be read before anything is wrong with it
        self._problem = problem
        name = problem.field if isinstance(problem, BadInput) else ""
        name = self.SERVICE_NAMES.get(name, name)
        self.add_error(name if name in self.fields else None, describe_error(problem))

    @contextmanager
    def show_refusals(self) -> Iterator[None]:
        """Shows what a service function refuses inside; that somebody may not do it at all is for the error page."""
        try:
            yield
        except NotAllowed:
            raise
        except NewsletterError as problem:
            self.show_problem(problem)

    def require_valid(self) -> dict[str, Any]:
        """What was sent, as values, for a page that stays open: it shows a refusal where somebody pressed.

        Raises BadInput with the first thing that is wrong.
        """
        if not self.is_valid():
            name, errors = next(iter(self.errors.items()))
            raise BadInput(str(errors[0]), name if name in self.fields else "")
        return self.cleaned_data

    def non_field_errors(self) -> Any:
        """What is wrong with the form as a whole."""
        self.shown.add(NON_FIELD_ERRORS)
        return super().non_field_errors()

    def list_unshown_errors(self) -> list[str]:
        """What is wrong, as far as the page has not shown it: a form that was sent may stand on it no more."""
        return [
            f"{self.fields[name].label}: {error}" if name in self.fields and self.fields[name].label else str(error)
            for name, errors in (self.errors.items() if self.is_bound else ())
            if name not in self.shown
            for error in errors
        ]

    @property
    def status(self) -> int:
        """The status of a page that shows this form."""
        if self._problem is not None:
            return get_form_status(self._problem)
        return 422 if self.errors else 200

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What somebody else changed meanwhile, where that is why it was refused."""
        return self._problem.differences if isinstance(self._problem, Conflict) else ()


class ButtonForm(DeskForm):
    """A button alone: nothing is typed, and what is refused stands beside it."""


AnyForm = TypeVar("AnyForm", bound=DeskForm)


def keep_sent(sent: DeskForm | None, form_class: type[AnyForm], **kwargs: Any) -> AnyForm:
    """For a page of several forms: the one that was sent, if it is of this class; else one that is new."""
    return sent if isinstance(sent, form_class) else form_class(**kwargs)


class DecisionForm(DeskForm):
    """A decision about what somebody saw: the form carries its hash."""

    content_hash = forms.CharField(
        widget=forms.HiddenInput,
        error_messages={"required": _("This page does not say what you saw. Load it again, then decide.")},
    )


@contextmanager
def refuse_bad_input() -> Iterator[None]:
    """Shows what one of our parsers refuses inside, at the field that is being read."""
    try:
        yield
    except BadInput as problem:
        raise forms.ValidationError(describe_error(problem)) from problem


class SeenField(forms.CharField):
    """What the page was filled with, as hidden text; it may be empty, but not missing."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, required=False, strip=False)

    def clean(self, value: Any) -> str:
        """Called by Django with what was sent."""
        if value is None:
            raise forms.ValidationError(_("This page is too old to save from. Load it again."), code="missing")
        text: str = super().clean(value)
        return text


class DayField(forms.Field):
    """A day, read as the command line and the API read it; None for an empty field."""

    widget = forms.DateInput

    def __init__(self, *, hidden: bool = False, **kwargs: Any) -> None:
        shown = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=forms.HiddenInput() if hidden else shown, **kwargs)

    def to_python(self, value: Any) -> date | None:
        """Called by Django with what was sent."""
        text = (value or "").strip()
        if not text:
            return None
        with refuse_bad_input():
            return clock.parse_day(text)


class ParsedField(forms.CharField):
    """A text that a function of ours reads, as it does for the command line; its BadInput stands at the field."""

    def __init__(self, *, parse: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._parse = parse

    def to_python(self, value: Any) -> Any:
        """Called by Django with what was sent."""
        with refuse_bad_input():
            return self._parse(super().to_python(value) or "")


class ShortNameField(forms.CharField):
    """The short name of something new that has pages of its own; the service says which names can be."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Short name"),
            help_text=_("For the addresses of its pages: small letters, digits and hyphens, such as morning."),
            max_length=59,
            widget=forms.TextInput(attrs={"class": "input--mid", "pattern": r"[a-z0-9][a-z0-9\-]*"}),
            **kwargs,
        )


class IdField(forms.Field):
    """The number of a thing, in a hidden field or on a button; None for an empty field."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> int | None:
        """Called by Django with what was sent. What is no number names nothing: it counts as not sent."""
        return parse_whole_number((value or "").strip())


class WholeNumberField(forms.Field):
    """A whole number, zero or more, in digits; None for an empty field."""

    widget = forms.TextInput
    default_error_messages = {"invalid": _("Type a whole number, in digits.")}

    def to_python(self, value: Any) -> int | None:
        """Called by Django with what was sent."""
        text = (value or "").strip()
        number = parse_whole_number(text)
        if text and number is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return number


class CountField(WholeNumberField):
    """A number of people, typed as a sign that somebody means it: with separators between the thousands or without."""

    _GROUPED = re.compile(
        "[0-9]{1,3}(?:([,. \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}'’])[0-9]{3})(?:\\1[0-9]{3}){0,4}"
    )

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"class": "input--short", "inputmode": "numeric", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def to_python(self, value: Any) -> int | None:
        """Called by Django with what was sent."""
        text = (value or "").strip()
        separator = self._GROUPED.fullmatch(text)
        return super().to_python(text.replace(separator[1], "") if separator else text)


class WebAddressField(forms.CharField):
    """The address of a page or a feed: the desk reads no files of the server."""

    widget = forms.URLInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.URLInput(attrs={"placeholder": "https://"}), max_length=2000, **kwargs)

    def validate(self, value: str) -> None:
        """Called by Django with what was read."""
        super().validate(value)
        if value and not value.startswith(("http://", "https://")):
            raise forms.ValidationError(_("Write an address that begins with https://."), code="invalid")
