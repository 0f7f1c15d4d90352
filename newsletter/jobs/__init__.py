"""Background work: plain functions that compose the packages, and the loops that call them."""
