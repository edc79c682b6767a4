// Prints canonical events for a person at a terminal, one line each.

import { type Row, say } from './session.ts'

function text(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Prints kind, name, model, tokens and cost of each event. */
export function showEvents(events: readonly Row[]): void {
  say()
  say('kind      name                          model         input output  cost USD')
  for (const e of events) {
    const cost =
      e['cost_usd'] === null || e['cost_usd'] === undefined ? '-' : Number(e['cost_usd']).toFixed(6)
    say(
      [
        text(e['kind']).padEnd(9),
        text(e['name']).slice(0, 29).padEnd(29),
        text(e['response_model'] ?? e['request_model'])
          .slice(0, 13)
          .padEnd(13),
        text(e['input_tokens']).padStart(5),
        text(e['output_tokens']).padStart(6),
        cost.padStart(9),
      ].join(' '),
    )
  }
}

/** Prints the signals by type. */
export function showSignals(signals: readonly Row[]): void {
  say()
  if (signals.length === 0) say('no signals')
  for (const s of signals)
    say(`signal: ${text(s['type'])} (${text(s['severity'])}) ${JSON.stringify(s['evidence'])}`)
}
