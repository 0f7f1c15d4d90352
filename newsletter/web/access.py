"""Who may see a page: every view of the desk goes through `desk_view`, which asks accounts.permissions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from newsletter.accounts.actors import UserActor, get_user_actor
from newsletter.accounts.permissions import is_signed_in, list_visible_newsletters
from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.kernel.actors import Verb, require_right
from newsletter.kernel.errors import NotAllowed
from newsletter.kernel.sentences import phrase
from newsletter.web.forms.login import SignInForm
from newsletter.web.fragments import is_partial_request
from newsletter.web.network import get_client_address
from newsletter.web.resending import read_unsent

View = Callable[..., HttpResponseBase]


class SignedOut(NotAllowed):
    """The session has ended while a page was open: the page asks for the password, and keeps what is typed there."""

    http_status = 401

    def __init__(self) -> None:
        super().__init__(phrase("You were signed out, so this was not done. Sign in, then try again."))


def desk_view(
    verb: Verb | None = Verb.VIEW,
    *,
    methods: Iterable[str] = ("GET",),
    newsroom_wide: bool = False,
    background: bool = False,
) -> Callable[[View], View]:
    """A view of the desk: signed in, and allowed to `verb` somewhere (with `newsroom_wide`: for all newsletters).

    Without a verb it is about whoever looks at it, and being signed in is enough.

    What concerns one newsletter asks again with `require_permission`, once the view knows which. `background` is for
    what pages ask for by themselves, again and again: no use of the session (`newsletter.web.sessions`).
    """

    def wrap(view: View) -> View:
        @never_cache
        @require_http_methods(list(methods))
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not is_signed_in(request.user):
                return _ask_to_sign_in(request)
            if verb is None:
                return view(request, *args, **kwargs)
            if newsroom_wide:
                require_right(get_actor(request), verb)
            elif list_visible_newsletters(request.user, verb) == frozenset():
                raise NotAllowed(
                    phrase("You have no right to this page. An administrator of the desk can give it to you.")
                )
            return view(request, *args, **kwargs)

        wrapped.desk_background = background  # type: ignore[attr-defined]
        return wrapped

    return wrap


def is_background(view: Callable[..., Any]) -> bool:
    """Whether pages ask for this view by themselves, again and again."""
    return bool(getattr(view, "desk_background", False))


def _ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Leads to the sign-in page and back, with what was sent. Raises SignedOut for a part of a page that is open."""
    if is_partial_request(request):
        raise SignedOut
    unsent = read_unsent(request) if request.method == "POST" else None
    if unsent is None:
        return redirect_to_login(request.get_full_path())
    form = SignInForm(initial={"unsent": unsent.pack()})
    return render(request, "pages/login.html", {"form": form, "unsent": unsent}, status=401)


def require_permission(request: HttpRequest, verb: Verb, newsletter_id: int) -> None:
    """Raises NotAllowed unless the user may `verb` this newsletter."""
    require_right(get_actor(request), verb, newsletter_id=newsletter_id)


def list_accessible_newsletters(request: HttpRequest, verb: Verb = Verb.VIEW) -> tuple[Newsletter, ...]:
    """The newsletters the user may `verb`."""
    visible = list_visible_newsletters(request.user, verb)
    return tuple(each for each in newsletters.list_newsletters() if visible is None or each.id in visible)


def get_actor(request: HttpRequest) -> UserActor:
    """The acting user, as service functions take it. Raises NotAllowed for somebody who is not signed in."""
    return get_user_actor(request.user, network=get_client_address(request), find_lists=newsletters.map_lists)


def get_actor_email(request: HttpRequest) -> str:
    """The acting user's address."""
    assert request.user.is_authenticated
    return request.user.email
