// The metrics of quality checks, judges and embeddings.

import { counter, gauge, histogram } from '../core/metrics.ts'

export const QUALITY_EVENTS = 'observa_quality_events_total'
export const QUALITY_FAULTS = 'observa_quality_faults_total'
export const QUALITY_BEHIND = 'observa_quality_hours_behind'
export const QUALITY_CHECK_ON = 'observa_quality_check_on'
export const DERIVED_LOGGED = 'observa_derived_signals_total'
export const SCORES_LOGGED = 'observa_score_changes_total'
export const MODEL_CALLS = 'observa_semantic_calls_total'
export const MODEL_SECONDS = 'observa_semantic_call_duration_seconds'
export const MODEL_SPEND = 'observa_semantic_spend_usd'
export const MODEL_LOST = 'observa_semantic_calls_lost_total'
export const SAMPLED = 'observa_sampled_traces_total'
export const JUDGED = 'observa_judge_verdicts_total'
export const TOPIC_VECTORS = 'observa_topic_vectors_total'
export const TOPIC_RUNS = 'observa_topic_runs_total'
export const TOPICS_KNOWN = 'observa_topics'

export const SEMANTIC_METRICS = [
  counter(QUALITY_EVENTS, 'Stored calls that the checks of quality have looked at.'),
  counter(QUALITY_FAULTS, 'Faults that the checks of quality found, by check.', ['check']),
  gauge(QUALITY_BEHIND, 'Hours with new events that the checks of quality have not finished.'),
  gauge(QUALITY_CHECK_ON, '1 for a check that is on, 0 where its measured precision is too low.', [
    'check',
  ]),
  counter(SCORES_LOGGED, 'Changes of scores that this instance wrote into its log.'),
  counter(DERIVED_LOGGED, 'Signals of jobs that this instance wrote into its log, by type.', [
    'type',
  ]),
  counter(
    MODEL_CALLS,
    'Requests to endpoints of models, by what for and how they ended: `ok`, `retried`, `failed`, `cached`, `over_budget`, `open_circuit`.',
    ['purpose', 'outcome'],
  ),
  histogram(
    MODEL_SECONDS,
    'How long endpoints of models took to answer.',
    [0.05, 0.25, 1, 2.5, 5, 15, 30, 60],
    ['purpose'],
  ),
  gauge(
    MODEL_SPEND,
    'What calls of models cost today, by tenant and budget: settled, and reserved for calls under way.',
    ['tenant', 'budget', 'state'],
  ),
  counter(
    MODEL_LOST,
    'Calls whose end nobody saw because a worker died; settled at their worst case and made again.',
  ),
  counter(
    SAMPLED,
    'Traces by why they were sampled for embeddings, or left out: `day_is_full`, `over_budget`.',
    ['reason'],
  ),
  counter(
    TOPIC_VECTORS,
    'Vectors that were compared with the topics, by outcome: `topic`, or `none` for those that are near no topic.',
    ['outcome'],
  ),
  counter(
    TOPIC_RUNS,
    'How often topics were made: `clustered` from a sample of all vectors, `born` from those that were near no topic.',
    ['outcome'],
  ),
  gauge(TOPICS_KNOWN, 'Topics of a project, at most 64.', ['tenant', 'project']),
  counter(JUDGED, 'Verdicts of judges, by rubric and verdict.', ['rubric', 'verdict']),
]
