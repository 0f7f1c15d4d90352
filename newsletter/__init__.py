"""A self-hosted newsletter composition and delivery service: pick, render, check, send, prove."""

__version__ = "0.1.0"  # the one place: the package, --version and the User-Agent read it here
