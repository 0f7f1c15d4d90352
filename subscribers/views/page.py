"""What all readers' pages share: their methods, policy and language, and errors in words."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NewsletterError, NotFound
from newsletter.kernel.network import parse_client_address
from subscribers import challenges, hooks, lists, rate_limits, tokens
from subscribers.values import Subscriber

View = Callable[..., HttpResponse]
AnyForm = TypeVar("AnyForm", bound=forms.Form)
_FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"

# These pages show text of strangers, so they can do nothing but be read and send their own form.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors {framed}; {more}"
)
_READ_ONLY = "sandbox allow-forms allow-downloads allow-same-origin allow-top-navigation-by-user-activation"
# A script and the origin together would undo the sandbox. A form without its origin sends no cookies, and needs none.
_WITH_SCRIPT = (
    "script-src 'self'; sandbox allow-forms allow-scripts allow-popups allow-top-navigation-by-user-activation"
)
# A captcha is a page of somebody else in ours, and does not work in a sandbox; what it may load is still named.
_WITH_CAPTCHA = "script-src 'self' {host}; frame-src {host}; connect-src {host}"


def public_page(*methods: str, framed: bool = False, form: bool = False) -> Callable[[View], View]:
    """A readers' page: only these methods, never cached, sandboxed, errors in words.

    `framed`: the newsroom's own sites may show it in a frame (NEWSLETTER_EMBED_ORIGINS). `form`: a sign-up form, whose
    one script says which time zone the browser is in, and a captcha where one is asked for.
    """

    def wrap(view: View) -> View:
        @never_cache
        @require_http_methods(list(methods))
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST" and not settings.CONFIG.trusted_proxies and _FORWARDED_FOR in request.META:
                rate_limits.note_forwarding(clock.now())
            with translation.override(find_browser_language(request)):
                try:
                    response = view(request, *args, **kwargs)
                except NewsletterError as error:
                    response = render_error(request, error)
            response["Content-Security-Policy"] = _build_content_policy(framed, form)
            if framed:
                response.xframe_options_exempt = True  # the policy says it better
            return response

        return wrapped

    return wrap


def _build_content_policy(framed: bool, form: bool) -> str:
    host = hooks.get_captcha_widget().get("host", "") if form else ""
    more = _WITH_CAPTCHA.format(host=host) if host else _WITH_SCRIPT if form else _READ_ONLY
    return _POLICY.format(framed=(framed and " ".join(settings.CONFIG.embed_origins)) or "'none'", more=more)


def find_browser_language(request: HttpRequest) -> str:
    """The language of a page as the browser wants it, as far as we speak it."""
    return translation.get_language_from_request(request)


def activate_language(*wanted: str) -> None:
    """Goes on in the first of these languages that we speak: the reader's own, or that of the list."""
    known = dict(settings.LANGUAGES)
    for language in wanted:
        short = language[:2].lower()
        if short in known:
            translation.activate(short)
            return


def render_error(request: HttpRequest, error: NewsletterError) -> HttpResponse:
    """An error as a page. What does not exist is named to the newsroom, not to subscribers."""
    return render(request, "readers/error.html", {"message": describe_error(error)}, status=error.http_status)


def describe_error(error: NewsletterError) -> str:
    """An error in the language of the page; in English with all its detail."""
    if isinstance(error, NotFound):
        return _(
            "There is nothing at this address any more. "
            "Copy the link whole from the mail, or start from our newsletters."
        )
    if (translation.get_language() or "en").startswith("en"):
        return str(error)
    if isinstance(error, tokens.ExpiredToken):
        return _("This link is too old. Ask for a new one.")
    if isinstance(error, tokens.BadToken):
        return _("This link is damaged or not ours. Copy it whole from the mail.")
    if isinstance(error, challenges.ChallengeNeeded):
        return _("So many sign up just now that we check who is a person. Press the button once more.")
    if isinstance(error, rate_limits.TooManyRequests):
        return _("Too many tries within an hour. Try again later.")
    if isinstance(error, BadInput):
        return _MESSAGE_BY_FIELD.get(error.field, _default_message)()
    return _default_message()


def _default_message() -> str:
    return _("This could not be done. Start again from the mail, or from our newsletters.")


_MESSAGE_BY_FIELD: Mapping[str, Callable[[], str]] = {
    "email": lambda: _("This address will not do. Look for a slip of the pen, or use another one."),
    "lists": lambda: _("Choose at least one newsletter."),
    "captcha": lambda: _("The captcha was not solved. Try it once more."),
    "zone": lambda: _("There is no such time zone. Names look like Europe/London."),
}


def read_shown_text(template: str, context: Mapping[str, Any]) -> str:
    """What a form says to people, as text: kept as the proof of what they agreed to. Without what they type."""
    one_a_line = _END_OF_LINE.sub("\n", render_to_string(template, context))
    lines = html.unescape(strip_tags(one_a_line)).splitlines()
    return "\n".join(flat for line in lines if (flat := " ".join(line.split())))


_END_OF_LINE = re.compile(r"</(?:p|h1|h2|label|legend|option|button|li)>")


def find_network(request: HttpRequest) -> str:
    """The network address a request comes from."""
    return parse_client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get(_FORWARDED_FOR, ""),
        settings.CONFIG.trusted_proxies,
    )


def read_form(request: HttpRequest, form_class: type[AnyForm]) -> AnyForm:
    """What a form sent; nothing for a body that cannot be read. Leaving must not fail by it: the link says it all."""
    try:
        return form_class(request.POST)
    except (MultiPartParserError, BadRequest, SuspiciousOperation):
        return form_class(QueryDict())


def list_languages(person: Subscriber, list_id: int = 0) -> tuple[str, ...]:
    """In which languages to speak to somebody, the best first."""
    listed = [each.language for each in lists.list_lists() if each.id == list_id]
    return (person.language, *listed)
