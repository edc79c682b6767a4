// `npm run bench [-- names] [options]`: runs scenarios, records their results in bench/results.json and writes
// docs/benchmarks.md. Without names it lists the scenarios.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { microScenarios } from './micro.ts'
import { writePage } from './page.ts'
import {
  describeCommit,
  describeMachine,
  type RecordedResult,
  readResults,
  type ScenarioResult,
  writeResults,
} from './results.ts'
import { makeContext, type Options, type Scenario } from './scenario.ts'
import { api } from './scenarios/api.ts'
import { consoleBudgets } from './scenarios/console.ts'
import { curve } from './scenarios/curve.ts'
import { embedded } from './scenarios/embedded.ts'
import { faults } from './scenarios/faults.ts'
import { memory } from './scenarios/memory.ts'
import { peers } from './scenarios/peers.ts'
import { pipeline } from './scenarios/pipeline.ts'
import { queries } from './scenarios/queries.ts'
import { sessions } from './scenarios/sessions.ts'
import { truth } from './scenarios/truth.ts'
import { subjects } from './subjects.ts'
import type { BodyForm } from './traffic/generate.ts'

const SCENARIOS: readonly Scenario[] = [
  truth,
  pipeline,
  embedded,
  sessions,
  peers,
  curve,
  memory,
  queries,
  api,
  faults,
  consoleBudgets,
]

const USAGE = `npm run bench -- NAME... [options]

options
  --seconds N         length of a measurement (6)
  --warm-up N         spans before the first measurement, for at most 30 s (500000)
  --rounds N          repetitions, interleaved where several subjects are compared (3)
  --minutes N         length of the memory scenario, and of the live tail of the console (10)
  --rate N            spans a second of open loops (10000)
  --connections N     of closed loops (8)
  --spans N           spans a request (100)
  --requests N        different request bodies (256)
  --layout L          shared: all on all CPUs; split: subject on the first half, client on the other (shared)
  --form F            protobuf, json (both OTLP) or ndjson (legacy events; Observa only) (protobuf)
  --events N          stored events of the scenarios queries, api and console (10000000)
  --seed N            of the traffic of the scenario curve (drawn)
  --subjects A,B      instead of the subjects a scenario takes
  --dry               do not touch results.json and the page
`

// A function instead of top-level code, so that all constants of the module exist before the first `await`.
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '6' },
      'warm-up': { type: 'string', default: '500000' },
      rounds: { type: 'string', default: '3' },
      minutes: { type: 'string', default: '10' },
      rate: { type: 'string', default: '10000' },
      connections: { type: 'string', default: '8' },
      spans: { type: 'string', default: '100' },
      requests: { type: 'string', default: '256' },
      layout: { type: 'string', default: 'shared' },
      form: { type: 'string', default: 'protobuf' },
      events: { type: 'string', default: '10000000' },
      seed: { type: 'string' },
      subjects: { type: 'string', default: '' },
      dry: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (values.layout !== 'shared' && values.layout !== 'split')
    throw new Error(`--layout is shared or split, not ${values.layout}`)
  const options: Options = {
    seconds: positive('seconds', values.seconds),
    warmUpSpans: positive('warm-up', values['warm-up']),
    rounds: positive('rounds', values.rounds),
    minutes: positive('minutes', values.minutes),
    rate: positive('rate', values.rate),
    connections: positive('connections', values.connections),
    spansPerRequest: positive('spans', values.spans),
    requests: positive('requests', values.requests),
    events: positive('events', values.events),
    layout: values.layout,
    seed: values.seed === undefined ? randomInt(1, 2 ** 31) : positive('seed', values.seed),
    form: bodyForm(values.form),
    subjects: values.subjects.split(',').filter((name) => name !== ''),
  }
  const known = [...SCENARIOS, ...microScenarios()]
  if (positionals.length === 0) {
    list(known)
    return 0
  }
  const chosen = positionals.flatMap((name) => matching(known, name))
  const context = makeContext(options)
  let failures = 0
  for (const scenario of chosen) {
    try {
      const result = await scenario.run(context)
      print(scenario.name, result)
      if (!values.dry) record(scenario, result)
    } catch (error) {
      failures++
      process.stderr.write(
        `bench: ${scenario.name} FAILED: ${error instanceof Error ? error.message : String(error)}\n`,
      )
    }
  }
  return failures === 0 ? 0 : 1
}

function matching(known: readonly Scenario[], name: string): readonly Scenario[] {
  const found = known.filter((scenario) => scenario.name === name || name === 'all')
  if (found.length === 0) throw new Error(`no scenario ${name}; run without names for the list`)
  return found
}

function record(scenario: Scenario, result: ScenarioResult): void {
  const recorded: RecordedResult = {
    title: scenario.title,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: describeCommit(),
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    machine: describeMachine(),
    ...result,
  }
  const results = { ...readResults(), [scenario.name]: recorded }
  writeResults(results)
  writePage(results)
}

function print(name: string, result: ScenarioResult): void {
  process.stdout.write(`\n== ${name}\n`)
  for (const note of result.notes) process.stdout.write(`   ${note}\n`)
  for (const { title, columns, rows } of result.tables) {
    const all = [columns, ...rows]
    const width = columns.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)))
    process.stdout.write(`\n${title}\n`)
    for (const row of all)
      process.stdout.write(`${row.map((cell, i) => cell.padEnd(width[i] ?? 0)).join('  ')}\n`)
  }
}

function list(known: readonly Scenario[]): void {
  process.stdout.write(`${USAGE}\nscenarios (\`all\` runs every one)\n`)
  for (const { name, title } of known) process.stdout.write(`  ${name.padEnd(28)} ${title}\n`)
  process.stdout.write('\nsubjects\n')
  for (const { name, describe } of subjects)
    process.stdout.write(`  ${name.padEnd(28)} ${describe}\n`)
}

function bodyForm(text: string): BodyForm {
  if (text === 'protobuf' || text === 'json' || text === 'ndjson') return text
  throw new Error(`--form is protobuf, json or ndjson, not ${text}`)
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${option} must be a positive number, not ${text}`)
  return value
}

process.exitCode = await main()
