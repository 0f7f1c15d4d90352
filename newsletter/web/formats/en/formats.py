"""How dates and times read on English pages: the day first, as newspapers here write them, and 24 hours."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
