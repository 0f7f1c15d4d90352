"""Who may call: a bearer token acts for a user of the desk, within that user's rights and the token's scopes."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from newsletter.accounts import api_tokens
from newsletter.accounts.actors import UserActor, get_user_actor
from newsletter.accounts.permissions import list_visible_newsletters
from newsletter.accounts.token_scopes import TokenScope
from newsletter.catalog import newsletters
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NewsletterError
from newsletter.kernel.network import parse_client_address

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


def api_view(verb: Verb, *, scopes: Mapping[str, TokenScope]) -> Callable[[View], View]:
    """A view for programs, called with the user as `request.caller`, who must be allowed to `verb` somewhere.

    `scopes` says which methods there are, and the scope that the token must have for each. No cookie counts here, so
    that there is nothing for a forged form to ride on.
    """

    def wrap(view: View) -> View:
        @csrf_exempt
        @never_cache
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            scope = scopes.get(request.method or "")
            if scope is None:
                response = build_error(f"This address takes {', '.join(scopes)}.", 405)
                response["Allow"] = ", ".join(scopes)
                return response
            kind, _, text = request.headers.get("Authorization", "").partition(" ")
            token = api_tokens.find_active_token(text.strip(), now=clock.now()) if kind.casefold() == "bearer" else None
            if token is None:
                response = build_error("Send a token that is valid: Authorization: Bearer nl_…", 401)
                response["WWW-Authenticate"] = "Bearer"
                return response
            if scope not in token.scopes:
                response = build_error(f"This token may not be used for that: it lacks the scope {scope}.", 403)
                response["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{scope}"'
                return response
            if list_visible_newsletters(token.user, verb) == frozenset():
                return build_error("The person this token belongs to may not do that.", 403)
            request.caller = token.user  # type: ignore[attr-defined]
            return _call_view(view, request, *args, **kwargs)

        wrapped.api_verb = verb  # type: ignore[attr-defined]  # for the test that walks the URL map
        return wrapped

    return wrap


def find_sign_up_caller(authorization: str, network: str, now: datetime) -> UserActor | None:
    """For whom a program signs people up; None without a token that is valid and has the scope for it."""
    kind, _, text = authorization.partition(" ")
    token = api_tokens.find_active_token(text.strip(), now=now) if kind.casefold() == "bearer" else None
    if token is None or TokenScope.SUBSCRIPTIONS_WRITE not in token.scopes:
        return None
    return get_user_actor(token.user, network=network, find_lists=newsletters.map_lists)


def get_actor(request: HttpRequest) -> UserActor:
    """The user for whom a program calls, as service functions take it."""
    address = parse_client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        settings.CONFIG.trusted_proxies,
    )
    user = request.caller  # type: ignore[attr-defined]  # set by `api_view`
    return get_user_actor(user, network=address, find_lists=newsletters.map_lists)


def _call_view(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """What the view says, or its error as JSON."""
    try:
        return view(request, *args, **kwargs)
    except RequestDataTooBig:
        return build_error("This is too large.", 413)
    except UnreadablePostError:
        return build_error("The request broke off.", 400)
    except NewsletterError as error:
        return build_error(str(error), error.http_status, getattr(error, "field", ""))
    except DatabaseError:
        log.exception("The database failed in %s", request.path)
        return build_error("The database did not answer as it should. Nothing was changed; try again in a moment.", 503)
    except Exception:  # a defect of ours; whoever reads JSON gets JSON
        log.exception("A call failed in %s", request.path)
        return build_error("This failed inside our program; its log has the details.", 500)


def build_error(message: str, status: int, field: str = "") -> JsonResponse:
    """An error: {"error": a sentence, "field": what it is about}."""
    return JsonResponse({"error": message, **({"field": field} if field else {})}, status=status)
