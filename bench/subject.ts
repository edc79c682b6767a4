// What can be measured: something that is started, takes OTLP/HTTP and can tell when it has shipped everything.

import type { RunningProcess } from './process.ts'
import type { BodyForm } from './traffic/generate.ts'

export interface Subject {
  readonly name: string
  /** One line for the results page. */
  readonly describe: string
  start(options: StartSubject): Promise<RunningSubject>
}

export interface StartSubject {
  /** Where exporters send. */
  readonly sinkUrl: string
  /** CPUs to run on, as `taskset -c` takes them; empty: any. */
  readonly cpus: string
  /** Hears what it writes. */
  readonly onOutput?: ((text: string) => void) | undefined
}

export interface RunningSubject {
  readonly process: RunningProcess
  /** URL to POST bodies of this form to. */
  url(form: BodyForm): string
  /** Items accepted and not yet shipped. */
  pending(): Promise<number>
  /** Its `/metrics`. */
  metrics(): Promise<string>
  /** Items accepted that never arrive where they should, out of such a text. */
  lost(metrics: string): number
  stop(): Promise<void>
}

/** Sum of all series of a metric in Prometheus text; null when there is none. */
export function sumMetric(text: string, name: string): number | null {
  let sum: number | null = null
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue
    const match = /^(?:\{[^}]*\})? (\S+)/.exec(line.slice(name.length))
    if (match !== null) sum = (sum ?? 0) + Number(match[1])
  }
  return sum
}

/** Patient: the process under load may share one CPU with its client and answer late. */
const FETCH_TIMEOUT_MS = 30_000

export async function fetchText(url: string): Promise<string> {
  // No connection is kept: an idle one may be closed by the server just as it is used again.
  const response = await fetch(url, {
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    headers: { connection: 'close' },
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.text()
}

/** Values of one label of a metric, e.g. seconds by stage. */
export function byLabel(text: string, name: string, label: string): Map<string, number> {
  const values = new Map<string, number>()
  const series = new RegExp(`^${name}\\{(?:.*,)?${label}="([^"]*)".*\\} (\\S+)$`, 'gm')
  for (const [, value = '', number] of text.matchAll(series))
    values.set(value, (values.get(value) ?? 0) + Number(number))
  return values
}
