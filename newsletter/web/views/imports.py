"""Imports: a file is stored, checked by the worker, mapped where needed, and confirmed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from newsletter.jobs import hints
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError, NotAllowed, NotFound
from newsletter.web.access import desk_view, get_actor
from newsletter.web.forms.imports import ImportForm
from newsletter.web.views.subscribers import get_visible_list, list_visible_lists
from subscribers import address_quality, tiers
from subscribers.imports import questions, staging
from subscribers.imports.columns import DAY_FIRST, MONTH_FIRST, TABLE, TARGET_LABELS
from subscribers.imports.csv import MOST_COLUMNS
from subscribers.imports.import_lookup import get_import, list_imports, stream_refused_csv
from subscribers.imports.questions import MOST_STATES
from subscribers.imports.run import begin_import, change_import_options, confirm_import, discard_import, request_undo
from subscribers.imports.state_words import SUPPRESSED
from subscribers.states import ImportState, SubscriptionState, Tier
from subscribers.values import ImportRun

BAD_SHOWN = 200
STOP_POLLING = 286  # htmx stops asking
_IN_PROGRESS = (ImportState.CHECKING, ImportState.WAITING, ImportState.RUNNING, ImportState.UNDOING)


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_imports(request: HttpRequest) -> HttpResponse:
    """The imports there were; POST takes a file and has it looked through. Nothing is changed by that."""
    lists = list_visible_lists(request)
    form = ImportForm(request.POST or None, request.FILES or None, lists=lists.values(), auto_id="%s")
    try:
        target = get_visible_list(request, slug) if (slug := request.POST.get("list", "")) else None
        if form.is_valid() and target:
            stream, name = form.open()
            run = begin_import(stream, target.id, by=get_actor(request), now=clock.now(), name=name)
            hints.hint_imports()
            return redirect("desk:import-run", run.id)
    except NotAllowed:
        raise
    except NewsletterError as error:
        form.add_error("list" if isinstance(error, NotFound) else "file", str(error))
    context = {"form": form, "runs": list_imports([*lists])}
    return render(request, "pages/imports.html", context, status=422 if form.errors else 200)


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import: what its file holds, what would become of it, what came of it."""
    found = _get_visible_import(request, import_id)
    if request.method != "POST":
        return render(request, "pages/import.html", _import_context(request, found))
    try:
        return _act(request, found)
    except NotAllowed:
        raise
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("desk:import-run", import_id)


@desk_view(Verb.SUBSCRIBERS, background=True)
def show_import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """The part of the page that changes while a file is read."""
    found = _get_visible_import(request, import_id)
    status = 200 if found.state in _IN_PROGRESS else STOP_POLLING
    return render(request, "fragments/import.html", _import_context(request, found), status=status)


def _act(request: HttpRequest, found: ImportRun) -> HttpResponse:
    do, by, now = request.POST.get("do", ""), get_actor(request), clock.now()
    if do == "import":
        confirm_import(found.id, seen=_require_seen(request), by=by, now=now)
    elif do == "explain":
        change_import_options(found.id, _read_options(request), seen=_require_seen(request), by=by, now=now)
    elif do == "discard":
        discard_import(found.id, by=by, now=now)
        messages.success(request, f"{found.name} is forgotten; nothing was changed.")
        return redirect("desk:import")
    elif do == "undo":
        request_undo(found.id, by=by, now=now)
    else:
        raise BadInput("The form has no known action.")
    hints.hint_imports()
    return redirect("desk:import-run", found.id)


def _require_seen(request: HttpRequest) -> str:
    if not request.POST.get("seen"):
        raise BadInput("The form does not say what you saw. Load the page again.", "seen")
    return request.POST["seen"]


def _read_options(request: HttpRequest) -> staging.ImportOptions:
    """The answers of the form: of columns (col-0 of name-0, …), and of their values (means-0-1 of value-0-1, …)."""
    sent = request.POST
    numbered = [(number, sent[f"name-{number}"]) for number in range(MOST_COLUMNS) if sent.get(f"name-{number}")]
    mapping = {name: sent[f"col-{number}"] for number, name in numbered if sent.get(f"col-{number}")}
    orders = {name: sent[f"order-{number}"] for number, name in numbered if sent.get(f"order-{number}")}
    statuses: dict[str, str] = {}
    tiers: dict[str, str] = {}
    for number, name in numbered:
        for place in range(MOST_STATES + 1):
            value = sent.get(f"value-{number}-{place}")
            if value and sent.get(f"means-{number}-{place}"):
                statuses[f"{name}:{value}"] = sent[f"means-{number}-{place}"]
                if sent.get(f"col-{number}") == "":  # whoever says what its words mean says that it is the state
                    mapping[name] = "status"
            if value and sent.get(f"tier-{number}-{place}"):
                tiers[value] = sent[f"tier-{number}-{place}"]
    return staging.ImportOptions(
        mapping, sent.get("status", ""), statuses, bool(sent.get("overwrite")), tiers, orders, sent.get("others", "")
    )


@desk_view(Verb.SUBSCRIBERS)
def download_refused_rows(request: HttpRequest, import_id: int) -> StreamingHttpResponse:
    """Every refused row of an import, as CSV."""
    _get_visible_import(request, import_id)
    response = StreamingHttpResponse(stream_refused_csv(import_id), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{import_id}.csv"'
    return response


def _get_visible_import(request: HttpRequest, import_id: int) -> ImportRun:
    found = get_import(import_id)
    get_visible_list(request, "", found.list_id)
    return found


def _import_context(request: HttpRequest, found: ImportRun) -> dict[str, object]:
    report = found.report
    answers = {state.value: state.label for state in SubscriptionState} | {SUPPRESSED: "Suppressed"}
    return {
        "run": found,
        "report": report,
        "may_change_everybody": get_actor(request).may(Verb.SUBSCRIBERS),
        "moving": found.state in _IN_PROGRESS,
        "meanings": TARGET_LABELS,
        "answers": answers,
        "tiers": [*Tier.list_choices(), *((name, name) for name in tiers.map_own_tiers())],
        "orders": {DAY_FIRST: "The day is first: 31/12/2026", MONTH_FIRST: "The month is first: 12/31/2026"},
        "table": TABLE,
        "dated": {question.column for question in found.questions if questions.asks_about_dates(question)},
        "states": [(answers.get(state, state), count) for state, count in report.states.items()],
        "bad": report.bad[:BAD_SHOWN],
        "share": found.merged * 100 // max(found.people, 1),
        "undoable": found.state in (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED) and found.merged,
        "flags": [(address_quality.FLAG_LABELS[kind], flag) for kind, flag in report.flags.items()],
    }
