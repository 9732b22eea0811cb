"""Flights that never happened this way, seen by sensors that do not exist: everything from here is ``synthetic``.

Launches are of the public record; their flights are reconstructed from site, bearing, apogee and distance.
"""

METHOD = (
    "Synthetic. The launch is of the public record (CNS North Korea Missile Test Database and nagix/nk-missile-tests); "
    "its flight is reconstructed so that it meets the recorded apogee, distance and bearing on the rotating WGS 84 "
    "earth, with J2 and drag, under an assumed thrust (one stage, 22 to 60 m/s2, vertical rise, kick, gravity turn). "
    "The sensors are invented, with Gaussian noise, a constant angle error per flight and 0.9 probability of detection."
)
"""What every record made from here cites among its ``sources``."""
