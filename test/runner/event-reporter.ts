// Reporter of a test process: one line of JSON for each event that the runner needs. It is written to a file, so that what was
// running is known even when the process had to be killed.

/** The events that the runner receives. The nesting of the file itself is 0. */
export type TestEvent =
  | { readonly type: 'start'; readonly name: string; readonly nesting: number }
  | { readonly type: 'pass'; readonly name: string; readonly nesting: number }
  | {
      readonly type: 'skip'
      readonly name: string
      readonly nesting: number
      readonly reason: string
    }
  | {
      readonly type: 'fail'
      readonly name: string
      readonly nesting: number
      readonly error: string
    }

/** The part of the events of `node:test` that is read here. */
interface Source {
  readonly type: string
  readonly data: {
    readonly name: string
    readonly nesting: number
    readonly skip?: string | boolean
    readonly details?: { readonly type?: string; readonly error?: unknown }
  }
}

/** The error that a test threw, with the causes behind it: of `fetch failed` only the cause says anything. */
function describeError(thrown: unknown): string {
  const first = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
  if (!(first instanceof Error)) return String(first)
  const causes: string[] = []
  for (let at = first.cause; at instanceof Error && causes.length < CAUSES_MAX; at = at.cause)
    causes.push(`caused by ${at.name}: ${at.message}`)
  return [first.stack ?? first.message, ...causes].join('\n')
}

const CAUSES_MAX = 5

/** A suite or parent that fails only because a test below it failed is not a failure of its own. */
const isEcho = (error: unknown): boolean =>
  (error as { failureType?: string } | undefined)?.failureType === 'subtestsFailed'

function read({ type, data }: Source): TestEvent | null {
  const { name, nesting } = data
  // `test:start` is not used, because it is emitted only after the previous test was reported.
  if (type === 'test:dequeue') return { type: 'start', name, nesting }
  if (type !== 'test:pass' && type !== 'test:fail') return null
  const error = data.details?.error
  if (type === 'test:fail' && !isEcho(error))
    return { type: 'fail', name, nesting, error: describeError(error) }
  // Suites hold tests and are not counted. A failure of their own, such as a failed hook, is.
  if (data.details?.type === 'suite' || type === 'test:fail') return null
  if (data.skip === undefined || data.skip === false) return { type: 'pass', name, nesting }
  return { type: 'skip', name, nesting, reason: data.skip === true ? '' : data.skip }
}

// A file that is late is asked what keeps it running, because afterwards nobody can tell.
process.once('SIGUSR2', () => {
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind)
  const open = Array.from(kinds, ([kind, all]) => `${all.length} ${kind}`)
  process.stderr.write(`Open: ${open.join(', ')}\n`)
})

export default async function* report(source: AsyncIterable<Source>): AsyncGenerator<string> {
  for await (const event of source) {
    const line = read(event)
    if (line !== null) yield `${JSON.stringify(line)}\n`
  }
}
