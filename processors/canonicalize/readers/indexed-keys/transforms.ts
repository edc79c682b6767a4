// Transforms for indexed families of attributes (`llm.input_messages.2.message.role`) and for parallel lists.
// `indexed-keys/objects.ts` reads them as messages, tools, documents or annotations.

import { N, R } from '../../../../core/fields.ts'
import type { Message, Part } from '../../content/content-types.ts'
import { documentsOf } from '../../content/documents.ts'
import { parseLoose } from '../../json/loose-json.ts'
import { isRecord } from '../../json/values.ts'
import type { DialectRule, Transform } from '../../rules/dialect.ts'
import type { CurrentSpan, Outcome } from '../../span/current-span.ts'
import { putMessages } from '../../span/put-json.ts'
import {
  annotationsOf,
  elementsOfFamily,
  hasEmptyText,
  messagesOfFamily,
  textsOfFamily,
  toolsOfFamily,
} from './objects.ts'
import { familyProgram } from './programs.ts'

function family(put: PutFamily): Transform {
  return (span, _attr, rule) => {
    const outcome = written(span, rule)
    if (outcome !== 'not plain') return outcome === 'done'
    const rows = span.families.rowsOf(rule.family)
    return rows.length > 0 && put(span, rule, elementsOfFamily(span, rows, rule.strip))
  }
}

/** Uses the program of the span's shape, if there is one. */
function written(span: CurrentSpan, rule: DialectRule): Outcome {
  for (const planned of span.families.planned) {
    if (planned.family !== rule.family) continue
    if (planned.program === undefined)
      planned.program = familyProgram(span.batch, span.firstAttr, planned.positions, rule)
    return planned.program === null ? 'not plain' : planned.program(span, rule.range)
  }
  return 'not plain'
}

type PutFamily = (span: CurrentSpan, rule: DialectRule, list: unknown[]) => boolean

const putMessageFamily: PutFamily = (span, rule, list) => {
  const out = messagesOfFamily(list, rule.range === R.output_messages ? 'assistant' : 'user')
  if (rule.range === R.output_messages && out.length === 0 && hasEmptyText(list))
    span.content.noteEmptyAnswer()
  if (rule.range === R.output_messages && !span.hasRange(R.finish_reasons)) {
    const reasons = out.map((m) => m.finish_reason).filter((x) => x !== undefined)
    if (reasons.length > 0) span.setJson(R.finish_reasons, reasons)
  }
  if (rule.range === R.output_messages) nameReason(span, out)
  return putMessages(span, rule.range, out)
}

/** Adds the finish reason of the span to the only response. */
export function nameReason(span: CurrentSpan, list: readonly Message[]): void {
  const only = list.length === 1 ? list[0] : undefined
  if (only === undefined || only.finish_reason !== undefined) return
  const reasons = parseLoose(span.fieldText(R.finish_reasons) ?? '[]')
  const reason: unknown = Array.isArray(reasons) && reasons.length === 1 ? reasons[0] : undefined
  if (typeof reason === 'string') only.finish_reason = reason
}

const PUT = {
  messages: putMessageFamily,
  texts: (span, rule, list) => {
    const role = rule.range === R.output_messages ? 'assistant' : 'user'
    return putMessages(
      span,
      rule.range,
      textsOfFamily(list).map((content) => ({ role, parts: [{ type: 'text', content }] })),
    )
  },
  tools: (span, rule, list) => {
    const found = toolsOfFamily(list)
    if (found === null) return false
    span.setJson(rule.range, found)
    return true
  },
  documents: (span, rule, list) => {
    const found = documentsOf(list)
    if (found === null) return false
    if (rule.range >= 0) span.setJson(rule.range, found)
    else span.entries.addMetadataValue(rule.name, found)
    return true
  },
  embeddings: (span, rule, list) => {
    let hasVector = false
    for (const x of list) {
      const vectorLike: unknown =
        isRecord(x) && isRecord(x['embedding']) ? x['embedding']['vector'] : null
      if (!Array.isArray(vectorLike)) continue
      hasVector = true
      span.offerNumber(N.embedding_dimensions, vectorLike.length)
    }
    const parts: Part[] = textsOfFamily(list).map((content) => ({ type: 'text', content }))
    return parts.length === 0 ? hasVector : putMessages(span, rule.range, [{ role: 'user', parts }])
  },
  annotations: (span, _rule, list) => annotationsOf(span, list),
} as const satisfies Readonly<Record<string, PutFamily>>

export const indexedKeys = {
  'indexed:messages': family(PUT.messages),
  'indexed:texts': family(PUT.texts),
  'indexed:tools': family(PUT.tools),
  'indexed:documents': family(PUT.documents),
  'indexed:embeddings': family(PUT.embeddings),
  'indexed:annotations': family(PUT.annotations),
} as const satisfies Readonly<Record<string, Transform>>
