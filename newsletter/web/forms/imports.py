"""The forms of an import: a file of subscribers, what its columns and values mean, and what is to become of it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from newsletter.web.forms.base import DeskForm
from subscribers import tiers
from subscribers.imports.columns import DAY_FIRST, MONTH_FIRST, TARGET_LABELS
from subscribers.imports.csv import MOST_COLUMNS
from subscribers.imports.questions import MOST_STATES, asks_about_dates
from subscribers.imports.staging import ImportOptions
from subscribers.imports.state_words import SUPPRESSED
from subscribers.states import QuestionKind, SubscriptionState, Tier
from subscribers.values import AskedValue, ImportRun, List, Question

LARGEST_UPLOAD = 64 * 2**20  # bytes
ACCEPTED = ".csv,.tsv,.txt,.zip,.xlsx,.xls,.ods,text/csv"


class ImportForm(DeskForm):
    """A file, or addresses pasted, and the list they are for: chosen by hand where there are several."""

    # Which lists there are, and whose, is checked by the service.
    list = forms.CharField(
        label=_("List"),
        widget=forms.Select(attrs={"class": "input--mid"}),
        error_messages={"required": _("Choose the list.")},
    )
    file = forms.FileField(label=_("File"), required=False, widget=forms.FileInput(attrs={"accept": ACCEPTED}))
    pasted = forms.CharField(
        label=_("Or paste addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "Ann Lee <ann@example.com>, ben@example.com"}),
    )

    def __init__(self, *args: Any, lists: Iterable[List], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.slug, each.name) for each in lists]
        select = cast(forms.Select, self.fields["list"].widget)
        select.choices = choices if len(choices) == 1 else [("", _("Choose a list")), *choices]

    def clean_file(self) -> UploadedFile[Any] | None:
        """The file, if it is not too large."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > LARGEST_UPLOAD:
            raise forms.ValidationError(
                _("The file is larger than %(most)s MB. Import it on the server: %(command)s"),
                params={
                    "most": LARGEST_UPLOAD // 2**20,
                    "command": f"newsletter subscribers import FILE --list {self.data.get('list') or 'LIST'}",
                },
            )
        return file

    def clean(self) -> dict[str, Any]:
        """Either of them must be there."""
        if not self.errors.get("file") and not self.cleaned_data.get("file") and not self.cleaned_data.get("pasted"):
            self.add_error("file", _("Choose a file, or paste addresses."))
        return self.cleaned_data

    def open(self) -> tuple[BinaryIO, str]:
        """What is to be imported, and a name for it."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is None:
            return io.BytesIO(self.cleaned_data["pasted"].encode()), "pasted addresses"
        return cast(BinaryIO, file.file), file.name or ""


Choices = list[tuple[str, Any]]
_NO_OPTIONS = ImportOptions()


def list_states() -> Choices:
    """What a word of a file can mean, with what people read."""
    return [*((state.value, _(state.label)) for state in SubscriptionState), (SUPPRESSED, _("Suppressed"))]


class ConfirmImportForm(DeskForm):
    """Imports a file as the page showed it."""

    seen = forms.CharField(
        widget=forms.HiddenInput,
        error_messages={"required": _("The form does not say what you saw. Load the page again.")},
    )


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question about a column, with the fields in which it is answered."""

    question: Question
    number: int
    answer: BoundField | None  # what the column is, or the order of its dates
    values: tuple[tuple[AskedValue, BoundField], ...]


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of a file that was understood: what is in it, and the field that says as what it is taken."""

    number: int
    name: str
    field: BoundField
    samples: Sequence[str]
    is_understood: bool


class AnswersForm(ConfirmImportForm):
    """What the columns of a file are, and what their values mean.

    What was sent names its columns and values itself (name-0, value-0-1), so it is read whatever is asked by now.
    """

    others = forms.ChoiceField(
        label=_("All these columns"),
        choices=[
            ("", _("are answered below")),
            ("attribute", _("are attributes: none says who left")),
            ("ignore", _("are left out: none says who left")),
        ],
        required=False,
        widget=forms.Select(attrs={"class": "input--mid"}),
    )
    status = forms.ChoiceField(  # type: ignore[assignment]  # a field is no attribute of its form
        label=_("Or: everybody in the file is"),
        choices=lambda: [("", ""), *list_states()],
        required=False,
        widget=forms.Select(attrs={"class": "input--mid"}),
    )
    overwrite = forms.BooleanField(label=_("Names and attributes of the file replace ours"), required=False)

    @classmethod
    def of(cls, run: ImportRun, given: ImportOptions = _NO_OPTIONS) -> AnswersForm:
        """The form of what is asked about a file, filled with what was answered."""
        form = cls(initial={"others": given.other_columns, "status": given.status, "overwrite": given.overwrite})
        form.questions = tuple(form._ask(number, each, given) for number, each in enumerate(run.questions))
        # What nobody made out comes first; then in the order of the file.
        form.columns = tuple(sorted(form._list_columns(run, given), key=lambda column: column.is_understood))
        form.style_controls()
        return form

    questions: tuple[AskedQuestion, ...] = ()
    columns: tuple[ColumnChoice, ...] = ()

    def _ask(self, number: int, question: Question, given: ImportOptions) -> AskedQuestion:
        column, answer = question.column, None
        if question.kind == QuestionKind.COLUMN:
            targets: Choices = [(target, _(label)) for target, label in TARGET_LABELS.items()]
            answer = self._add(f"col-{number}", _("This column is"), targets, given.mapping.get(column))
        elif question.kind == QuestionKind.DATES:
            orders = [
                (DAY_FIRST, _("The day is first: 31/12/2026")),
                (MONTH_FIRST, _("The month is first: 12/31/2026")),
            ]
            answer = self._add(f"order-{number}", _("In its dates"), orders, given.dates.get(column))
        if asks_about_dates(question):
            return AskedQuestion(question, number, answer, ())
        values = tuple(
            (each, self._ask_value(number, place, question, each, given)) for place, each in enumerate(question.values)
        )
        return AskedQuestion(question, number, answer, values)

    def _ask_value(
        self, number: int, place: int, question: Question, asked: AskedValue, given: ImportOptions
    ) -> BoundField:
        label = _("%(value)s means") % {"value": asked.value}
        if question.kind == QuestionKind.TIERS:
            names: Choices = [(value, _(name)) for value, name in Tier.list_choices()]
            names += [(name, name) for name in tiers.map_own_tiers()]
            return self._add(f"tier-{number}-{place}", label, names, given.tiers.get(asked.value))
        meaning = given.statuses.get(f"{question.column}:{asked.value}")
        return self._add(f"means-{number}-{place}", label, list_states(), meaning)

    def _list_columns(self, run: ImportRun, given: ImportOptions) -> Iterator[ColumnChoice]:
        """The columns of a file that was understood, and as what each is taken."""
        for number, (name, target) in enumerate(run.report.columns):
            if name and f"col-{number}" not in self.fields:
                targets: Choices = [(each, _(label)) for each, label in TARGET_LABELS.items()]
                known = target in TARGET_LABELS
                label = _("%(value)s is taken as") % {"value": name}
                field = self._add(f"col-{number}", label, targets, given.mapping.get(name, target if known else ""))
                if not known:
                    shown = _("Attribute") if "attribute:" in target else target
                    cast(forms.ChoiceField, self.fields[f"col-{number}"]).choices = [("", shown), *targets]
                samples = run.report.samples.get(name, ())
                yield ColumnChoice(number, name, field, samples, is_understood=target != "ignore")

    def _add(self, name: str, label: Any, choices: Choices, initial: str | None) -> BoundField:
        self.fields[name] = forms.ChoiceField(
            label=label,
            choices=[("", _("Choose …")), *choices],
            required=False,
            initial=initial or "",
            widget=forms.Select(attrs={"class": "input--mid", "aria-label": label}),
        )
        return self[name]

    def read_options(self) -> ImportOptions:
        """What was sent: of columns (col-0 of name-0, …), and of their values (means-0-1 of value-0-1, …)."""
        sent = self.data
        numbered = [(number, sent[f"name-{number}"]) for number in range(MOST_COLUMNS) if sent.get(f"name-{number}")]
        mapping = {name: sent[f"col-{number}"] for number, name in numbered if sent.get(f"col-{number}")}
        orders = {name: sent[f"order-{number}"] for number, name in numbered if sent.get(f"order-{number}")}
        statuses: dict[str, str] = {}
        own: dict[str, str] = {}
        for number, name in numbered:
            for place in range(MOST_STATES + 1):
                value = sent.get(f"value-{number}-{place}")
                if value and sent.get(f"means-{number}-{place}"):
                    statuses[f"{name}:{value}"] = sent[f"means-{number}-{place}"]
                    if sent.get(f"col-{number}") == "":  # whoever says what its words mean says that it is the state
                        mapping[name] = "status"
                if value and sent.get(f"tier-{number}-{place}"):
                    own[value] = sent[f"tier-{number}-{place}"]
        return ImportOptions(
            mapping,
            sent.get("status", ""),
            statuses,
            bool(sent.get("overwrite")),
            own,
            orders,
            sent.get("others", ""),
        )
