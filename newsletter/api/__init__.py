"""The interface for programs: JSON over HTTPS with a token. Thin: parse, one service call, answer."""
