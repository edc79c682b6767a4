// The tools of the MCP server. Each is one read operation of the REST API with a bound on its response.

export interface Tool {
  readonly name: string
  readonly description: string
  readonly inputSchema: {
    readonly type: 'object'
    readonly properties: Readonly<Record<string, object>>
    readonly required?: readonly string[]
    readonly additionalProperties: false
  }
  /** Makes path and query of the REST API from arguments, which have all required members. */
  path(args: Readonly<Record<string, unknown>>): string
}

const ROWS_DEFAULT = 20
const ROWS_MAX = 100

const from = { type: 'string', description: 'From this time, RFC 3339, inclusive.' }
const to = { type: 'string', description: 'To this time, exclusive.' }
const limit = {
  type: 'integer',
  minimum: 1,
  maximum: ROWS_MAX,
  default: ROWS_DEFAULT,
  description: 'Rows of the answer.',
}
const cursor = { type: 'string', description: '`next_cursor` of the answer before.' }
const text = (description: string): object => ({ type: 'string', description })

const FILTERS = {
  from,
  to,
  service: text('Name of the service.'),
  model: text('Model asked for or answering.'),
  kind: text('llm, tool, agent, embedding, retrieval, ...'),
  environment: text('Deployment environment.'),
}

/** Makes a query of the arguments with these names. It always has a limit. */
function query(args: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  const parameters = new URLSearchParams()
  for (const name of names) {
    const value = args[name]
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      parameters.set(name, String(value))
  }
  if (names.includes('limit')) {
    const asked = Number(args['limit'] ?? ROWS_DEFAULT)
    const rows = Number.isInteger(asked) && asked > 0 ? Math.min(asked, ROWS_MAX) : ROWS_DEFAULT
    parameters.set('limit', String(rows))
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}

interface ListTool {
  readonly name: string
  readonly description: string
  readonly path: string
  readonly properties: Readonly<Record<string, object>>
  readonly required?: readonly string[]
}

const listTool = ({ name, description, path, properties, required }: ListTool): Tool => ({
  name,
  description,
  inputSchema: {
    type: 'object',
    properties,
    ...(required === undefined ? {} : { required }),
    additionalProperties: false,
  },
  path: (args) => `${path}${query(args, Object.keys(properties))}`,
})

const one = (name: string, description: string, path: (id: string) => string): Tool => ({
  name,
  description,
  inputSchema: {
    type: 'object',
    properties: { id: text('Its id.'), limit, cursor },
    required: ['id'],
    additionalProperties: false,
  },
  path: (args) =>
    `${path(encodeURIComponent(String(args['id'])))}${query(args, ['limit', 'cursor'])}`,
})

export const TOOLS: readonly Tool[] = [
  listTool({
    name: 'list_signals',
    description:
      'What the rules found recently: errors, slow calls, loops, secrets, spikes. Newest first.',
    path: '/api/v1/signals',
    properties: {
      from,
      to,
      type: text('Such as tool_error, llm_error, high_latency, loop_detected, cost_spike.'),
      severity: { type: 'string', enum: ['high', 'medium', 'low'] },
      trace_id: text('Of one trace.'),
      limit,
      cursor,
    },
  }),
  listTool({
    name: 'list_traces',
    description: 'Traces with their tokens, cost, errors and duration, newest first.',
    path: '/api/v1/traces',
    properties: {
      from,
      to,
      model: FILTERS.model,
      kind: FILTERS.kind,
      user_id: text('Of one user.'),
      conversation_id: text('Of one conversation.'),
      errors: { type: 'boolean', description: 'true: only those with errors.' },
      limit,
      cursor,
    },
  }),
  one(
    'get_trace',
    'One trace: its sums, and its spans as a tree with times, tokens and cost, without prompts.',
    (id) => `/api/v1/traces/${id}`,
  ),
  one(
    'get_trace_events',
    'The events of a trace in full, with prompts and answers where the key may read them.',
    (id) => `/api/v1/traces/${id}/events`,
  ),
  one(
    'get_event',
    'One event in full, with what filled its fields.',
    (id) => `/api/v1/events/${id}`,
  ),
  listTool({
    name: 'cost_by',
    description:
      'Cost, tokens, calls, errors and latency by one or two dimensions, with the total and all others.',
    path: '/api/v1/analytics/breakdown',
    properties: {
      ...FILTERS,
      by: {
        type: 'string',
        description:
          'One or two of model, provider, route, environment, service, kind, tool, agent, user, name, error_type, separated by a comma.',
      },
      order: {
        type: 'string',
        enum: ['cost_usd', 'total_tokens', 'calls', 'events', 'errors', 'p95_ms'],
      },
      limit,
    },
    required: ['by'],
  }),
  listTool({
    name: 'search',
    description:
      'Calls whose prompt or answer has all of these words. The key needs the scope content.',
    path: '/api/v1/search',
    properties: {
      q: text('Words, in any language; in quotation marks a phrase.'),
      ...FILTERS,
      limit,
      cursor,
    },
    required: ['q'],
  }),
  listTool({
    name: 'overview',
    description: 'Totals beside those of the time before, usage over time, models, signals.',
    path: '/api/v1/dashboard/overview',
    properties: { from, to, environment: FILTERS.environment },
  }),
]
