// Levels and severities as clients write them, and the level of the event.

export const LEVELS: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  default: 'DEFAULT',
  info: 'DEFAULT',
  warning: 'WARNING',
  warn: 'WARNING',
  error: 'ERROR',
  critical: 'ERROR',
  '10': 'DEBUG',
  '20': 'DEFAULT',
  '30': 'WARNING',
  '40': 'ERROR',
  '50': 'ERROR',
}
