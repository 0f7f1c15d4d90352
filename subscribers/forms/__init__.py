"""The forms of the readers' pages. What their values may be is checked by the services."""
