"""What the warning room may be told otherwise: gates, times and policy numbers, each with its reason."""

from __future__ import annotations

import msgspec


class WarningSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one member's fusion.

    Members that share a picture need not agree on these, but their figures differ if they do not.

    Raises:
        ValueError: A number is out of its range.
    """

    confirm_plots: int = 3
    """M of M-of-N: this many plots of one sensor confirm a track. The feeds are free of clutter (each plot is a
    sensor's own confirmed detection), so 3 of 5 will do; with 10 false plots a scan it would give 17,000 false
    confirmations a radar-year, and 5 of 8 is the number to set (docs/explanation)."""
    confirm_scans: int = 5
    """N of M-of-N: the plots must lie within so many scans of that sensor's own interval."""
    confirm_plots_two_sensors: int = 2
    """This many plots from each of two sensors confirm as well: independent sensors seldom err together."""
    confirm_window_s: float = 30.0
    """The longest time that the confirming plots may span: slow sensors scan every 10 s."""
    min_speed_mps: float = 100.0
    """What is slower than this, one sigma allowed for, is no launch and is not confirmed."""
    tentative_s: float = 30.0
    """An unconfirmed track without a plot for so long is dropped."""

    clutter_starts: float = 1000.0
    """How many first plots are taken to be clutter for each that is something that flies. Feeds that hand over what a
    sensor has confirmed need less; a radar's raw plots, 10 of them false in a scan, need 10 million."""
    clutter_per_gate: float = 0.03
    """Mean number of false plots that fall into the gate of a track at each scan."""
    public_plots: int = 6
    """The longer rule: so many plots of one's own before a launch is of the grade for the public …"""
    public_plots_each: int = 3
    """… or so many from each of two members."""

    gate_chi2: float = 25.0
    """A plot may belong to a track if its squared normalised distance is at most this: 4.3 sigma for 3 figures,
    wide enough for the step in acceleration at burnout, which no model follows at once."""
    first_range_sigma_km: float = 25.0
    """Added to the gate of a track that infrared alone has built, for the first plot that fixes its place."""
    buffer_s: float = 3.0
    """How old a late plot may be, against the track's newest, to be replayed in order; older ones are counted and
    skipped."""
    future_s: float = 2.0
    """A plot stamped further than this ahead of our clock is not fused."""

    jerk_psd: float = 1.0
    """White jerk of the model under thrust, (m/s³)² s. 0.1 was overconfident, 10 cost 1.2 to 1.45 times the area."""
    ballistic_noise_mps2: float = 0.02
    """White acceleration of the ballistic model, (m/s²)² s as its square; ten times as much cost 2.5 to 5 times the
    area."""
    coast_noise_mps2: float = 0.005
    """The same once the ballistic model is kept alone: what gravity without its finer terms leaves out is 0.0005 m/s²
    for some 100 s. Over the 45 minutes of a lofted flight 0.02 alone would double the ellipse."""
    drag_noise: float = 0.1
    """The part of the drag that is taken to be uncertain from second to second."""
    mass_per_drag_area_kg_m2: float = 7000.0
    """Prior of the inverse of CdA/m."""
    mass_per_drag_area_log_sigma: float = 0.6
    """Sigma of its logarithm."""
    boost_sojourn_s: float = 100.0
    """Mean time that the model under thrust is taken to last."""
    ballistic_sojourn_s: float = 1000.0
    """Mean time that free flight is taken to last before anything else happens."""
    single_model_probability: float = 0.99
    """After ``single_model_s`` above this only the ballistic model is kept: leakage from the other would let the
    ellipse grow whenever plots are sparse."""
    single_model_s: float = 10.0
    """See ``single_model_probability``."""
    manoeuvre_window_s: float = 10.0
    """The single model is tested over the plots of this time …"""
    manoeuvre_tail: float = 1e-7
    """… and given up for two models when the sum of their squared residuals has less than this chance. It is asked
    at every plot, a thousand times a flight: 1e-4 gave a false alarm on every second flight."""

    ballistic_probability: float = 0.9
    """Gate rule: no impact area is published below it. At burnout itself the ellipse held the truth in only 37 to
    54 % of the runs, five seconds later in 95 %."""
    ballistic_hold_s: float = 3.0
    """The gate must have held for so long."""
    discerning_sigma_mps2: float = 12.0
    """The model under thrust must once have known the acceleration along the way this well before the probability of
    free flight counts: until then the plots fit both, and the leaner model wins by default. Rockets push with 20 to
    60 m/s²."""
    min_ranged_plots: int = 6
    """Plots with a range (or positions) before an impact is published; infrared alone never suffices."""
    max_semi_axis_km: float = 200.0
    """A larger ellipse is not published: it names half of the region and helps nobody."""
    impact_interval_s: float = 1.0
    """The impact is computed at most once in this time, per track, by scenario time …"""
    sharp_semi_axis_km: float = 5.0
    """… and once the longer semi-axis of the last one is at most this …"""
    sharp_impact_interval_s: float = 5.0
    """… at most once in this time: revisions of so sharp a one seldom came sooner."""
    unmodelled_sigma_km: float = 0.1
    """Added to the impact, in each direction: wind, weather and the height of the ground are not in the model."""

    manoeuvre_apogee_km: float = 120.0
    """Flights lower than this can pull up or glide in the air; nothing in the data tells before they do. The lowest
    ones on record with a pull-up stay below 100 km; an apogee of 100 km is foretold to within some kilometres right
    after burnout, and must not be taken for a higher one in half of the cases."""
    lift_to_drag_max: float = 1.0
    """Policy: such a flight is taken to have any lift over drag from 0 to this, all equally likely. With 1 the
    reference flights come down 39 to 290 km beyond free fall."""
    lift_below_km: float = 40.0
    """… and to be lifted from where it sinks below this: above it the air hardly bears."""
    bank_sigma_deg: float = 1.0
    """Policy: by how much that lift leans out of the vertical plane, one sigma. A body that leans by 20 degrees at a
    lift of 1 goes 20 km aside: who expects that sets more, and pays with the size of the region."""
    region_probability: float = 0.97
    """How much of all that this leaves possible the published region holds: more than 95 %, so that the greatest lift
    is not cut off first."""
    margin_km: float = 5.0
    """Policy: debris and safety, around every impact region."""
    leave_margin_km: float = 10.0
    """An area that is at risk stays so while the region with this margin touches it …"""
    leave_probability: float = 0.005
    """… or so much of all impacts lies in it: with one limit for both, areas at the edge came and went."""

    revise_interval_s: float = 10.0
    """A prediction that moved at all is issued again after this time …"""
    revise_unchanged_s: float = 30.0
    """… and one that did not after this."""
    revise_axis_fraction: float = 0.2
    """The longer semi-axis shrank by this part: issue at once."""
    revise_point_km: float = 1.0
    """The point moved by more: issue at once."""

    lost_s: float = 60.0
    """No plot for so long and no prediction worth keeping: the track is lost."""
    lost_infrared_s: float = 150.0
    """The same where infrared alone has seen it: that sees nothing that has burnt out, and the next radar may look
    farther on."""
    good_semi_axis_km: float = 25.0
    """A prediction up to this size is kept to its end without further plots."""
    track_interval_s: float = 1.0
    """A track is told to the audiences of ``[warning] tracks`` at most once in this time, by scenario time."""
    track_gate_chi2: float = 28.0
    """A peer's track may be of one object with ours if their squared normalised distance is at most this: six figures,
    and any correlation allowed for; one pair in 10,000 of one object lies beyond."""
    same_event_sigma: float = 4.0
    """Two tracks are one object if, at one time, they are at most so many sigmas apart …"""
    same_event_floor_km: float = 2.0
    """… with so much allowed for errors that no sigma holds (registration between members)."""
    same_event_launch_s: float = 15.0
    """Without comparable tracks: launched within so many seconds …"""
    same_event_launch_km: float = 15.0
    """… and so near each other, and no other launch fits."""
    max_tracks: int = 256
    """Bound of one picture; beyond it new plots start no track and are counted."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(f"{name} is {value}; it must be greater than zero")
        if not 0.5 <= self.ballistic_probability < 1 or not 0.5 <= self.single_model_probability < 1:
            raise ValueError("a probability gate lies from 0.5 to below 1")
        if self.leave_margin_km < self.margin_km:
            raise ValueError("leave_margin_km is at least margin_km")
        if self.confirm_scans < self.confirm_plots:
            raise ValueError("confirm_scans is at least confirm_plots")
