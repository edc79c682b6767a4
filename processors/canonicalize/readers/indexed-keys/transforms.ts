// Transforms for indexed families of attributes (`llm.input_messages.2.message.role`) and for parallel lists:
// what `indexed-keys/objects.ts` reads becomes messages, tools, documents or annotations.

import { N, R } from '../../../../core/fields.ts'
import { documentsOf } from '../../content/documents.ts'
import type { Message, Part } from '../../content/message.ts'
import { parseLoose } from '../../json/loose-json.ts'
import { isRecord } from '../../json/values.ts'
import type { Rule, Transform } from '../../rules/dialect.ts'
import type { Outcome, Work } from '../../span/work.ts'
import { putMessages } from '../content.ts'
import { annotationsOf, messagesOfTree, textsOfTree, toolsOfTree, treeOf } from './objects.ts'
import { treeProgram } from './programs.ts'

function tree(put: TreePut): Transform {
  return (w, _attr, rule) => {
    const outcome = written(w, rule)
    if (outcome !== 'not plain') return outcome === 'done'
    const rows = w.treeRows(rule.tree)
    return rows.length > 0 && put(w, rule, treeOf(w, rows, rule))
  }
}

/** By the program of the span's shape, when there is one. */
function written(w: Work, rule: Rule): Outcome {
  for (const planned of w.plannedTrees) {
    if (planned.tree !== rule.tree) continue
    if (planned.program === undefined)
      planned.program = treeProgram(w.batch, w.firstAttr, planned.places, rule)
    return planned.program === null ? 'not plain' : planned.program(w, rule.range)
  }
  return 'not plain'
}

type TreePut = (w: Work, rule: Rule, list: unknown[]) => boolean

const messageTree: TreePut = (w, rule, list) => {
  const out = messagesOfTree(list, rule.range === R.output_messages ? 'assistant' : 'user')
  if (rule.range === R.output_messages && !w.hasRange(R.finish_reasons)) {
    const reasons = out.map((m) => m.finish_reason).filter((x) => x !== undefined)
    if (reasons.length > 0) w.setJson(R.finish_reasons, reasons)
  }
  if (rule.range === R.output_messages) nameReason(w, out)
  return putMessages(w, rule, out)
}

/** The one answer ended for the reason that the span says. */
export function nameReason(w: Work, list: readonly Message[]): void {
  const only = list.length === 1 ? list[0] : undefined
  if (only === undefined || only.finish_reason !== undefined) return
  const reasons = parseLoose(w.fieldText(R.finish_reasons) ?? '[]')
  const reason: unknown = Array.isArray(reasons) && reasons.length === 1 ? reasons[0] : undefined
  if (typeof reason === 'string') only.finish_reason = reason
}

const TREES = {
  messages: messageTree,
  texts: (w, rule, list) => {
    const role = rule.range === R.output_messages ? 'assistant' : 'user'
    return putMessages(
      w,
      rule,
      textsOfTree(list).map((content) => ({ role, parts: [{ type: 'text', content }] })),
    )
  },
  tools: (w, rule, list) => {
    const found = toolsOfTree(list)
    if (found === null) return false
    w.setJson(rule.range, found)
    return true
  },
  documents: (w, rule, list) => {
    const found = documentsOf(list)
    if (found === null) return false
    if (rule.range >= 0) w.setJson(rule.range, found)
    else w.metaValue(rule.name, found)
    return true
  },
  embeddings: (w, rule, list) => {
    let hasVector = false
    for (const x of list) {
      const vectorLike: unknown =
        isRecord(x) && isRecord(x['embedding']) ? x['embedding']['vector'] : null
      if (!Array.isArray(vectorLike)) continue
      hasVector = true
      w.offerNumber(N.embedding_dimensions, vectorLike.length)
    }
    const parts: Part[] = textsOfTree(list).map((content) => ({ type: 'text', content }))
    return parts.length === 0 ? hasVector : putMessages(w, rule, [{ role: 'user', parts }])
  },
  annotations: (w, _rule, list) => annotationsOf(w, list),
} as const satisfies Readonly<Record<string, TreePut>>

export const indexedKeys = {
  'tree:messages': tree(TREES.messages),
  'tree:texts': tree(TREES.texts),
  'tree:tools': tree(TREES.tools),
  'tree:documents': tree(TREES.documents),
  'tree:embeddings': tree(TREES.embeddings),
  'tree:annotations': tree(TREES.annotations),
} as const satisfies Readonly<Record<string, Transform>>
