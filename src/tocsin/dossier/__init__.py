"""The dossier of a claim, a movement or a topic as something to hand out: drawn, and written as one page."""

from tocsin.dossier.page import page

__all__ = ["page"]
