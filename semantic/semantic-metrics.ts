// The metrics of what is found in texts after storage.

import { counter, gauge } from '../core/metrics.ts'

export const QUALITY_EVENTS = 'observa_quality_events_total'
export const QUALITY_FAULTS = 'observa_quality_faults_total'
export const QUALITY_BEHIND = 'observa_quality_hours_behind'
export const QUALITY_CHECK_ON = 'observa_quality_check_on'
export const DERIVED_LOGGED = 'observa_derived_signals_total'

export const SEMANTIC_METRICS = [
  counter(QUALITY_EVENTS, 'Stored calls that the checks of quality have looked at.'),
  counter(QUALITY_FAULTS, 'Faults that the checks of quality found, by check.', ['check']),
  gauge(QUALITY_BEHIND, 'Hours with new events that the checks of quality have not finished.'),
  gauge(QUALITY_CHECK_ON, '1 for a check that is on, 0 where its measured precision is too low.', [
    'check',
  ]),
  counter(DERIVED_LOGGED, 'Signals of jobs that this instance wrote into its log, by type.', [
    'type',
  ]),
]
