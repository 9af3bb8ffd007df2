"""A comparison, and all that is known beside it, as a document for people.

The document comes first, as frozen blocks (`blocks.py`, `document.py`, `card.py`); `markdown.py` and
`html.py` only draw it. So a report says the same in both, and nothing of it is text with markup inside.
"""

from emel.report.blocks import Document
from emel.report.document import build
from emel.report.writing import Written, write

__all__ = ["Document", "Written", "build", "write"]
