// Amazon Bedrock: model invocation logs (one record a call), the Cost and Usage Report (one row an hour and kind of
// token), and responses of Cost Explorer.

import {
  type BilledRow,
  dayOf,
  type Fields,
  isFields,
  numberOf,
  said,
  sumOf,
  textOf,
} from './billed.ts'

/** Returns the rows of an export, or null when it is not from Bedrock. */
export function readBedrock(rows: readonly Fields[]): BilledRow[] | null {
  const [first] = rows
  if (first === undefined) return null
  if ('modelId' in first && ('input' in first || 'requestId' in first)) return rows.flatMap(ofCall)
  if ('TimePeriod' in first && Array.isArray(first['Groups'])) return rows.flatMap(ofPeriod)
  return usageTypeOf(first) === '' ? null : rows.flatMap(ofLine)
}

function ofCall(record: Fields): BilledRow[] {
  const day = dayOf(record['timestamp'])
  if (day === null) return []
  const input = isFields(record['input']) ? record['input'] : {}
  const output = isFields(record['output']) ? record['output'] : {}
  const identity = isFields(record['identity']) ? record['identity'] : {}
  const cacheRead = numberOf(input, 'cacheReadInputTokenCount')
  const cacheWrite = numberOf(input, 'cacheWriteInputTokenCount')
  return [
    {
      day,
      model: textOf(record, 'modelId'),
      key: textOf(identity, 'arn') || null,
      callId: textOf(record, 'requestId') || null,
      amounts: said({
        calls: 1,
        input_tokens: sumOf(numberOf(input, 'inputTokenCount'), cacheRead, cacheWrite),
        output_tokens: numberOf(output, 'outputTokenCount'),
        cache_read_tokens: cacheRead,
        cache_write_tokens: cacheWrite,
      }),
    },
  ]
}

const usageTypeOf = (line: Fields): string =>
  textOf(line, 'lineItem/UsageType', 'line_item_usage_type', 'UsageType')

function ofLine(line: Fields): BilledRow[] {
  const day = dayOf(line['lineItem/UsageStartDate'] ?? line['line_item_usage_start_date'])
  const type = usageTypeOf(line)
  const service = textOf(
    line,
    'lineItem/ProductCode',
    'line_item_product_code',
    'product/servicecode',
  )
  if (day === null || type === '' || !/bedrock/i.test(`${service} ${type} ${nameOf(line)}`))
    return []
  const unit = textOf(line, 'pricing/unit', 'pricing_unit')
  const amount = numberOf(line, 'lineItem/UsageAmount', 'line_item_usage_amount')
  const model = textOf(line, 'product/model', 'product_model') || nameOf(line) || modelOfType(type)
  return [
    {
      day,
      model,
      key: textOf(line, 'lineItem/UsageAccountId', 'line_item_usage_account_id') || null,
      callId: null,
      amounts: ofType(
        type,
        amount,
        unit,
        numberOf(line, 'lineItem/UnblendedCost', 'line_item_unblended_cost'),
      ),
    },
  ]
}

const nameOf = (line: Fields): string =>
  textOf(line, 'product/ProductName', 'product_product_name').replace(
    / \(Amazon Bedrock Edition\)$/i,
    '',
  )

function ofPeriod(period: Fields): BilledRow[] {
  const when = isFields(period['TimePeriod']) ? period['TimePeriod'] : {}
  const day = dayOf(when['Start'])
  const groups = Array.isArray(period['Groups']) ? period['Groups'].filter(isFields) : []
  if (day === null) return []
  return groups.map((group) => {
    const keys = Array.isArray(group['Keys']) ? group['Keys'].map(String) : []
    const type = keys.find((key) => /token/i.test(key)) ?? keys[0] ?? ''
    const metrics = isFields(group['Metrics']) ? group['Metrics'] : {}
    const of = (name: string): Fields => (isFields(metrics[name]) ? metrics[name] : {})
    const quantity = of('UsageQuantity')
    return {
      day,
      model: modelOfType(type),
      key: null,
      callId: null,
      amounts: ofType(
        type,
        numberOf(quantity, 'Amount'),
        textOf(quantity, 'Unit'),
        numberOf(of('UnblendedCost'), 'Amount'),
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
): BilledRow['amounts'] {
  const per = /1m|million/i.test(unit) ? 1e6 : /1k|thousand/i.test(unit) ? 1000 : Number.NaN
  // A row whose unit is not tokens has only a cost.
  const tokens = amount === undefined || Number.isNaN(per) ? undefined : Math.round(amount * per)
  if (/cache-?read/i.test(type))
    return said({ input_tokens: tokens, cache_read_tokens: tokens, cost_usd: cost })
  if (/cache-?write/i.test(type))
    return said({ input_tokens: tokens, cache_write_tokens: tokens, cost_usd: cost })
  if (/output/i.test(type)) return said({ output_tokens: tokens, cost_usd: cost })
  return said({ input_tokens: /input/i.test(type) ? tokens : undefined, cost_usd: cost })
}

/** `USE1-Claude4Sonnet-input-tokens` -> `Claude4Sonnet`. */
function modelOfType(type: string): string {
  return type
    .replace(/^[A-Z]{2,4}\d-/, '')
    .replace(/-(?:cache-?(?:read|write)-?)?(?:input|output)-?token.*$/i, '')
    .replace(/-(?:batch|cross-region-global|cross-region)$/i, '')
}
