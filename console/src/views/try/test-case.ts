// Makes a unit test of a configuration (`observa test`) of a payload and what the chain made of it.

/** What of an answer of `explain` a test expects. */
export interface Outcome {
  readonly events: readonly { readonly event: Readonly<Record<string, unknown>> }[]
  readonly signals: readonly Readonly<Record<string, unknown>>[]
  readonly rejected: readonly unknown[]
  readonly is_cut: boolean
}

/** Fields that are the same whenever the payload comes, and that people look at first. Prices change, so costs are not among them. */
const EVENT_FIELDS = [
  'kind', 'name', 'status', 'error_type', 'provider', 'request_model', 'response_model', 'tool_name', 'agent_name', 'route',
  'conversation_id', 'session_id', 'user_id', 'input_tokens', 'output_tokens', 'total_tokens', 'finish_reasons',
] // biome-ignore format: a list of words
const SIGNAL_FIELDS = ['type', 'severity']

/**
 * The test as YAML, which JSON is part of, to be put under `tests:`. Null for a payload that a test cannot have as its input: a file,
 * metrics, or what is no JSON.
 */
export function testCaseOf(payload: string, outcome: Outcome): string | null {
  if (outcome.is_cut) return null
  const input = inputOf(payload)
  if (input === null) return null
  const expect = {
    events: outcome.events.map(({ event }) => some(event, EVENT_FIELDS)),
    signals: outcome.signals.map((signal) => some(signal, SIGNAL_FIELDS)),
    ...(outcome.rejected.length === 0 ? {} : { rejected: outcome.rejected.length }),
  }
  const [first] = outcome.events
  const subject = typeof first?.event['name'] === 'string' ? first.event['name'] : 'a payload'
  const test = { name: `${subject} as it came on ${new Date().toISOString().slice(0, 10)}` }
  return `# Under \`tests:\` of the configuration; \`observa test\` runs it.\n- ${JSON.stringify({ ...test, input, expect })}\n`
}

function inputOf(payload: string): object | null {
  const values = parsedValues(payload)
  const [first] = values ?? []
  if (values === null || first === undefined) return null
  if ('resourceSpans' in first || 'resourceLogs' in first)
    return values.length === 1 ? { otlp: first } : null
  return 'resourceMetrics' in first ? null : { events: values }
}

/** The objects of a JSON object, a list of them, or one on each line. Null for anything else. */
function parsedValues(payload: string): object[] | null {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
  const all = (values: readonly unknown[]): object[] | null =>
    values.every(isObject) ? [...values] : null
  const whole = parsed(payload)
  if (Array.isArray(whole)) return all(whole)
  if (isObject(whole)) return [whole]
  const lines = payload.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 1 ? all(lines.map(parsed)) : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function some(from: Readonly<Record<string, unknown>>, fields: readonly string[]): object {
  return Object.fromEntries(
    fields.flatMap((name) => {
      const value = from[name]
      return value === null || value === undefined ? [] : [[name, value] as const]
    }),
  )
}
