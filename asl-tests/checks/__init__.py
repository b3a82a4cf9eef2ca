"""Static checks on the workflow's definition: what must hold of it before anything runs."""

from .data_flow import the_flagger_finds_its_reasons, what_is_read_was_written
from .errors import (
    deaths_are_tried_again_where_they_are_caught,
    error_names_can_occur,
    every_error_is_tried_again_or_known_not_to_be,
    no_fault_is_caught,
)
from .graph import every_state_is_on_the_way_to_an_end, every_way_leads_to_a_state
from .language import (
    no_field_stands_twice,
    only_what_every_engine_knows,
    paths_are_plain_jsonpath,
    rules_are_whole,
)
from .machine import Check, Machine, the_machine
from .results import result_paths_are_explicit, results_meet_knowingly
from .retries import (
    every_task_has_a_timeout,
    one_trouble_is_tried_again_in_one_way,
    retries_are_named_and_calm,
)
from .secrecy import (
    answers_are_picked_over,
    logs_hold_no_execution_data,
    texts_for_people_hold_no_data,
    the_task_token_goes_to_the_notifier_alone,
    the_words_of_a_draft_go_no_further,
)
from .words import (
    everything_has_a_comment,
    states_and_folders_share_their_words,
    substitutions_are_bound_and_used,
)

__all__ = ["CHECKS", "Check", "Machine", "the_machine"]

CHECKS: tuple[Check, ...] = (
    every_way_leads_to_a_state,
    every_state_is_on_the_way_to_an_end,
    only_what_every_engine_knows,
    rules_are_whole,
    paths_are_plain_jsonpath,
    no_field_stands_twice,
    everything_has_a_comment,
    substitutions_are_bound_and_used,
    states_and_folders_share_their_words,
    result_paths_are_explicit,
    results_meet_knowingly,
    what_is_read_was_written,
    the_flagger_finds_its_reasons,
    every_task_has_a_timeout,
    retries_are_named_and_calm,
    one_trouble_is_tried_again_in_one_way,
    no_fault_is_caught,
    deaths_are_tried_again_where_they_are_caught,
    error_names_can_occur,
    every_error_is_tried_again_or_known_not_to_be,
    logs_hold_no_execution_data,
    the_task_token_goes_to_the_notifier_alone,
    texts_for_people_hold_no_data,
    answers_are_picked_over,
    the_words_of_a_draft_go_no_further,
)
"""Every check. Each has a broken definition in test_checks.py that it catches."""
