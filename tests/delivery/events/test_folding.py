"""Events folded into a batch: in any order, twice and late they give the same ledger, and nothing goes backwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.events.folding import Effect, FoldedBatch, MemberFailure, fold_batch
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MemberFlag, Outcome
from newsletter.delivery.providers.base import Event, EventType, RejectReason

SIZE = 4


def batch(*outcomes: Outcome) -> Outcomes:
    made = Outcomes.all_planned(len(outcomes))
    for place, outcome in enumerate(outcomes):
        made.mark([place], outcome)
    return made


def happened(what: EventType, place: int = 0, at: int = 100, attempt: str = "now", **more: object) -> Event:
    name = f"{what}-{place}-{at}-{attempt}-{sorted(more.items())}"
    return Event(
        id=name, type=what, at=at, address=f"r{place}@example.com", batch="b", attempt=attempt, place=place, **more
    )  # type: ignore[arg-type]


def after(state: BatchState, outcomes: Outcomes, *events: Event, proven: str = "") -> FoldedBatch:
    return fold_batch(state, "now", outcomes, events, proven=proven)


def test_one_event_proves_that_the_whole_request_was_accepted() -> None:
    unknown = batch(Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.WITHDRAWN)
    folded = after(BatchState.UNKNOWN, unknown, happened(EventType.ACCEPTED))
    assert list(folded.outcomes) == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.WITHDRAWN]
    assert folded.state == BatchState.ACCEPTED
    assert not folded.alarms


def test_where_messages_are_taken_one_by_one_an_event_proves_its_own_alone() -> None:
    folded = after(BatchState.UNKNOWN, batch(Outcome.ACCEPTED, Outcome.UNKNOWN), happened(EventType.DELIVERED, 0))
    assert list(folded.outcomes) == [Outcome.DELIVERED, Outcome.UNKNOWN]
    assert folded.state == BatchState.UNKNOWN
    assert not folded.alarms


def test_an_event_that_is_faster_than_the_answer_settles_the_batch() -> None:
    folded = after(BatchState.SENDING, batch(*[Outcome.PLANNED] * 3), happened(EventType.DELIVERED, 1))
    assert folded.state == BatchState.ACCEPTED
    assert list(folded.outcomes) == [Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.ACCEPTED]


def test_an_attempt_that_had_been_given_up_keeps_the_rest_from_a_second_copy() -> None:
    waiting = batch(*[Outcome.PLANNED] * 3)
    folded = after(BatchState.PLANNED, waiting, happened(EventType.DELIVERED, 1, attempt="before"))
    assert folded.state == BatchState.ACCEPTED
    assert Outcome.PLANNED not in folded.outcomes
    assert not folded.alarms, "the later attempt was refused: nobody has it twice"


def test_what_is_in_flight_is_left_to_its_answer_when_an_older_attempt_turns_up() -> None:
    in_flight = batch(*[Outcome.PLANNED] * 2)
    folded = after(BatchState.SENDING, in_flight, happened(EventType.DELIVERED, 1, attempt="before"))
    assert folded.state == BatchState.SENDING
    assert folded.proven == "before"
    assert not folded.alarms, "nobody knows yet whether the second attempt goes through"


def test_the_proof_of_an_older_attempt_covers_all_its_members_while_another_is_in_flight() -> None:
    """Were they still planned, and the attempt in flight refused for now, they would be sent it once more."""
    in_flight = batch(*[Outcome.PLANNED] * 3)
    folded = after(BatchState.SENDING, in_flight, happened(EventType.DELIVERED, 1, attempt="before"))
    assert list(folded.outcomes) == [Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.ACCEPTED]


def test_who_waits_for_another_try_was_in_the_attempt_that_reached_somebody() -> None:
    waiting = batch(Outcome.ACCEPTED, Outcome.PLANNED)
    folded = after(BatchState.PLANNED, waiting, happened(EventType.DELIVERED, 0, attempt="before"))
    assert list(folded.outcomes) == [Outcome.DELIVERED, Outcome.ACCEPTED]


@pytest.mark.parametrize("attempt", ["before", "now"])
@pytest.mark.parametrize("place", [0, 1])
def test_where_the_rest_of_a_batch_is_in_flight_an_event_proves_its_own_message_alone(place: int, attempt: str) -> None:
    """Were the rest planned again, or settled, another worker would mail them a second time, or nobody would."""
    in_flight = batch(Outcome.ACCEPTED, Outcome.PLANNED, Outcome.PLANNED)
    expected = [*in_flight]
    expected[place] = Outcome.DELIVERED
    folded = after(BatchState.SENDING, in_flight, happened(EventType.DELIVERED, place, attempt=attempt))
    assert (folded.state, list(folded.outcomes)) == (BatchState.SENDING, expected)


def test_two_attempts_that_went_through_are_an_alarm_for_all_their_members() -> None:
    events = [happened(EventType.ACCEPTED, 0, attempt="before"), happened(EventType.ACCEPTED, 1)]
    folded = after(BatchState.SENDING, batch(Outcome.PLANNED, Outcome.PLANNED, Outcome.WITHDRAWN), *events)
    assert folded.state == BatchState.ACCEPTED
    assert folded.alarms == {states.SENT_TWICE_ALARM: 2}


def test_a_second_attempt_is_noticed_by_later_events_too() -> None:
    first = after(BatchState.UNKNOWN, batch(*[Outcome.UNKNOWN] * 3), happened(EventType.ACCEPTED, 0, attempt="before"))
    assert not first.alarms
    again = after(first.state, first.outcomes, happened(EventType.DELIVERED, 2, attempt="before"), proven=first.proven)
    assert not again.alarms, "the same attempt once more"
    second = after(again.state, again.outcomes, happened(EventType.ACCEPTED, 1), proven=again.proven)
    assert second.alarms == {states.SENT_TWICE_ALARM: 3}
    assert second.proven == "before", "the first that was proven"


def test_people_mailed_twice_count_once_each() -> None:
    events = [
        happened(what, 1, attempt="before") for what in (EventType.ACCEPTED, EventType.DELIVERED, EventType.OPENED)
    ]
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED, Outcome.ACCEPTED), *events)
    assert folded.alarms == {states.SENT_TWICE_ALARM: 2}
    assert [MemberFlag.SENT_TWICE in flags for _, flags in folded.outcomes.list_flagged()] == [True, True]


def test_an_event_that_names_no_attempt_proves_none() -> None:
    folded = after(BatchState.UNKNOWN, batch(*[Outcome.UNKNOWN] * 2), happened(EventType.DELIVERED, 0, attempt=""))
    assert list(folded.outcomes) == [Outcome.DELIVERED, Outcome.UNKNOWN]
    assert folded.proven == ""


@pytest.mark.parametrize("what", [EventType.ACCEPTED, EventType.DELIVERED, EventType.OPENED])
@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.REFUSED, Outcome.RECALLED])
def test_whatever_says_that_a_message_left_after_all_is_an_alarm(outcome: Outcome, what: EventType) -> None:
    known_before = outcome is Outcome.RECALLED and what is EventType.ACCEPTED
    folded = after(BatchState.ACCEPTED, batch(outcome, Outcome.ACCEPTED), happened(what))
    assert (outcome.key in str(folded.alarms)) is not known_before


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.REFUSED])
def test_mail_to_somebody_who_counts_as_not_mailed_is_an_alarm(outcome: Outcome) -> None:
    folded = after(BatchState.ACCEPTED, batch(outcome, Outcome.ACCEPTED), happened(EventType.DELIVERED))
    assert outcome.key in str(folded.alarms)
    assert folded.outcomes[0] == Outcome.DELIVERED, "what happened is what is written"


def test_an_opened_message_was_delivered_though_nobody_said_so_yet() -> None:
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED), happened(EventType.OPENED))
    assert folded.outcomes[0] == Outcome.DELIVERED
    assert folded.outcomes.get_flags(0) == MemberFlag.OPENED


def test_opens_by_machines_are_flagged_separately() -> None:
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED), happened(EventType.OPENED, machine=True))
    assert folded.outcomes.get_flags(0) == MemberFlag.OPENED_BY_MACHINE


def test_clicks_count_for_their_story() -> None:
    clicks = [
        happened(EventType.CLICKED, place, 100, url=f"https://x.example/?nl=k{place}", pick=f"k{place % 2}")
        for place in range(3)
    ]
    folded = after(BatchState.ACCEPTED, batch(*[Outcome.DELIVERED] * 3), *clicks)
    assert folded.clicks == {("k0", False): 2, ("k1", False): 1}


def test_an_effect_is_reported_once() -> None:
    bounce = happened(EventType.BOUNCED, reject_reason=RejectReason.HARD, reason="no such user")
    first = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED), bounce)
    again = after(
        first.state, first.outcomes, bounce, happened(EventType.BOUNCED, at=200, reject_reason=RejectReason.HARD)
    )
    assert [effect.reject_reason for effect in first.effects] == [RejectReason.HARD]
    assert len(first.failures) == 1
    assert not again.effects
    assert not again.failures


def test_an_unsubscribe_after_delivery_is_reported() -> None:
    left = happened(EventType.UNSUBSCRIBED, reject_reason=RejectReason.UNSUBSCRIBED)
    folded = after(BatchState.ACCEPTED, batch(Outcome.DELIVERED), left, left)
    assert [effect.reject_reason for effect in folded.effects] == [RejectReason.UNSUBSCRIBED]
    assert folded.outcomes.get_flags(0) == MemberFlag.UNSUBSCRIBED


def test_a_place_that_is_not_in_the_batch_is_passed_over() -> None:
    folded = after(
        BatchState.ACCEPTED,
        batch(Outcome.ACCEPTED),
        happened(EventType.DELIVERED, 5),
        happened(EventType.DELIVERED, -1),
    )
    assert list(folded.outcomes) == [Outcome.ACCEPTED]


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        (EventType.ACCEPTED, Outcome.ACCEPTED),
        (EventType.DEFERRED, Outcome.DEFERRED),
        (EventType.DELIVERED, Outcome.DELIVERED),
        (EventType.BLOCKED, Outcome.BLOCKED),
        (EventType.BOUNCED, Outcome.BOUNCED),
        (EventType.DROPPED, Outcome.DROPPED),
        (EventType.COMPLAINED, Outcome.COMPLAINED),
        (EventType.OPENED, Outcome.DELIVERED),
        (EventType.CLICKED, Outcome.DELIVERED),
        (EventType.UNSUBSCRIBED, Outcome.DELIVERED),
        (EventType.ACCOUNT, Outcome.WITHDRAWN),
        (EventType.OTHER, Outcome.WITHDRAWN),
    ],
)
def test_what_each_event_says_of_a_message(what: EventType, outcome: Outcome) -> None:
    assert after(BatchState.WITHDRAWN, batch(Outcome.WITHDRAWN), happened(what)).outcomes[0] == outcome


@pytest.mark.parametrize("what", [EventType.BLOCKED, EventType.BOUNCED, EventType.DROPPED, EventType.COMPLAINED])
def test_a_failure_keeps_the_providers_reason(what: EventType) -> None:
    event = happened(what, 1, 130, reason="no such user")
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED, Outcome.ACCEPTED), event)
    assert folded.failures == [MemberFailure(1, Outcome[what.name], "no such user", "r1@example.com", 130)]


@pytest.mark.parametrize("what", [EventType.DEFERRED, EventType.DELIVERED])
def test_what_went_well_or_may_yet_is_no_trouble(what: EventType) -> None:
    assert not after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED), happened(what)).failures


def test_an_effect_names_the_member_the_address_and_the_time() -> None:
    event = happened(EventType.BOUNCED, 1, 130, reject_reason=RejectReason.HARD, reason="no such user")
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED, Outcome.ACCEPTED), event)
    assert folded.effects == [Effect(1, RejectReason.HARD, "r1@example.com", "no such user", 130)]


def test_an_event_about_the_message_alone_has_no_effect_on_a_person() -> None:
    assert not after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED), happened(EventType.DELIVERED)).effects


def test_a_message_dropped_for_a_used_up_plan_is_flagged_over_quota() -> None:
    event = happened(EventType.DROPPED, 1, reject_reason=RejectReason.QUOTA)
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED, Outcome.ACCEPTED), event)
    assert [folded.outcomes.get_flags(place) for place in (0, 1)] == [0, MemberFlag.STILL_OWED]
    assert not folded.effects


def test_events_take_effect_in_the_order_in_which_they_happened() -> None:
    late, early = (happened(EventType.BOUNCED, place, 200 - place, reject_reason=RejectReason.HARD) for place in (0, 1))
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED, Outcome.ACCEPTED), late, early)
    assert [effect.at for effect in folded.effects] == [199, 200]


def test_the_first_place_after_the_last_member_is_not_in_the_batch() -> None:
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED), happened(EventType.DELIVERED, 1))
    assert list(folded.outcomes) == [Outcome.ACCEPTED]


def test_a_batch_is_settled_when_an_event_settles_its_last_unknown_member() -> None:
    folded = after(BatchState.UNKNOWN, batch(Outcome.ACCEPTED, Outcome.UNKNOWN), happened(EventType.DELIVERED, 1))
    assert folded.state == BatchState.ACCEPTED


def test_who_was_planned_once_more_and_was_mailed_after_all_may_have_it_twice() -> None:
    folded = after(BatchState.REPAIRED, batch(Outcome.REPAIRED), happened(EventType.DELIVERED))
    assert folded.outcomes.get_flags(0) == MemberFlag.SENT_TWICE
    assert list(folded.alarms) == [states.SENT_TWICE_ALARM]


def test_the_proof_of_a_batch_that_was_planned_once_more_covers_all_its_members() -> None:
    folded = after(BatchState.REPAIRED, batch(Outcome.REPAIRED, Outcome.REPAIRED), happened(EventType.DELIVERED))
    assert folded.alarms == {states.SENT_TWICE_ALARM: 2}


def test_members_dropped_and_planned_once_more_do_not_have_it_twice_because_others_were_mailed() -> None:
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED, Outcome.REPAIRED), happened(EventType.DELIVERED))
    assert not folded.alarms


def test_a_proof_that_is_known_makes_nobody_who_bounced_and_is_sent_it_again_have_it_twice() -> None:
    again = batch(Outcome.REPAIRED, Outcome.REPAIRED)
    folded = after(BatchState.REPAIRED, again, happened(EventType.DEFERRED), proven="now")
    assert not folded.alarms


HAVE_IT = {EventType.DELIVERED, EventType.OPENED, EventType.CLICKED, EventType.UNSUBSCRIBED, EventType.COMPLAINED}


@pytest.mark.parametrize("what", EventType)
def test_who_did_not_get_it_and_is_sent_it_again_has_it_twice_only_if_an_event_says_that_it_arrived(
    what: EventType,
) -> None:
    again = batch(Outcome.ACCEPTED, Outcome.REPAIRED)
    folded = after(BatchState.ACCEPTED, again, happened(what, 1), proven="now")
    assert folded.alarms == ({states.SENT_TWICE_ALARM: 1} if what in HAVE_IT else {})


def test_who_is_sent_it_again_counts_when_another_attempt_took_them() -> None:
    again = batch(Outcome.ACCEPTED, Outcome.REPAIRED)
    folded = after(BatchState.ACCEPTED, again, happened(EventType.DEFERRED, 1, attempt="before"), proven="now")
    assert folded.alarms == {states.SENT_TWICE_ALARM: 2}


@pytest.mark.parametrize(
    ("before", "reason", "counts"),
    [
        (Outcome.REPAIRED, RejectReason.COMPLAINED, True),
        (Outcome.REPAIRED, RejectReason.HARD, False),
        (Outcome.COMPLAINED, RejectReason.COMPLAINED, False),  # said before
    ],
)
def test_of_who_is_sent_it_again_a_complaint_of_the_first_time_counts_and_nothing_else(
    before: Outcome, reason: RejectReason, counts: bool
) -> None:
    what = EventType.COMPLAINED if reason is RejectReason.COMPLAINED else EventType.BOUNCED
    folded = after(BatchState.ACCEPTED, batch(before), happened(what, reject_reason=reason), proven="now")
    assert [effect.reject_reason for effect in folded.effects] == ([reason] if counts else [])


def test_those_of_two_attempts_and_those_who_were_planned_once_more_are_counted_together() -> None:
    mailed = happened(EventType.DELIVERED, 1, attempt="before")
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED, Outcome.REPAIRED), mailed)
    assert folded.alarms == {states.SENT_TWICE_ALARM: 2}


def test_who_may_have_it_twice_and_was_mailed_after_a_recall_is_an_alarm_all_the_same() -> None:
    recalled = batch(Outcome.RECALLED)
    recalled.set_flag(0, MemberFlag.SENT_TWICE)
    folded = after(BatchState.RECALLED, recalled, happened(EventType.DELIVERED))
    assert folded.alarms == {"The provider mailed subscribers who count as recalled.": 1}


def test_an_alarm_counts_the_members_it_is_about() -> None:
    twice = [happened(EventType.DELIVERED, place, attempt="before") for place in (0, 1)]
    folded = after(BatchState.ACCEPTED, batch(Outcome.ACCEPTED, Outcome.ACCEPTED), *twice)
    assert list(folded.alarms.values()) == [2]
    mailed = [happened(EventType.DELIVERED, place) for place in (0, 1)]
    folded = after(BatchState.WITHDRAWN, batch(Outcome.WITHDRAWN, Outcome.WITHDRAWN), *mailed)
    assert folded.alarms == {"The provider mailed subscribers who count as withdrawn.": 2}


@pytest.mark.parametrize(("machine", "flag"), [(False, MemberFlag.CLICKED), (True, MemberFlag.CLICKED_BY_MACHINE)])
def test_a_click_is_flagged_as_a_persons_or_a_machines(machine: bool, flag: MemberFlag) -> None:
    click = happened(EventType.CLICKED, machine=machine)
    assert after(BatchState.ACCEPTED, batch(Outcome.DELIVERED), click).outcomes.get_flags(0) == flag


def test_clicks_on_two_links_within_a_moment_are_flagged_as_a_machines() -> None:
    clicks = [happened(EventType.CLICKED, url=f"https://paper.example.org/{n}") for n in range(2)]
    folded = after(BatchState.ACCEPTED, batch(Outcome.DELIVERED), *clicks)
    assert folded.outcomes.get_flags(0) == MemberFlag.CLICKED_BY_MACHINE


def test_a_click_on_no_story_counts_for_none() -> None:
    assert not after(BatchState.ACCEPTED, batch(Outcome.DELIVERED), happened(EventType.CLICKED)).clicks


some_events = st.lists(
    st.builds(
        happened,
        what=st.sampled_from(list(EventType)),
        place=st.integers(0, SIZE - 1),
        at=st.integers(1, 50),
        attempt=st.just("now"),
        machine=st.booleans(),
    ),
    max_size=12,
)
some_outcomes = st.lists(st.sampled_from(list(Outcome)), min_size=SIZE, max_size=SIZE) | st.sampled_from(
    [[outcome] * SIZE for outcome in Outcome]
)


@given(st.sampled_from([Outcome.PLANNED, Outcome.UNKNOWN, Outcome.ACCEPTED]), st.data())
def test_attempts_may_be_proven_in_any_order_and_in_portions(outcome: Outcome, data: st.DataObject) -> None:
    state = data.draw(st.sampled_from([BatchState.SENDING, states.derive_batch_state([outcome])]))
    proofs = st.builds(
        happened,
        what=st.sampled_from([EventType.ACCEPTED, EventType.DELIVERED]),
        place=st.integers(0, SIZE - 1),
        attempt=st.sampled_from(["first", "second", "now"]),
    )
    events = data.draw(st.lists(proofs, max_size=6))
    shuffled = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(events)))
    at_once = after(state, batch(*[outcome] * SIZE), *events)
    one = after(state, batch(*[outcome] * SIZE), *shuffled[:cut])
    two = after(one.state, one.outcomes, *shuffled[cut:], proven=one.proven)
    assert two.outcomes.pack() == at_once.outcomes.pack()
    assert two.state == at_once.state
    assert one.alarms + two.alarms == at_once.alarms


@given(some_outcomes, some_events, st.randoms(), st.integers(0, 12))
def test_order_repetition_and_portions_make_no_difference(
    outcomes: list[Outcome], events: list[Event], random: object, cut: int
) -> None:
    state = states.derive_batch_state(outcomes)
    at_once = after(state, batch(*outcomes), *events)
    shuffled = [*events, *events[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = after(state, batch(*outcomes), *shuffled[:cut])
    second = after(first.state, first.outcomes, *shuffled[cut:], proven=first.proven)
    assert second.outcomes.pack() == at_once.outcomes.pack()
    assert second.state == at_once.state


@given(some_outcomes, some_events)
def test_outcomes_only_move_forward_and_a_batch_only_along_its_table(
    outcomes: list[Outcome], events: list[Event]
) -> None:
    state = states.derive_batch_state(outcomes)
    folded = after(state, batch(*outcomes), *events)
    assert all(new >= old for new, old in zip(folded.outcomes, outcomes, strict=True))
    assert folded.state == state or states.can_become(states.BATCH_TRANSITIONS, state, folded.state)
