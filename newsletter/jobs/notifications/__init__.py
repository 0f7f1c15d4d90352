"""Telling users of the desk and other programs what they must know: each thing once, whoever notices it."""
