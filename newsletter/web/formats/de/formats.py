"""How dates and times read on German pages."""

DATE_FORMAT = "j. F Y"
TIME_FORMAT = "H:i"
