// Checks that the work measured by the other scenarios is really done. Generated traffic goes through `observa pipe`, and the
// output is compared with what the generator knows: spans, tokens, errors, planted secrets, and near misses (texts that look
// like secrets but are not).

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { writeBodies } from '../load/bodies.ts'
import { OUT_DIRECTORY } from '../load/build.ts'
import type { ScenarioResult } from '../results.ts'
import type { Scenario } from '../scenario.ts'
import { generateRequests, sumTruth, type Truth } from '../traffic/generate.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'collector', 'main.ts')

/** The fields of a canonical event that are compared. */
interface EventLine {
  readonly record: string
  readonly usage_aggregate?: boolean | null
  readonly input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly status?: string | null
}

interface Outcome {
  events: number
  rejected: number
  inputTokens: number
  outputTokens: number
  errors: number
  /** Number of secrets that are still in the output, by class. */
  readonly leaked: Map<string, number>
  /** Number of near misses that are no longer in the output, by class. */
  readonly masked: Map<string, number>
}

export const truth: Scenario = {
  name: 'truth',
  title: 'what goes in against what comes out',
  async run(context): Promise<ScenarioResult> {
    const { options } = context
    const traffic = {
      seed: 1,
      requests: options.requests,
      spansPerRequest: options.spansPerRequest,
    }
    const expected = sumTruth(generateRequests(traffic))
    const directory = writeBodies(join(OUT_DIRECTORY, 'truth'), 'protobuf', traffic)
    const files = Array.from({ length: options.requests }, (_, i) =>
      join(directory, `${String(i).padStart(4, '0')}.body`),
    )
    context.say(`${expected.spans} spans through observa pipe`)
    const outcome = await pipe(files, expected)
    return {
      notes: ['One pass over all bodies by `observa pipe` with the default configuration.'],
      tables: [countTable(expected, outcome), secretTable(expected, outcome)],
      data: { ...outcome, leaked: [...outcome.leaked], masked: [...outcome.masked] },
    }
  },
}

async function pipe(files: readonly string[], expected: Truth): Promise<Outcome> {
  const args = [MAIN, 'pipe', '--input', 'otlp-proto', ...files]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const outcome: Outcome = {
    events: 0,
    rejected: 0,
    inputTokens: 0,
    outputTokens: 0,
    errors: 0,
    leaked: new Map(),
    masked: new Map(),
  }
  const text: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    text.push(line)
    count(outcome, JSON.parse(line) as EventLine) // our own output
  }
  const code = await ended
  // The exit code is 1 also when a request was refused; that is a row of the table and not a failure of the command.
  if (code !== 0 && outcome.rejected === 0) throw new Error(`observa pipe ended with ${code}`)
  const all = text.join('\n')
  for (const { type, value } of expected.secrets) if (all.includes(value)) add(outcome.leaked, type)
  for (const { type, value } of expected.nearMisses)
    if (!all.includes(value)) add(outcome.masked, type)
  return outcome
}

function count(outcome: Outcome, line: EventLine): void {
  if (line.record === 'rejected') outcome.rejected++
  if (line.record !== 'event') return
  outcome.events++
  if (line.status === 'error') outcome.errors++
  if (line.usage_aggregate === true) return
  outcome.inputTokens += line.input_tokens ?? 0
  outcome.outputTokens += line.output_tokens ?? 0
}

function countTable(expected: Truth, outcome: Outcome) {
  const row = (what: string, want: number, got: number): string[] => [
    what,
    want.toLocaleString('en-US'),
    got.toLocaleString('en-US'),
    want === got ? 'equal' : `${(((got - want) / Math.max(1, want)) * 100).toFixed(2)} %`,
  ]
  return {
    title: 'Counts',
    columns: ['what', 'sent', 'came out', 'difference'],
    rows: [
      row('events', expected.spans, outcome.events),
      row('rejected', 0, outcome.rejected),
      row('input tokens', expected.inputTokens, outcome.inputTokens),
      row('output tokens', expected.outputTokens, outcome.outputTokens),
      row('errors', expected.errors, outcome.errors),
    ],
  }
}

function secretTable(expected: Truth, outcome: Outcome) {
  const byType = (items: readonly { readonly type: string }[]): Map<string, number> => {
    const counts = new Map<string, number>()
    for (const { type } of items) add(counts, type)
    return counts
  }
  const rows = (kind: string, all: Map<string, number>, wrong: Map<string, number>): string[][] =>
    Array.from(all)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, n]) => [kind, type, String(n), String(wrong.get(type) ?? 0)])
  return {
    title: 'Planted texts (wrong: a secret that came out, a near miss that did not)',
    columns: ['kind', 'type', 'planted', 'wrong'],
    rows: [
      ...rows('secret', byType(expected.secrets), outcome.leaked),
      ...rows('near miss', byType(expected.nearMisses), outcome.masked),
    ],
  }
}

function add(counts: Map<string, number>, type: string): void {
  counts.set(type, (counts.get(type) ?? 0) + 1)
}
