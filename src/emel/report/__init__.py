"""A comparison, and all that is known beside it, as a document for people.

The document comes first, as frozen blocks (`blocks.py`, `document.py` and the sections that it names);
`markdown.py` and `html.py` only draw it. So a report says the same in both, and nothing of it is text with
markup inside, but for the sections that the user wrote (`own.py`), which `guard.py` makes harmless.
"""

from emel.report.artifacts import junit_xml
from emel.report.blocks import Document
from emel.report.document import SECTIONS, build, default_sections
from emel.report.failure import failure_document
from emel.report.known import Known
from emel.report.masking import masked
from emel.report.own import own_section
from emel.report.rendering import render, render_alone
from emel.report.writing import Written, write, write_alone

__all__ = [
    "SECTIONS",
    "Document",
    "Known",
    "Written",
    "build",
    "default_sections",
    "failure_document",
    "junit_xml",
    "masked",
    "own_section",
    "render",
    "render_alone",
    "write",
    "write_alone",
]
