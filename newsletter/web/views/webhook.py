"""The provider's webhook: events are verified, stored and acknowledged at once; a worker applies them."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from newsletter.delivery.events import inbox
from newsletter.delivery.providers.sendgrid_events import SIGNATURE_HEADER, TIMESTAMP_HEADER
from newsletter.jobs import hints
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NotAllowed


@csrf_exempt  # the provider has no cookie; its signature is what counts
@require_POST
def receive_sendgrid(request: HttpRequest) -> HttpResponse:
    """SendGrid's signed event webhook. 2xx once it is stored: anything else is posted again (SendGrid fact 32)."""
    try:
        inbox.receive(
            request.body,
            signature=request.headers.get(SIGNATURE_HEADER, ""),
            timestamp=request.headers.get(TIMESTAMP_HEADER, ""),
            keys=settings.CONFIG.sendgrid_webhook_keys,
            now=clock.now(),
        )
    except RequestDataTooBig:
        return _plain_response("This post is too large.", 413)
    except UnreadablePostError:
        return _plain_response("The post broke off.", 400)
    except (BadInput, NotAllowed) as error:
        inbox.note_refused(str(error), clock.now())
        return _plain_response(str(error), 403 if isinstance(error, NotAllowed) else 400)
    hints.hint_events()
    return HttpResponse(status=204)


def _plain_response(message: str, status: int) -> HttpResponse:
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
