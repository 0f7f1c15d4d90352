"""How dates and times read, by language."""
