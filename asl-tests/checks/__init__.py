"""Static checks on the workflow's definition: what must hold of it before anything runs."""

from . import data_flow, errors, graph, language, results, retries, secrecy, words
from .machine import Check, Machine, the_machine

__all__ = ["CHECKS", "Check", "Machine", "the_machine"]

CHECKS: tuple[Check, ...] = (
    graph.every_way_leads_to_a_state,
    graph.every_state_is_on_the_way_to_an_end,
    language.only_what_every_engine_knows,
    language.rules_are_whole,
    language.paths_are_plain_jsonpath,
    language.no_field_stands_twice,
    words.everything_has_a_comment,
    words.substitutions_are_bound_and_used,
    words.states_and_folders_share_their_words,
    results.result_paths_are_explicit,
    results.results_meet_knowingly,
    data_flow.what_is_read_was_written,
    data_flow.the_flagger_finds_its_reasons,
    retries.every_task_has_a_timeout,
    retries.retries_are_named_and_calm,
    retries.one_trouble_is_tried_again_in_one_way,
    errors.no_fault_is_caught,
    errors.deaths_are_tried_again_where_they_are_caught,
    errors.error_names_can_occur,
    errors.every_error_is_tried_again_or_known_not_to_be,
    secrecy.logs_hold_no_execution_data,
    secrecy.the_task_token_goes_to_the_notifier_alone,
    secrecy.texts_for_people_hold_no_data,
    secrecy.answers_are_picked_over,
    secrecy.the_words_of_a_draft_go_no_further,
)
"""Every check. Each has a broken definition in test_checks.py that it catches."""
