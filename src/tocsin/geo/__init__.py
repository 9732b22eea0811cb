"""The earth: WGS 84 positions and directions, its air, flight under gravity and drag, and geodesics.

Positions are earth-centred, earth-fixed (ECEF) metres unless a name says otherwise. The compiled functions of
``earth``, ``air`` and ``ballistics`` can be called from other compiled functions as well as from plain Python.
"""
