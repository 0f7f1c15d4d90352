"""The programs whose exports we know."""

from __future__ import annotations

import pytest

from subscribers.imports.tools import TOOLS
from tests.subscribers.reading import tool


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LAST_CHANGED,LEID,EUID,NOTES,TAGS", "mailchimp"),
        ("E-Mail-Adresse,Vorname,MEMBER_RATING,OPTIN_TIME,LEID,EUID,NOTES", "mailchimp"),
        ("email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at", "substack"),
        ("id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,deleted_at,labels,tiers", "ghost"),
        ("email,First Name,status,tier,created_at,stripe_customer_id,Free Tier,unsubscribed_at", "beehiiv"),
        ("uuid,email,name,attributes,status,created_at,updated_at", "listmonk"),
        ("email,name,attributes", "listmonk_import"),
        ("email_address,type,creation_date,tags,metadata,notes,unsubscription_date", "buttondown"),
        ("CONTACT ID,EMAIL,FIRSTNAME,LASTNAME,EMAIL_BLACKLISTED,ADDED_TIME,MODIFIED_TIME", "brevo"),
        ("Email Address,Name,State,Date", "campaignmonitor"),
        ("first_name,email,status,subscribed_at,tags", "kit"),
        ("email,first name", "generic"),
    ],
)
def test_a_program_is_known_by_its_header(header: str, name: str) -> None:
    assert tool(header) == name


def test_no_header_is_of_two_programs() -> None:
    signatures = [signature for each in TOOLS for signature in each.signatures]
    assert len(signatures) == len({*signatures})
