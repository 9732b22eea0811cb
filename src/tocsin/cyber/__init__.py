"""Hostile cyber activity: STIX objects as records, and indicators matched against what a member sees.

::

    patterns      what a STIX pattern says, as a tree
    parsing       text to that tree
    comparing     one comparison of a pattern on one value
    observations  what was seen: cyber observables and when
    conditions    what stands in brackets, on one observation
    bindings      what stands between brackets: AND, OR, FOLLOWEDBY, REPEATS, WITHIN, START/STOP
    tables        the values that patterns compare one property with, found by look-up
    index         from an observation to the patterns that may match it
    detector      indicators against events as they come, and backwards
    indicators    bundles and tables to indicators, and how indicators are shown
    logs          files to observations
    objects       STIX objects in files, byte for byte
    tlp           what their markings say of who may have them
    mapping       lines of logs to observations
    warning_lists indicators that would match what everybody meets
    sightings     what is told of matches

Nothing here opens a connection: an indicator is compared, never resolved or contacted.
"""
