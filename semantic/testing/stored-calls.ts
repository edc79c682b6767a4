// Inserts calls into the ClickHouse of a test in the form in which the exporter stores them.

import { createHash } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'

export interface StoredCall {
  readonly project: string
  readonly tenant?: string
  /** The number from which the trace id is derived. */
  readonly trace: number
  readonly kind?: string
  readonly ask?: string
  readonly answer?: string
  readonly conversation?: string
  readonly documents?: string
  readonly model?: string
  readonly route?: string
  readonly status?: string
  readonly agoS?: number
  readonly evaluation?: {
    readonly name: string
    readonly score: number | null
    readonly label: string
    readonly explanation: string
  }
}

const hexOf = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits)

/** Returns an id of 32 hex digits. */
export const traceIdOf = (call: Pick<StoredCall, 'trace' | 'project'>): string =>
  hexOf(`trace ${call.project} ${call.trace}`, 32)
export const eventIdOf = (call: StoredCall): string =>
  hexOf(
    `event ${call.tenant ?? 't'} ${call.project} ${call.trace} ${call.kind ?? 'llm'} ${call.ask ?? ''}`,
    32,
  )

export async function storeCalls(
  client: ClickHouseClient,
  calls: readonly StoredCall[],
): Promise<void> {
  const rows = calls.map((call) => `(${columnsOf(call).join(', ')})`)
  for (let i = 0; i < rows.length; i += 500)
    await client.command({
      query: `INSERT INTO canonical_events (event_id, tenant_id, project_id, trace_id, span_id, kind, name, response_model, route, status,
        start_time, input_messages, output_messages, conversation_id, retrieval_documents, evaluation_name, evaluation_score,
        evaluation_label, evaluation_explanation, received_at, version) VALUES ${rows.slice(i, i + 500).join(', ')}`,
    })
}

function columnsOf(call: StoredCall): readonly string[] {
  const { evaluation } = call
  const at = `now64(9) - toIntervalSecond(${call.agoS ?? 5})`
  const said = (role: string, text: string | undefined): string =>
    text === undefined
      ? 'NULL'
      : quoted(JSON.stringify([{ role, parts: [{ type: 'text', content: text }] }]))
  return [
    `unhex('${eventIdOf(call)}')`,
    quoted(call.tenant ?? 't'),
    quoted(call.project),
    `unhex('${traceIdOf(call)}')`,
    `unhex('${hexOf(eventIdOf(call), 16)}')`,
    quoted(call.kind ?? 'llm'),
    quoted(call.kind ?? 'chat'),
    quoted(call.model ?? 'gpt-test'),
    quoted(call.route ?? ''),
    quoted(call.status ?? 'ok'),
    at,
    said('user', call.ask),
    said('assistant', call.answer),
    call.conversation === undefined ? 'NULL' : quoted(call.conversation),
    call.documents === undefined ? 'NULL' : quoted(call.documents),
    evaluation === undefined ? 'NULL' : quoted(evaluation.name),
    evaluation === undefined || evaluation.score === null ? 'NULL' : String(evaluation.score),
    evaluation === undefined ? 'NULL' : quoted(evaluation.label),
    evaluation === undefined || evaluation.explanation === ''
      ? 'NULL'
      : quoted(evaluation.explanation),
    'now64(3)',
    '1',
  ]
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
