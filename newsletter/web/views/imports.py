"""Imports: a file is stored, checked by the worker, mapped where needed, and confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from newsletter.jobs import hints
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NotFound
from newsletter.web.access import desk_view, get_actor
from newsletter.web.context import get_newsroom_zone
from newsletter.web.downloads import stream_file
from newsletter.web.fields import read_act
from newsletter.web.forms.base import ButtonForm, DeskForm
from newsletter.web.forms.filters import PAGE, FilterForm, list_month_choices, list_state_choices
from newsletter.web.forms.imports import AnswersForm, ConfirmImportForm, ImportForm, list_states
from newsletter.web.translated import describe_error
from newsletter.web.views.subscribers import get_visible_list, list_visible_lists
from subscribers import address_quality
from subscribers.imports.columns import TABLE
from subscribers.imports.import_lookup import find_import_span, get_import, list_import_rows, stream_refused_csv
from subscribers.imports.run import begin_import, change_import_options, confirm_import, discard_import, request_undo
from subscribers.states import ImportState
from subscribers.values import ImportFilter, ImportRun, List

BAD_SHOWN = 200
STOP_POLLING = 286  # htmx stops asking
_IN_PROGRESS = (ImportState.CHECKING, ImportState.WAITING, ImportState.RUNNING, ImportState.UNDOING)


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_imports(request: HttpRequest) -> HttpResponse:
    """The imports there were; POST takes a file and has it looked through. Nothing is changed by that."""
    lists = list_visible_lists(request)
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES, lists=lists.values())
        target = _find_target(request, form)
        if form.is_valid() and target:
            with form.show_refusals():
                stream, name = form.open()
                run = begin_import(stream, target.id, by=get_actor(request), now=clock.now(), name=name)
                hints.hint_imports()
                return redirect("desk:import-run", run.id)
    else:
        form = ImportForm(lists=lists.values())
    return _render_imports(request, form, lists)


def _render_imports(request: HttpRequest, form: ImportForm, lists: Mapping[int, List]) -> HttpResponse:
    filters = FilterForm(
        request.GET,
        searched=_("Any part of the file’s name"),
        list=[(each.slug, each.name) for each in lists.values()],
        state=list_state_choices(ImportState),
        month=list_month_choices(find_import_span(lists.keys()), get_newsroom_zone()),
    )
    chosen = filters.chosen
    wanted = ImportFilter(
        [each.id for each in lists.values() if chosen.get("list") in (None, each.slug)],
        [ImportState(chosen["state"])] if "state" in chosen else (),
        filters.month and filters.month.to_instants(get_newsroom_zone()),
        filters.text,
    )
    page = filters.cut_page(list_import_rows(wanted, limit=PAGE + 1, after=filters.after))
    context = {"form": form, "filters": filters, "page": page}
    return render(request, "pages/imports.html", context, status=max(form.status, filters.status))


def _find_target(request: HttpRequest, form: ImportForm) -> List | None:
    """The list that was chosen, where there is such a list. Raises NotAllowed."""
    slug = form["list"].value()
    try:
        return get_visible_list(request, slug) if slug else None
    except NotFound as problem:
        form.is_valid()
        form.add_error("list", describe_error(problem))
        return None


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import: what its file holds, what would become of it, what came of it."""
    found = _get_visible_import(request, import_id)
    if request.method != "POST":
        return render(request, "pages/import.html", _import_context(request, found))
    form_class, act = read_act(request.POST, _ACTS)
    form = form_class(request.POST)
    if form.is_valid():
        with form.show_refusals():
            return redirect(act(request, found, form))
    context = _import_context(request, _get_visible_import(request, import_id), form)
    return render(request, "pages/import.html", context, status=form.status)


@desk_view(Verb.SUBSCRIBERS, background=True)
def show_import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """The part of the page that changes while a file is read."""
    found = _get_visible_import(request, import_id)
    status = 200 if found.state in _IN_PROGRESS else STOP_POLLING
    return render(request, "fragments/import.html", _import_context(request, found), status=status)


def _confirm(request: HttpRequest, found: ImportRun, form: DeskForm) -> str:
    confirm_import(found.id, seen=form.cleaned_data["seen"], by=get_actor(request), now=clock.now())
    return _go_on(found)


def _explain(request: HttpRequest, found: ImportRun, form: DeskForm) -> str:
    assert isinstance(form, AnswersForm)
    change_import_options(
        found.id, form.read_options(), seen=form.cleaned_data["seen"], by=get_actor(request), now=clock.now()
    )
    return _go_on(found)


def _discard(request: HttpRequest, found: ImportRun, form: DeskForm) -> str:
    discard_import(found.id, by=get_actor(request), now=clock.now())
    messages.success(request, _("%(file)s is discarded; nothing was changed.") % {"file": found.name})
    return reverse("desk:import")


def _undo(request: HttpRequest, found: ImportRun, form: DeskForm) -> str:
    request_undo(found.id, by=get_actor(request), now=clock.now())
    return _go_on(found)


def _go_on(found: ImportRun) -> str:
    hints.hint_imports()
    return reverse("desk:import-run", args=[found.id])


# Each gives the page that is shown then.
_ACTS: Mapping[str, tuple[type[DeskForm], Callable[[HttpRequest, ImportRun, DeskForm], str]]] = {
    "import": (ConfirmImportForm, _confirm),
    "explain": (AnswersForm, _explain),
    "discard": (ButtonForm, _discard),
    "undo": (ButtonForm, _undo),
}


@desk_view(Verb.SUBSCRIBERS)
def download_refused_rows(request: HttpRequest, import_id: int) -> StreamingHttpResponse:
    """Every refused row of an import, as CSV."""
    _get_visible_import(request, import_id)
    return stream_file(stream_refused_csv(import_id), f"refused-{import_id}.csv")


def _get_visible_import(request: HttpRequest, import_id: int) -> ImportRun:
    found = get_import(import_id)
    get_visible_list(request, "", found.list_id)
    return found


def _import_context(request: HttpRequest, found: ImportRun, sent: DeskForm | None = None) -> dict[str, object]:
    report = found.report
    labels = dict(list_states())
    answers = AnswersForm.of(found, sent.read_options()) if isinstance(sent, AnswersForm) else AnswersForm.of(found)
    return {
        "run": found,
        "report": report,
        "sent": sent,
        "form": answers,
        "may_change_everybody": get_actor(request).may(Verb.SUBSCRIBERS),
        "moving": found.state in _IN_PROGRESS,
        "table": TABLE,
        "states": [(labels.get(state, state), count) for state, count in report.states.items()],
        "bad": report.bad[:BAD_SHOWN],
        "share": found.merged * 100 // max(found.people, 1),
        "undoable": found.state in (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED) and found.merged,
        "flags": [(_(address_quality.FLAG_LABELS[kind]), flag) for kind, flag in report.flags.items()],
    }
