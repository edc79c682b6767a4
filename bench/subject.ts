// A subject: a program that can be started and measured, accepts OTLP/HTTP, and can tell when it has sent everything on.

import type { RunningProcess } from './process.ts'
import type { BodyForm } from './traffic/generate.ts'

export interface Subject {
  readonly name: string
  /** A one-line description for the results page. */
  readonly describe: string
  start(options: StartSubject): Promise<RunningSubject>
}

export interface StartSubject {
  /** The address that its exporters send to. */
  readonly sinkUrl: string
  /** CPUs to run on, in the form of `taskset -c`; empty for any. */
  readonly cpus: string
  /** Called with everything the process writes. */
  readonly onOutput?: ((text: string) => void) | undefined
}

export interface RunningSubject {
  readonly process: RunningProcess
  /** Its data directory, where the subject is this product. */
  readonly dataDir?: string
  /** URL to POST bodies of this form to. */
  url(form: BodyForm): string
  /** Number of items accepted and not yet sent on. */
  pending(): Promise<number>
  /** The text of its `/metrics`. */
  metrics(): Promise<string>
  /** Number of items that were accepted but will never arrive, read from the text of `/metrics`. */
  lost(metrics: string): number
  stop(): Promise<void>
}

/** Sum of all series of a metric in Prometheus text; null when there are none. */
export function sumMetric(text: string, name: string): number | null {
  let sum: number | null = null
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue
    const match = /^(?:\{[^}]*\})? (\S+)/.exec(line.slice(name.length))
    if (match !== null) sum = (sum ?? 0) + Number(match[1])
  }
  return sum
}

/** Long, because the subject under load may share one CPU with its client and answer late. */
const FETCH_TIMEOUT_MS = 30_000

export async function fetchText(url: string): Promise<string> {
  // No keep-alive, because the server may close an idle connection just when it is used again.
  const response = await fetch(url, {
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    headers: { connection: 'close' },
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.text()
}

/** Values of a metric by one of its labels, for example seconds by stage. */
export function byLabel(text: string, name: string, label: string): Map<string, number> {
  const values = new Map<string, number>()
  const series = new RegExp(`^${name}\\{(?:.*,)?${label}="([^"]*)".*\\} (\\S+)$`, 'gm')
  for (const [, value = '', number] of text.matchAll(series))
    values.set(value, (values.get(value) ?? 0) + Number(number))
  return values
}
