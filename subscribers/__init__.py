"""Subscribers: lists, people, consent, suppression, and the pages on which they join and leave.

Of `newsletter` this package sees only the kernel.
"""
