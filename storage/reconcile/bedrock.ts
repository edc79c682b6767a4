// Amazon Bedrock: model invocation logs (one record a call), the Cost and Usage Report (one row an hour and kind of
// token), and responses of Cost Explorer.

import {
  type BilledRow,
  countOf,
  dayIn,
  type ExportNotes,
  type Fields,
  isFields,
  numberOf,
  said,
  sumOf,
  textOf,
  usd,
} from './billed.ts'

/** Returns the rows of an export, or null when it is not from Bedrock. */
export function readBedrock(rows: readonly Fields[], notes: ExportNotes): BilledRow[] | null {
  const [first] = rows
  if (first === undefined) return null
  if ('modelId' in first && ('input' in first || 'requestId' in first))
    return rows.flatMap((record) => ofCall(record, notes))
  if ('TimePeriod' in first && Array.isArray(first['Groups']))
    return rows.flatMap((period) => ofPeriod(period, notes))
  return rows.some((row) => usageTypeOf(row) !== '')
    ? rows.flatMap((line) => ofLine(line, notes))
    : null
}

function ofCall(record: Fields, notes: ExportNotes): BilledRow[] {
  const day = dayIn(notes, record, 'timestamp')
  if (day === null) return []
  const input = isFields(record['input']) ? record['input'] : {}
  const output = isFields(record['output']) ? record['output'] : {}
  const identity = isFields(record['identity']) ? record['identity'] : {}
  const cacheRead = countOf(input, 'cacheReadInputTokenCount')
  const cacheWrite = countOf(input, 'cacheWriteInputTokenCount')
  return [
    {
      day,
      model: textOf(record, 'modelId'),
      key: textOf(identity, 'arn') || null,
      callId: textOf(record, 'requestId') || null,
      amounts: said({
        calls: 1,
        input_tokens: sumOf(countOf(input, 'inputTokenCount'), cacheRead, cacheWrite),
        output_tokens: countOf(output, 'outputTokenCount'),
        cache_read_tokens: cacheRead,
        cache_write_tokens: cacheWrite,
      }),
    },
  ]
}

const usageTypeOf = (line: Fields): string =>
  textOf(line, 'lineItem/UsageType', 'line_item_usage_type', 'UsageType')

/** Rows of these types change what was paid, or repeat the usage whose price they change. */
const NO_USAGE = /^(?:tax|credit|refund|.*discount$|.*fee|.*negation|bundled.*)$/i

function ofLine(line: Fields, notes: ExportNotes): BilledRow[] {
  const type = usageTypeOf(line)
  const service = textOf(
    line,
    'lineItem/ProductCode',
    'line_item_product_code',
    'product/servicecode',
    'product_servicecode',
  )
  const name = nameOf(line)
  // The report has the rows of all services.
  if (type === '' || !/bedrock/i.test(`${service} ${type} ${name}`)) return []
  const kind = textOf(line, 'lineItem/LineItemType', 'line_item_line_item_type')
  if (NO_USAGE.test(kind) && kind !== 'DiscountedUsage') {
    notes.add('no_charge')
    return []
  }
  const day = dayIn(notes, line, 'lineItem/UsageStartDate', 'line_item_usage_start_date')
  if (day === null) return []
  const unit = `${textOf(line, 'pricing/unit', 'pricing_unit')} ${textOf(line, 'lineItem/LineItemDescription', 'line_item_line_item_description')}`
  const model =
    textOf(line, 'product/model', 'product_model') || editionOf(name) || modelOfType(type)
  const cost = usd(
    notes,
    numberOf(line, 'lineItem/UnblendedCost', 'line_item_unblended_cost'),
    textOf(line, 'lineItem/CurrencyCode', 'line_item_currency_code'),
  )
  return [
    {
      day,
      model,
      key: textOf(line, 'lineItem/UsageAccountId', 'line_item_usage_account_id') || null,
      callId: null,
      amounts: ofType(
        type,
        numberOf(line, 'lineItem/UsageAmount', 'line_item_usage_amount'),
        unit,
        cost,
        notes,
      ),
    },
  ]
}

/** The name of the product; in version 2 of the report it is inside a map, as text. */
function nameOf(line: Fields): string {
  const name = textOf(line, 'product/ProductName', 'product_product_name')
  if (name !== '') return name
  return /"product_name"\s*:\s*"([^"]*)"/.exec(textOf(line, 'product'))?.[1] ?? ''
}

/** A model that is sold under a name of its own; '' for the service itself. */
function editionOf(name: string): string {
  return /^amazon bedrock$/i.test(name) ? '' : name.replace(/ \(Amazon Bedrock Edition\)$/i, '')
}

function ofPeriod(period: Fields, notes: ExportNotes): BilledRow[] {
  const when = isFields(period['TimePeriod']) ? period['TimePeriod'] : {}
  const groups = Array.isArray(period['Groups']) ? period['Groups'].filter(isFields) : []
  const day = groups.length === 0 ? null : dayIn(notes, when, 'Start')
  if (day === null) return []
  return groups.map((group) => {
    const keys = Array.isArray(group['Keys']) ? group['Keys'].map(String) : []
    const type = keys.find((key) => /token/i.test(key)) ?? keys[0] ?? ''
    const edition = keys.find((key) => / \(Amazon Bedrock Edition\)$/i.test(key)) ?? ''
    const metrics = isFields(group['Metrics']) ? group['Metrics'] : {}
    const of = (name: string): Fields => (isFields(metrics[name]) ? metrics[name] : {})
    const quantity = of('UsageQuantity')
    const cost = of('UnblendedCost')
    return {
      day,
      model: editionOf(edition) || modelOfType(type),
      key: null,
      callId: null,
      amounts: ofType(
        type,
        numberOf(quantity, 'Amount'),
        textOf(quantity, 'Unit'),
        usd(notes, numberOf(cost, 'Amount'), textOf(cost, 'Unit')),
        notes,
      ),
    }
  })
}

/** The kind of tokens that a usage type means: `USE1-Claude4Sonnet-cache-read-input-token-count`. */
function ofType(
  type: string,
  amount: number | undefined,
  unit: string,
  cost: number | undefined,
  notes: ExportNotes,
): BilledRow['amounts'] {
  const isTokens = /token/i.test(type)
  const per = tokensPer(unit, type)
  // A row whose unit is not tokens has only a cost.
  const isRead = amount !== undefined && per !== null && isTokens
  if (amount !== undefined && isTokens && per === null) notes.add('unknown_unit')
  const tokens = isRead ? Math.round(amount * per) : undefined
  if (/cache[-_]?read/i.test(type))
    return said({ input_tokens: tokens, cache_read_tokens: tokens, cost_usd: cost })
  if (/cache[-_]?write/i.test(type))
    return said({ input_tokens: tokens, cache_write_tokens: tokens, cost_usd: cost })
  if (/output|response/i.test(type)) return said({ output_tokens: tokens, cost_usd: cost })
  return said({ input_tokens: /input/i.test(type) ? tokens : undefined, cost_usd: cost })
}

/** How many tokens one of a unit is; null when that is not known. */
function tokensPer(unit: string, type: string): number | null {
  if (/1m\b|million/i.test(unit)) return 1e6
  if (/1k\b|thousand/i.test(unit)) return 1000
  if (/^\s*tokens?\b/i.test(unit)) return 1
  // Models sold through the marketplace: a unit is a million tokens (`USE1-MP:USE1_InputTokenCount-Units`).
  return /-units$/i.test(type) ? 1e6 : null
}

/** `USE1-Claude4Sonnet-input-tokens` -> `Claude4Sonnet`. '' where the type names none. */
function modelOfType(type: string): string {
  if (/-MP:/.test(type)) return ''
  return type
    .replace(/^(?:[A-Z]{2,4}\d|EU)-/, '')
    .replace(/-(?:mantle-)?(?:cache-?(?:read|write)-?)?(?:input|output)-?token.*$/i, '')
    .replace(/-(?:batch|flex|priority|cross-region-global|cross-region)$/i, '')
}
