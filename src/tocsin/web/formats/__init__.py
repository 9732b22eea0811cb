"""Formats in which the picture leaves for other programs: areas, event points and positions, and nothing finer."""

from tocsin.web.formats.cot import to_cot
from tocsin.web.formats.features import COLLECTIONS, Collection, feature_collection, features_of, file_name
from tocsin.web.formats.kml import to_kml

__all__ = ["COLLECTIONS", "Collection", "feature_collection", "features_of", "file_name", "to_cot", "to_kml"]
