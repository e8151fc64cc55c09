"""PDF documents by typst, accessible by standard (PDF/UA-1).

Templates lie in `templates/documents/*.typ`; values enter as JSON through `sys.inputs`, never as
typst source, so a team called `#panic()` prints literally (ST-182).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder


def pdf(template: str, data: dict[str, Any]) -> bytes:
    """Return the document made from `templates/documents/<template>.typ`.

    The template reads its values by `json(bytes(sys.inputs.data))`, sets title and language, and
    gives every picture a text (typst refuses a document without a title).

    Raises:
        FileNotFoundError: there is no such template.

    """
    import typst

    source = Path(settings.BASE_DIR) / "templates" / "documents" / f"{template}.typ"
    text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
    # One file without a project around it: nothing can be read from the disk by a template.
    document: bytes = typst.compile(
        source.read_bytes(), format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": text}
    )
    return document
