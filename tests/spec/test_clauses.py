"""Clauses that no vector can show: which test shows that this implementation keeps them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from conformance.clauses import NOT_TESTABLE

TESTS = Path(__file__).parents[1]

SHOWN_BY = {
    "1.8": ("property/test_protocol_laws.py", "test_status_and_synthetic_are_contagious"),
    "2.6": ("unit/exchange/test_downgrade.py", "test_nobody_widens_what_another_made"),
    "6.5": ("unit/store/test_quarantine.py", "test_the_ring_holds_the_newest_of_each_peer"),
    "7.5": ("unit/exchange/test_protocol.py", "test_what_is_missing_is_asked_for_and_given_back"),
    "8.1": ("unit/exchange/test_release.py", "test_a_record_and_a_frame_go_where_all_may_have_them"),
    "8.2": ("unit/exchange/test_protocol.py", "test_policy_decides_and_a_person_approves"),
    "8.3": ("property/test_protocol_laws.py", "test_what_is_released_the_audience_admits_and_nobody_else"),
    "8.4": ("unit/exchange/test_protocol.py", "test_policy_decides_and_a_person_approves"),
    "8.5": ("unit/exchange/test_protocol.py", "test_what_has_no_route_is_held_and_sent_no_other_way"),
    "8.6": ("unit/exchange/test_sanitise.py", "test_a_copy_tells_nothing_of_what_it_was_made_from"),
    "8.7": ("property/test_non_interference.py", "test_what_two_share_changes_no_bit_of_what_a_third_gets"),
    "8.8": ("unit/exchange/test_downgrade.py", "test_named_fields_go_and_nothing_else"),
    "9.1": ("faults/test_node_orders.py", "test_a_releaser_widens_named_fields_and_nobody_else_can"),
    "9.2": ("unit/exchange/test_downgrade.py", "test_only_a_releaser_signs"),
    "9.3": ("unit/exchange/test_downgrade.py", "test_named_fields_go_and_nothing_else"),
    "9.6": ("unit/store/test_recall.py", "test_what_was_recalled_never_comes_in_again"),
    "11.5": ("faults/test_bus_trust.py", "test_an_authority_is_believed_for_its_own_member_alone"),
    "11.8": (
        "faults/test_node_changes.py",
        "test_a_signing_key_rotates_while_members_take_up_the_rosters_at_different_moments",
    ),
    "12.4": ("unit/cli/test_reading.py", "test_a_record_for_two_is_not_in_a_bundle_for_three"),
    "12.5": ("unit/cli/test_reading.py", "test_the_bytes_of_a_bundle"),
    "13.1": ("faults/test_bus_delivery.py", "test_a_frame_reaches_its_peer_by_both_paths_and_nobody_else"),
    "13.2": ("unit/bus/test_names.py", "test_the_subject_of_a_frame"),
    "13.3": ("faults/test_bus_delivery.py", "test_control_frames_are_live_and_not_kept"),
    "13.4": ("unit/bus/test_names.py", "test_one_outbox_captures_it"),
    "13.5": ("faults/test_bus_trust.py", "test_a_rogue_peer_with_valid_papers_gets_its_own_frames_and_nothing_else"),
    "13.6": ("unit/bus/test_config.py", "test_what_crosses_a_link_is_named_exactly"),
    "15.1": ("unit/exchange/test_quotas.py", "test_live_frames_take_their_share_of_our_time_and_no_more"),
    "15.2": ("faults/test_node_abuse.py", "test_a_flood_is_shed_live_waits_durable_and_loses_nothing"),
    "15.3": ("faults/test_node_abuse.py", "test_kinds_worlds_and_epochs_without_end_are_refused_beyond_their_number"),
    "15.4": ("unit/exchange/test_quotas.py", "test_nobody_pays_for_another_link_originator_or_precedence"),
    "15.5": ("faults/test_node_abuse.py", "test_heads_and_requests_without_end_stay_bounded"),
    "16.1": ("unit/web/test_deciding.py", "test_a_release_is_a_record_of_the_person_for_all_who_get_what_goes"),
    "16.2": ("property/test_approval_laws.py", "test_what_was_signed_verifies"),
    "16.3": ("property/test_approval_laws.py", "test_no_part_of_the_decision_can_be_another"),
    "16.4": ("unit/web/test_deciding.py", "test_what_is_signed_can_be_checked_by_whoever_gets_it"),
    "16.5": ("spec/test_approvals.py", "test_a_decision_is_worth_what_its_case_says"),
    "16.6": ("unit/web/test_deciding.py", "test_decisions_stand_beside_the_event_with_what_they_are_worth"),
    "16.7": ("faults/test_node_policy.py", "test_asked_held_and_sanitised_records_go_where_policy_says"),
    "17.1": ("faults/test_node_exercises.py", "test_an_exercise_on_running_members"),
    "17.2": ("unit/web/test_picture.py", "test_no_exercise_is_in_the_picture_without_consent_or_after_its_end"),
    "17.3": ("unit/exercise/test_desk.py", "test_the_clock_and_the_plan_are_worked_by_the_director_alone"),
    "17.4": ("unit/exercise/test_desk.py", "test_any_member_ends_it_at_once_and_nobody_else_does"),
    "17.5": ("unit/node/test_valve.py", "test_a_cut_keeps_back_what_is_of_the_exercise_and_nothing_else"),
    "18.1": ("unit/consult/test_silence.py", "test_what_may_not_be_done_is_refused_with_the_reason"),
    "18.2": ("unit/consult/test_statement.py", "test_what_is_no_statement_is_refused_with_the_reason"),
    "18.3": ("property/test_consult_machine.py", "a_member_says_one_last_word"),
    "18.4": ("property/test_consult_machine.py", "what_is_agreed_is_agreed_by_all"),
    "18.5": ("property/test_statement_laws.py", "test_a_signature_holds_for_one_text_alone"),
}


def test_each_has_one() -> None:
    assert SHOWN_BY.keys() == NOT_TESTABLE.keys()


@pytest.mark.parametrize("file", sorted({file for file, _ in SHOWN_BY.values()}))
def test_it_is_there(file: str) -> None:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assert {name for where, name in SHOWN_BY.values() if where == file} <= names
