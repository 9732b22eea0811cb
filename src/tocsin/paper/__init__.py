"""What all pages share that are handed out on paper: their sheet, their looks and the coasts beneath their maps."""

from tocsin.paper.coasts import base_map
from tocsin.paper.looks import Looks, banner_colour, banner_words, looks_of
from tocsin.paper.sheets import drawn, member_mark, templates

__all__ = ["Looks", "banner_colour", "banner_words", "base_map", "drawn", "looks_of", "member_mark", "templates"]
