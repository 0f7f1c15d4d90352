"""The proof of consent: every consent event with the texts that were shown.

It outlives erasure for a time, keyed by the hash that stands for the address among the suppressions, and without the
address, the name, the network or anything that somebody typed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from django.conf import settings

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import NotFound
from subscribers import addresses, lists, models, subscriber_lookup
from subscribers.bulk_writing import delete_in_chunks
from subscribers.consent import erased_addresses, texts
from subscribers.values import ConsentEvent, Proof


def keep_proof(person: models.Subscriber, address_keys: Iterable[str], now: datetime) -> None:
    """Copies the consent events of somebody who is about to be erased, if the proof is to be kept at all."""
    if not settings.CONFIG.proof_months:
        return
    hasher = erased_addresses.get_hasher(now)
    hashes = [hasher.hash_key(key) for key in address_keys]
    revealing = _list_revealing_words(person)
    models.ConsentProof.objects.bulk_create(
        models.ConsentProof(
            key_hash=key_hash,
            list_id=event.list_id,
            state=event.state,
            before=event.before,
            at=event.at,
            how=event.how,
            origin=_hide(event.origin.partition("?")[0].partition("#")[0], revealing),
            words=_hide(event.words, revealing),
            claimed_at=event.claimed_at,
            form_hash=event.form_hash,
            notice_hash=event.notice_hash,
            mail_hash=event.mail_hash,
            tracking=event.tracking,
            run_id=event.run_id,
            erased_at=now,
        )
        for event in models.ConsentEvent.objects.filter(subscriber=person, list__isnull=False).order_by("id")
        for key_hash in hashes
    )


def _list_revealing_words(person: models.Subscriber) -> Collection[str]:
    names = (*person.first_name.split(), *person.last_name.split())
    return {"@", "%40", *(name.casefold() for name in names if len(name) > 1)}


def _hide(text: str, revealing: Collection[str]) -> str:
    """A text, or "" where it may say who it was."""
    return "" if any(word in text.casefold() for word in revealing) else text


def show_proof(address: str, *, by: Actor, now: datetime) -> Proof:
    """The proof of consent of the owner of an address, also of one who was erased. That it was read is recorded.

    Raises NotAllowed, BadInput, NotFound where there is none.
    """
    require_right(by, Verb.SUBSCRIBERS)
    key = addresses.to_key(addresses.check_address(address))
    person = subscriber_lookup.find_subscriber_by_address(address)
    key_hash = erased_addresses.get_hasher(now).hash_key(key)
    erased = [*models.ConsentProof.objects.filter(key_hash=key_hash).order_by("id")]
    events = (*_to_events(erased), *(subscriber_lookup.list_consent_events(person.id) if person else ()))
    if not events:
        raise NotFound(f"There is no proof of consent for {address}: nobody here has or had it, or its time is over.")
    about = f"reader {person.id}" if person else "erased reader"
    list_ids = sorted({event.list_id for event in events} - {0})
    by.record(ActionRecord("read proof", about, now, detail=key_hash, list_ids=list_ids))
    hashes = (each for event in events for each in (event.form_hash, event.notice_hash, event.mail_hash))
    return Proof(
        address=address,
        subscriber_id=person.id if person else None,
        erased_at=max((row.erased_at for row in erased), default=None),
        events=events,
        texts=texts.get_texts(hashes),
    )


def _to_events(rows: Iterable[models.ConsentProof]) -> Iterator[ConsentEvent]:
    names = lists.map_list_names()
    for row in rows:
        event = ConsentEvent(row.at, names.get(row.list_id or 0, ""), row.state, row.how, "", row.origin, row.words)
        yield replace(
            event,
            claimed_at=row.claimed_at,
            list_id=row.list_id or 0,
            before=row.before,
            form_hash=row.form_hash,
            notice_hash=row.notice_hash,
            mail_hash=row.mail_hash,
            tracking=row.tracking,
        )


def delete_old_proof(*, before: datetime) -> int:
    """Deletes the proof of those who were erased before an instant. Returns how many events."""
    return delete_in_chunks(models.ConsentProof.objects.filter(erased_at__lt=before))
