// Finishes an event step by step, after the rules have filled what attributes say. The list gives the order, and a
// test checks that each step comes after those that it needs.

import { SPAN_FLAG } from '../../../core/batch.ts'
import { N, R } from '../../../core/fields.ts'
import { finishLegacyEvent } from '../readers/legacy-events.ts'
import { readLog } from '../readers/log-records.ts'
import { findServiceTier } from '../readers/service-tier.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { decideAggregate } from './aggregate-flag.ts'
import { placeContent } from './content.ts'
import { decideEntityNames } from './entity-names.ts'
import { writeEntries } from './entries.ts'
import { decideFinishReasons } from './finish-reasons.ts'
import { decideKind, writeKind } from './kind.ts'
import { decideModels } from './models.ts'
import { decideOperation } from './operation.ts'
import { dropPlaceholderIds } from './placeholder-ids.ts'
import { readSpanName } from './span-name.ts'
import { decideStatus } from './status.ts'
import type { Finishing, Step, StepContext } from './step.ts'
import { decideUsage } from './usage.ts'

const STEPS: readonly Step[] = [
  { name: 'log record', needs: [], run: readRecord },
  { name: 'span name', needs: ['log record'], run: readName },
  { name: 'kind', needs: ['span name', 'log record'], run: decideKind },
  { name: 'content', needs: ['kind'], run: placeContent },
  { name: 'names of tools and agents', needs: ['kind', 'content'], run: decideEntityNames },
  { name: 'models', needs: ['kind', 'content'], run: decideModels },
  { name: 'legacy event', needs: ['kind', 'content'], run: finishLegacy },
  { name: 'finish reasons', needs: ['content', 'legacy event'], run: decideFinishReasons },
  { name: 'placeholder ids', needs: ['content', 'legacy event'], run: dropPlaceholderIds },
  { name: 'repairs', needs: [], run: noteRepairs },
  { name: 'resource', needs: ['log record'], run: addResource },
  { name: 'operation', needs: ['kind', 'span name'], run: decideOperation },
  { name: 'usage', needs: ['content', 'legacy event'], run: decideUsage },
  { name: 'repeats', needs: ['kind', 'operation', 'usage', 'legacy event'], run: decideAggregate },
  { name: 'status', needs: ['content', 'finish reasons', 'usage'], run: decideStatus },
  { name: 'service tier', needs: ['kind', 'content', 'models'], run: findServiceTier },
  {
    name: 'parameters and details',
    needs: ['operation', 'content', 'service tier'],
    run: writeEntries,
  },
  { name: 'written kind', needs: ['kind', 'repeats'], run: writeKind },
  { name: 'dialect', needs: ['log record'], run: nameDialects },
]

export const FINISHING: Finishing = { steps: STEPS, afterFailure: finishBare }

/**
 * A GenAI log record is no call of its own: its kind is that of the operation that it describes, and its usage
 * repeats that of the span.
 */
function readRecord(span: CurrentSpan, { dialects, origin }: StepContext): void {
  if (origin.isLog && readLog(span) && !dialects.isGenAi) dialects.addLogRecords()
}

function readName(span: CurrentSpan, { dialects, origin }: StepContext): void {
  if (dialects.isGenAi && !origin.isLog && !origin.isLegacy) readSpanName(span, dialects)
}

function finishLegacy(span: CurrentSpan, { origin }: StepContext): void {
  if (origin.isLegacy) finishLegacyEvent(span)
}

/** Notes that text that was not UTF-8 was repaired when the payload was indexed. */
function noteRepairs(span: CurrentSpan): void {
  if ((span.received.flags & SPAN_FLAG.REPAIRED) !== 0) span.addQuality('invalid_utf8')
}

/** Adds the environment, and what the resource says for spans of one dialect only. */
function addResource(span: CurrentSpan, { dialects, origin }: StepContext): void {
  origin.decideEnvironment(span)
  for (const { name, range, dialect } of origin.resource.entries)
    if (dialect >= 0 && range[1] > 0 && dialects.hasIndex(dialect))
      span.entries.addMetadataRange(name, range[0], range[1])
}

function nameDialects(span: CurrentSpan, { dialects }: StepContext): void {
  const dialect = dialects.primary()
  if (dialect === null) return
  span.setConstant(R.dialect, dialect)
  const several = dialects.several()
  if (several !== null) span.setJson(R.dialects, several)
}

/** Sets what every event must have, for an event whose content could not be read at all. */
function finishBare(span: CurrentSpan, context: StepContext): void {
  if (span.kind === '') span.setKind('span')
  span.setWord(R.kind, span.kind)
  writeAggregate(span)
  decideStatus(span, context)
  context.origin.decideEnvironment(span)
  span.setWord(R.cost_source, span.hasNumber(N.cost_usd) ? 'given' : 'none')
}

function writeAggregate(span: CurrentSpan): void {
  if (!span.hasNumber(N.usage_aggregate))
    span.events.setNum(span.event, N.usage_aggregate, span.isAggregate ? 1 : 0)
}
