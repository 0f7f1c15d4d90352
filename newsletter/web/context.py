from __future__ import annotations


def desk(request):  # type: ignore[no-untyped-def]
    return {}
