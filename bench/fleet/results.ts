// The results of `bench/fleet`, and the table of docs/scale-out.md that is made of them.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const RESULTS = join(import.meta.dirname, 'results.json')
const PAGE = join(import.meta.dirname, '../../docs/scale-out.md')
const BEGIN = '<!-- generated:fleet -->'
const END = '<!-- /generated -->'

export interface FleetResult {
  readonly cores: number
  /** What the cores took from a full topic until the stores had it. */
  readonly spansPerS: number
  /** CPU time of all cores, user and system, in µs for each span. */
  readonly coreUsPerSpan: number
  readonly edgeUsPerSpan: number
  /** The load during the outage. */
  readonly halfLoadSpansPerS: number
  readonly lagMessagesMax: number
  /** From the start of the core that was away until less than a second of messages waited; null when that took too long. */
  readonly lagZeroS: number | null
  /** Messages that all cores have read, those that were read again among them. */
  readonly messages: number
  readonly date: string
  readonly commit: string
  readonly machine: string
}

/** Keeps a result in place of an earlier one of as many cores, and writes the table anew. */
export function keepResult(result: FleetResult): void {
  // The type is right: this program wrote the file.
  const known = existsSync(RESULTS)
    ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as FleetResult[])
    : []
  const all = [...known.filter((r) => r.cores !== result.cores), result]
  const sorted = all.toSorted((a, b) => a.cores - b.cores)
  writeFileSync(RESULTS, `${JSON.stringify(sorted, null, 2)}\n`)
  const page = readFileSync(PAGE, 'utf8')
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END, from)
  if (from < 0 || to < 0) throw new Error(`docs/scale-out.md has no ${BEGIN}`)
  writeFileSync(PAGE, `${page.slice(0, from)}${BEGIN}\n${tableOf(sorted)}\n${page.slice(to)}`)
}

export function tableOf(results: readonly FleetResult[]): string {
  const [first] = results
  if (first === undefined) return ''
  const head = [
    '| cores | spans/s | µs CPU a span, cores | µs CPU a span, edge | half load, spans/s | lag at most, messages | lag gone after |',
    '|---|---|---|---|---|---|---|',
  ]
  const rows = results.map((r) => {
    const gone = r.lagZeroS === null ? 'over 180 s' : `${r.lagZeroS} s`
    const cells = [r.cores, r.spansPerS, r.coreUsPerSpan, r.edgeUsPerSpan, r.halfLoadSpansPerS]
    return `| ${[...cells, r.lagMessagesMax, gone].join(' | ')} |`
  })
  const about = results.map((r) => `${r.cores}: ${r.date}, ${r.commit}`).join('; ')
  return [...head, ...rows, '', `${first.machine}. ${about}.`].join('\n')
}
