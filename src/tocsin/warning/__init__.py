"""Warning of launches: detections in, the stages of an event out; pure functions of records and time.

For civil protection alone: where something comes down, when, and who is to be warned.

``settings`` what may be chosen; ``plots`` detections as numbers; ``models``, ``measurement``, ``imm`` the filter;
``moment``, ``track`` one object with a memory for late plots; ``matching``, ``association``, ``initiation``,
``fusion`` from plots to tracks;
``telling``, ``told``, ``peers``, ``intersection`` tracks in place of detections, told and heard;
``launchpoint``, ``impact``, ``areas`` what follows from a track; ``stages``, ``event`` what is said and when;
``events`` which events are one; ``picture`` one audience; ``twin`` the own picture while it is like the published
one; ``desk`` one member; ``gain`` what sharing bought.
"""

from tocsin.warning.areas import Area, Region, WarningAreas, region_of, warning_areas
from tocsin.warning.desk import WarningDesk
from tocsin.warning.events import agree
from tocsin.warning.gain import SharingGain, sharing_gain
from tocsin.warning.picture import Picture
from tocsin.warning.settings import WarningSettings
from tocsin.warning.stages import is_within_ellipse

__all__ = [
    "Area",
    "Picture",
    "Region",
    "SharingGain",
    "WarningAreas",
    "WarningDesk",
    "WarningSettings",
    "agree",
    "is_within_ellipse",
    "region_of",
    "sharing_gain",
    "warning_areas",
]
