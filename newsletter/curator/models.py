"""Where Django looks for the models of this app: they live in the two packages."""

from newsletter.curator.articles import models as articles  # noqa: F401
from newsletter.curator.editions import models as editions  # noqa: F401
