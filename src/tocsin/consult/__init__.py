"""Joint statements: a text goes round, members say yes to its bytes and not to its gist, and a cut link is no consent.

Where a consultation stands is computed from the records that a member holds (``consultation_of``); what differs between
two texts, word by word, from the texts alone (``differences``).
"""

from tocsin.consult.characters import look_alikes, normalised, visible, words_of
from tocsin.consult.desk import ConsultDesk
from tocsin.consult.differences import ParagraphDifference, Span, differences, word_differences
from tocsin.consult.document import StatementProof, keys_of, prove, signed_statement
from tocsin.consult.index import KINDS, Index
from tocsin.consult.orders import ConsultOrder, Desk, DraftOrder, find, record_of
from tocsin.consult.state import (
    Consultation,
    MemberStanding,
    Phase,
    Remark,
    Round,
    SilenceStanding,
    consultation_of,
    consultations,
)
from tocsin.consult.statement import (
    PAYLOAD_TYPE,
    Paragraph,
    Reservation,
    Statement,
    digest_of,
    make_statement,
    plain_text,
    read_statement,
)

__all__ = [
    "KINDS",
    "PAYLOAD_TYPE",
    "ConsultDesk",
    "ConsultOrder",
    "Consultation",
    "Desk",
    "DraftOrder",
    "Index",
    "MemberStanding",
    "Paragraph",
    "ParagraphDifference",
    "Phase",
    "Remark",
    "Reservation",
    "Round",
    "SilenceStanding",
    "Span",
    "Statement",
    "StatementProof",
    "consultation_of",
    "consultations",
    "differences",
    "digest_of",
    "find",
    "keys_of",
    "look_alikes",
    "make_statement",
    "normalised",
    "plain_text",
    "prove",
    "read_statement",
    "record_of",
    "signed_statement",
    "visible",
    "word_differences",
    "words_of",
]
