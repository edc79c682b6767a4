// The metrics of notifications.

import { counter, histogram } from '../core/metrics.ts'

export const PLANNED = 'observa_notifications_planned_total'
export const PLAN_FAILED = 'observa_notification_rounds_failed_total'
export const DELIVERED = 'observa_notification_deliveries_total'
export const SECONDS = 'observa_notification_delivery_seconds'

export const NOTIFICATION_METRICS = [
  counter(
    PLANNED,
    'Notifications that were made, by why: `issues`, `repeat`, `digest`, `budget`, `quota`.',
    ['reason'],
  ),
  counter(
    PLAN_FAILED,
    'Rounds in which notifications could not be planned, because Postgres did not answer.',
    [],
  ),
  counter(
    DELIVERED,
    'Tries to deliver a notification, by kind of target and outcome: `delivered`, `retried`, `failed`, `cancelled`.',
    ['kind', 'outcome'],
  ),
  histogram(
    SECONDS,
    'From when a notification was made until it was delivered.',
    [1, 2, 5, 15, 60, 300, 3600],
    ['kind'],
  ),
]
