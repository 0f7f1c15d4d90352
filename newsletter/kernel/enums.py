"""Enums whose members have a stored value for rows and JSON, and a label for people."""

from __future__ import annotations

from enum import StrEnum


class LabelledEnum(StrEnum):
    """The value is stored and never changes; the label follows the glossary.

    A label is made from the member's name; a member whose name says it differently has it in `special_labels`.
    """

    @property
    def label(self) -> str:
        """The member as people read it."""
        return self.special_labels().get(self.value) or self.name.replace("_", " ").capitalize()

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        """Labels that do not follow from the name, by value."""
        return {}

    @classmethod
    def list_choices(cls) -> list[tuple[str, str]]:
        """The choices of a model's field: stored value and label."""
        return [(member.value, member.label) for member in cls]
