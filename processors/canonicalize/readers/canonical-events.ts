// Makes an event of a row that was made an event by another instance (`proto/canonical-events.ts`). Every field stays as it was,
// except that its texts have been scrubbed by this instance. The other instance has decided what the event counts, so it is no
// report for this one to decide about.

import type { SpanBatch } from '../../../core/batch.ts'
import type { EventTable } from '../../../core/event.ts'
import { FIELDS, type Field, R, rangeIndex } from '../../../core/fields.ts'
import { keyName, UNKNOWN_KEY } from '../../../core/keys.ts'
import type { SpanView } from '../../../core/span-view.ts'
import { CANONICAL_JSON, CANONICAL_PREFIX } from '../../../proto/canonical-events.ts'

const TEXTS: ReadonlyMap<string, number> = new Map(
  (FIELDS as readonly Field[])
    .filter(({ type }) => type === 'text' || type === 'json' || type === 'strings')
    .map(({ name }) => [name, rangeIndex(name)]),
)
const JSON_FIELDS: ReadonlySet<string> = new Set(
  (FIELDS as readonly Field[])
    .filter(({ type }) => type === 'json' || type === 'strings')
    .map(({ name }) => name),
)
const METADATA = 'metadata.'
const ATTRIBUTES = 'attributes.'
/** Whose data it is, says the credential of the one who brought it. */
const OWNERS: ReadonlySet<string> = new Set(['tenant_id', 'project_id'])

/** Fills the new event `e` from the row; false when the row is no canonical event. */
export function fillCanonical(
  batch: SpanBatch,
  events: EventTable,
  e: number,
  row: SpanView,
): boolean {
  const values = batch.canonical.get(events.spanRowOf(e))
  if (values === undefined) return false
  if (events.explain !== null) events.explain[e] = []
  const { numbers, ranges } = values
  for (let i = 0; i < numbers.length; i += 2)
    events.setNum(e, numbers[i] as number, numbers[i + 1] as number)
  for (let i = 0; i < ranges.length; i += 3)
    events.setRange(e, ranges[i] as number, ranges[i + 1] as number, ranges[i + 2] as number)
  const tenant = batch.requests[row.request]?.tenant
  events.setText(e, R.tenant_id, tenant?.tenantId ?? '')
  events.setText(e, R.project_id, tenant?.projectId ?? '')
  const { firstAttr, attrCount } = row
  for (let attr = firstAttr; attr < firstAttr + attrCount; attr++) setText(row, events, e, attr)
  if (tenant?.environment) events.setText(e, R.environment, tenant.environment)
  addSecrets(batch, events, e)
  return true
}

function setText(row: SpanView, events: EventTable, e: number, attr: number): void {
  const { batch } = row
  const id = batch.attrKey(attr)
  const key = id === UNKNOWN_KEY ? batch.attrKeyText(attr) : keyName(id)
  const name = key.slice(CANONICAL_PREFIX.length)
  const [off, len] = [batch.attrOffset(attr), batch.attrLength(attr)]
  const field = TEXTS.get(name)
  if (field !== undefined) {
    if (OWNERS.has(name)) return
    if (JSON_FIELDS.has(name) && isEdited(row, off) && !isJson(events, off, len))
      // A text in place of the whole document.
      events.setText(e, field, JSON.stringify(events.arena.text(off, len)))
    else events.setRange(e, field, off, len)
    return
  }
  const map = [METADATA, CANONICAL_JSON, ATTRIBUTES].find((begin) => name.startsWith(begin)) ?? ''
  const keyOff = events.arena.appendText(name.slice(map.length))
  const keyLen = events.arena.lastLen
  if (map === METADATA) events.addMetadata(e, keyOff, keyLen, off, len)
  else events.addAttribute(e, keyOff, keyLen, off, len, map === CANONICAL_JSON)
}

/** True when a value is not where it came: it was changed since. */
const isEdited = ({ messageOffset, messageLength }: SpanView, off: number): boolean =>
  off < messageOffset || off >= messageOffset + messageLength

function isJson(events: EventTable, off: number, len: number): boolean {
  try {
    JSON.parse(events.arena.text(off, len))
    return true
  } catch {
    return false
  }
}

/** What was found there, and what this instance has found in addition. */
function addSecrets(batch: SpanBatch, events: EventTable, e: number): void {
  const found = batch.secrets.get(events.spanRowOf(e))
  if (found === undefined) return
  const all = new Map<string, number>()
  const told: unknown = JSON.parse(events.text(e, R.secrets) ?? '{}')
  for (const [type, n] of [...Object.entries(told ?? {}), ...found])
    if (typeof n === 'number') all.set(type, (all.get(type) ?? 0) + n)
  events.setText(e, R.secrets, JSON.stringify(Object.fromEntries(all)))
}
