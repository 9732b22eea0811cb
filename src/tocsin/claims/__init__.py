"""The ledger of claims: who says what, on what, who denies it, and how much of it is one origin told several times.

The machine counts and compares; what is so, people judge, each member for itself.
"""

from tocsin.claims.dossier import Dossier, DossierHead, dossier_of, known_origins, readers_of
from tocsin.claims.entries import TABLES, Entry, Row, entries_of, record_id, require_key
from tocsin.claims.grades import SCALES, LikelihoodWord, band_of
from tocsin.claims.hypotheses import EvidenceRow, HypothesisScore, Matrix, matrix_of, weighings_of
from tocsin.claims.ledger import KINDS, Ledger, Version
from tocsin.claims.ledger_file import ledger_rows, read_ledger
from tocsin.claims.movements import MovementStanding, movement_standing
from tocsin.claims.nearby import nearby, roots_of
from tocsin.claims.origins import Corroboration, Ref, content_token, new_origin_token
from tocsin.claims.quantities import Comparison, compare, in_words
from tocsin.claims.standing import Change, Denial, Figure, Standing, changes_of, standing_of, standings

__all__ = [
    "KINDS",
    "SCALES",
    "TABLES",
    "Change",
    "Comparison",
    "Corroboration",
    "Denial",
    "Dossier",
    "DossierHead",
    "Entry",
    "EvidenceRow",
    "Figure",
    "HypothesisScore",
    "Ledger",
    "LikelihoodWord",
    "Matrix",
    "MovementStanding",
    "Ref",
    "Row",
    "Standing",
    "Version",
    "band_of",
    "changes_of",
    "compare",
    "content_token",
    "dossier_of",
    "entries_of",
    "in_words",
    "known_origins",
    "ledger_rows",
    "matrix_of",
    "movement_standing",
    "nearby",
    "new_origin_token",
    "read_ledger",
    "readers_of",
    "record_id",
    "require_key",
    "roots_of",
    "standing_of",
    "standings",
    "weighings_of",
]
