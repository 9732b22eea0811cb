"""The ledger of claims in the formats of others, in and out: CSV, FollowTheMoney, STIX 2.1 and GeoJSON.

Out, each says who may have it, its status, who vouches for it and its id. In, what is a record of this member is taken
as that; what another member told is passed over, since it comes from there; and what anybody else says becomes a claim
of theirs whose basis nobody told, so that it corroborates nothing.
"""

from tocsin.interchange.coming import MOST_BYTES, Received, require_kept
from tocsin.interchange.csv_file import COLUMNS, to_csv
from tocsin.interchange.ftm import to_ftm
from tocsin.interchange.geojson import to_geojson
from tocsin.interchange.leaving import Leaving
from tocsin.interchange.reading import WRITERS, Format, read_file
from tocsin.interchange.stix import to_stix

__all__ = [
    "COLUMNS",
    "MOST_BYTES",
    "WRITERS",
    "Format",
    "Leaving",
    "Received",
    "read_file",
    "require_kept",
    "to_csv",
    "to_ftm",
    "to_geojson",
    "to_stix",
]
