// `observa test`: runs the unit tests in a configuration through its own processors, in this process and without
// stores, and prints the differences. `test-input.ts` makes the inputs, `test-compare.ts` compares.

import type { ObservaConfig, UnitTest } from '../../../config/root.ts'
import { messageOf, ObservaError } from '../../../core/errors.ts'
import { withRevision } from '../../../core/reports/revised-fields.ts'
import type { Signal } from '../../../core/signals/signal.ts'
import { ByteWriter } from '../../../proto/byte-writer.ts'
import { writeEventJson } from '../../../proto/event-json.ts'
import type { Chain } from '../../worker/chain.ts'
import { keptEvents, revisedEvents } from '../../worker/chain-output.ts'
import { CONFIG_OPTIONS, parse } from '../args.ts'
import type { Io } from '../io.ts'
import { loadOrExplain } from '../load.ts'
import { type ChainOutcome, PipeRun, tenantOf } from '../pipe/pipe-run.ts'
import { type Difference, differences, type Output } from './test-compare.ts'
import { requestsOfTest } from './test-input.ts'
import { issuesOf } from './test-issues.ts'

interface TestResult {
  readonly name: string
  readonly passed: boolean
  readonly differences: readonly Difference[]
  /** Why items were rejected, or why the test could not run. */
  readonly reasons: readonly string[]
}

/** The longest value in a printed difference, in characters. Longer ones are cut. */
const SHOWN_MAX = 200

export async function testCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('test', args, {
    ...CONFIG_OPTIONS,
    json: { type: 'boolean', default: false },
  })
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const results: TestResult[] = []
  for (const unit of chosen(config.tests, positionals[0])) {
    const result = await runTest(config, unit, values.config ?? [])
    results.push(result)
    if (!values.json) io.out(report(result))
  }
  const passed = results.filter((r) => r.passed).length
  const failed = results.length - passed
  if (values.json) io.out(`${JSON.stringify({ passed, failed, tests: results }, null, 2)}\n`)
  else io.out(`${passed} passed, ${failed} failed\n`)
  if (results.length === 0) io.err('the configuration has no tests; write some under "tests:"\n')
  return failed > 0 ? 1 : 0
}

/** All tests, or those whose name contains the given text. */
function chosen(all: readonly UnitTest[], name: string | undefined): readonly UnitTest[] {
  if (name === undefined) return all
  const found = all.filter((t) => t.name.includes(name))
  if (found.length > 0) return found
  throw new ObservaError(
    'OBS_TEST_NAME',
    `no test has "${name}" in its name.`,
    all.length === 0
      ? 'The configuration has no tests.'
      : `There are: ${all.map((t) => t.name).join('; ')}.`,
  )
}

/** Runs a test by itself, so that usage, loops and averages of other tests have no effect on it. */
async function runTest(
  config: ObservaConfig,
  unit: UnitTest,
  configFiles: readonly string[],
): Promise<TestResult> {
  try {
    const output = await outputOf(config, unit, configFiles)
    const found = differences(unit.expect, output)
    return {
      name: unit.name,
      passed: found.length === 0,
      differences: found,
      reasons: output.reasons,
    }
  } catch (thrown) {
    const reason = thrown instanceof ObservaError ? thrown.line() : messageOf(thrown)
    return { name: unit.name, passed: false, differences: [], reasons: [reason] }
  }
}

async function outputOf(
  config: ObservaConfig,
  unit: UnitTest,
  configFiles: readonly string[],
): Promise<Output> {
  const run = new PipeRun(config, {
    pipelineId: unit.pipeline ?? null,
    explain: false,
    isEncoding: true,
  })
  const output: {
    readonly events: Record<string, unknown>[]
    readonly signals: Record<string, unknown>[]
    rejected: number
    readonly reasons: string[]
    readonly sent: { exporter: string; bytes: Buffer }[]
  } = { events: [], signals: [], rejected: 0, reasons: [], sent: [] }
  const raised: Signal[] = []
  const lineBytesMax = config.limits.max_line_bytes
  for await (const request of requestsOfTest(unit.input, configFiles, lineBytesMax)) {
    const { chain, verdict, parts } = run.request({ ...request, tenant: tenantOf(unit.tenant) })
    const refused = refusals(verdict)
    output.rejected += refused.count
    output.reasons.push(...refused.reasons)
    if (verdict.kind === 'refused') continue
    for (const revised of revisedEvents(chain)) revise(output.events, revised)
    output.events.push(...eventsOf(chain))
    for (const s of chain.signals) output.signals.push({ ...s })
    raised.push(...chain.signals)
    // The bytes are copied, because the next request reuses the encoders' buffers.
    for (const p of parts) output.sent.push({ exporter: p.exporter, bytes: Buffer.from(p.bytes) })
  }
  const found = [...run.finish()]
  for (const s of found) output.signals.push({ ...s })
  return { ...output, issues: issuesOf(raised.concat(found)) }
}

/** Replaces an event's counts by its last revision, because tests expect the final form of events. */
function revise(events: Record<string, unknown>[], revised: Record<string, unknown>): void {
  const at = events.findIndex((e) => e['event_id'] === revised['event_id'])
  if (at >= 0) events[at] = withRevision(events[at] as Record<string, unknown>, revised)
}

/** Counts rejected items. A request that is refused as a whole counts as one item. */
function refusals(verdict: ChainOutcome['verdict']): { count: number; reasons: readonly string[] } {
  if (verdict.kind === 'refused') return { count: 1, reasons: [verdict.message] }
  return { count: verdict.rejected, reasons: verdict.reasons }
}

function* eventsOf(chain: Chain): Generator<Record<string, unknown>> {
  const out = new ByteWriter()
  for (const e of keptEvents(chain)) {
    out.reset()
    writeEventJson(out, chain.events, e)
    // Our own writer made this JSON, and it is an object.
    yield JSON.parse(Buffer.from(out.bytes.subarray(0, out.pos)).toString()) as Record<
      string,
      unknown
    >
  }
}

function report(result: TestResult): string {
  const lines = [`${result.passed ? 'ok   ' : 'FAIL '} ${result.name}`]
  if (!result.passed) {
    for (const d of result.differences) lines.push(...difference(d))
    const rejections = result.differences.length > 0 ? 'rejected: ' : ''
    for (const reason of result.reasons) lines.push(`        ${rejections}${reason}`)
  }
  return `${lines.join('\n')}\n`
}

function difference(d: Difference): string[] {
  const hint = d.hint === undefined ? '' : `   ${d.hint}`
  return [
    `        ${d.field}`,
    `          expected  ${shown(d.expected)}`,
    `          found     ${shown(d.found)}${hint}`,
  ]
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > SHOWN_MAX
    ? `${text.slice(0, SHOWN_MAX)}... (${text.length} characters)`
    : text
}
