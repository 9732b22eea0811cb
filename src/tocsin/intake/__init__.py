"""News texts become proposals of claims, for a person to accept, change or refuse.

In English, attributions, denials, hedges and dates are found by rules over a parse; in Korean and Japanese names,
dates and words of denial are marked by lists. The machine finds sentences and says what it cannot tell: it decides
nothing.
"""

from tocsin.intake.proposing import propose
from tocsin.intake.report import Report, language_of

__all__ = ["Report", "language_of", "propose"]
