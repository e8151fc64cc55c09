from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from submissions.validators import validate_line


@pytest.mark.parametrize("text", ["Team Dachs", "Ärzte & Söhne – 2", "Łódź", "", "a\u0301"])
def test_ordinary_names_pass(text):
    assert validate_line(text) is None


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nSubject: x", "a\x00b", "a\u202eb", "a\u200bb", "a\u2028b", "\x1b[31m"]
)
def test_line_breaks_and_invisible_characters_are_refused(text):
    with pytest.raises(ValidationError):
        validate_line(text)
