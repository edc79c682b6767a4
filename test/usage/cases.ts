// Small inputs with what a bill would say of them, compressed: `cases/calls.json.gz` (streams, retries, wrappers beside clients,
// containers, spellings, tiers, gateways, each written by hand) and `cases/clients.json.gz` (cut down from recordings of clients).

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { TelemetryKind } from '../../core/task.ts'

export interface CaseRequest {
  readonly telemetry: TelemetryKind
  /** An export request in OTLP JSON. */
  readonly body: object
}

/** Sums over the events that count; what is left out is not looked at. */
export interface Expected {
  readonly input?: number
  readonly output?: number
  readonly cache_read?: number
  readonly cache_write?: number
  readonly reasoning?: number
  readonly calls?: number
  readonly errors?: number
  readonly inconsistent?: number
  /** USD; null = no price at all. */
  readonly cost?: number | null
  readonly unpriced?: readonly string[]
  /** Types of signals that must be found. */
  readonly signals?: readonly string[]
}

export interface Case {
  readonly name: string
  readonly requests: readonly CaseRequest[]
  readonly expect: Expected
}

type Row = Readonly<Record<string, unknown>>

export function readCases<T = Case>(file: 'calls' | 'clients' | 'sums'): T[] {
  const bytes = readFileSync(join(import.meta.dirname, 'cases', `${file}.json.gz`))
  // Written once, by hand, in this form.
  return JSON.parse(gunzipSync(bytes).toString('utf8')) as T[]
}

const isLog = ({ telemetry }: CaseRequest): boolean => telemetry === 'logs'

/** The orders in which requests arrive, each of them twice. */
export const ARRIVALS: Readonly<
  Record<string, (requests: readonly CaseRequest[]) => readonly CaseRequest[]>
> = {
  'as recorded': twice,
  'logs first': (all) => twice([...all.filter(isLog), ...all.filter((r) => !isLog(r))]),
  reversed: (all) => twice(all.toReversed()),
}

function twice(requests: readonly CaseRequest[]): readonly CaseRequest[] {
  return [...requests, ...requests]
}

const CALLS: ReadonlySet<unknown> = new Set(['llm', 'embedding', 'rerank'])
const SUMS = {
  input: 'input_tokens',
  output: 'output_tokens',
  cache_read: 'cache_read_tokens',
  cache_write: 'cache_write_tokens',
  reasoning: 'reasoning_tokens',
} as const

/** `events`: those of the case alone, as they stand at last. */
export function assertExpected(events: readonly Row[], expect: Expected, what: string): void {
  const counted = events.filter((e) => e['usage_aggregate'] === false)
  const calls = counted.filter((e) => CALLS.has(e['kind']))
  const found: Record<string, unknown> = {
    calls: calls.length,
    errors: calls.filter((e) => e['status'] === 'error').length,
    inconsistent: counted.filter((e) => e['usage_inconsistent'] === true).length,
    unpriced: counted.flatMap((e) => (e['cost_unpriced'] as string[] | undefined) ?? []),
  }
  for (const [name, field] of Object.entries(SUMS))
    found[name] = counted.reduce((n, e) => n + Number(e[field] ?? 0), 0)
  const { cost, signals: _, ...numbers } = { inconsistent: 0, ...expect }
  const told = Object.fromEntries(Object.keys(numbers).map((name) => [name, found[name]]))
  assert.deepEqual(told, numbers, what)
  if (cost === undefined) return
  const costs = counted.map((e) => e['cost_usd']).filter((n) => typeof n === 'number')
  if (cost === null) return assert.deepEqual(costs, [], what)
  const sum = costs.reduce((a, b) => a + b, 0)
  assert.ok(
    costs.length > 0 && Math.abs(sum - cost) <= cost * 1e-3,
    `${what}: $${sum}, not $${cost}`,
  )
}

/** Trace ids of the case's requests. */
export function tracesOf({ requests }: Case): ReadonlySet<string> {
  const ids = JSON.stringify(requests).matchAll(/"traceId":"([0-9a-f]{32})"/g)
  return new Set([...ids].map((m) => m[1] as string))
}

const serviceOf = (x: Case): string | undefined =>
  /"service\.name","value":\{"stringValue":"([^"]*)"/.exec(JSON.stringify(x.requests))?.[1]

/** Events by case: by their trace, and those without one by their service. */
export function eventsByCase(
  cases: readonly Case[],
  events: readonly Row[],
): ReadonlyMap<Case, Row[]> {
  const owners = new Map<unknown, Case>()
  const services = new Map<unknown, Case>()
  for (const one of cases) {
    for (const trace of tracesOf(one)) owners.set(trace, one)
    services.set(serviceOf(one), one)
  }
  const found = new Map<Case, Row[]>(cases.map((one) => [one, []]))
  for (const event of events) {
    const one = owners.get(event['trace_id']) ?? services.get(event['service_name'])
    if (one !== undefined) found.get(one)?.push(event)
  }
  return found
}
