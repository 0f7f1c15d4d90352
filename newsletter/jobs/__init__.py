"""Background work: plain functions that compose the rooms, and the loops that call them."""
