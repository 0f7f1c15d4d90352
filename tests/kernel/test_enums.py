"""Labels of stored values."""

from __future__ import annotations

from newsletter.kernel.enums import LabelledEnum


class Light(LabelledEnum):
    DEEP_RED = "r"
    GREEN = "g"

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.GREEN: "Go"}


def test_a_label_is_the_name_in_words_unless_the_enum_says_otherwise() -> None:
    assert Light.list_choices() == [("r", "Deep red"), ("g", "Go")]
