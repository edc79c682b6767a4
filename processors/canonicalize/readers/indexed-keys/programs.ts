// Writes the attributes of an indexed family as JSON without building objects. The keys of a shape determine which
// attribute is the role of which message, so a program is made once with the plan. It then writes the values straight
// from the arena. Values that are not simple (an unknown role, text that contains blocks) are left to
// `indexed-keys/objects.ts`, which understands everything and must give the same results.

import type { SpanBatch } from '../../../../core/batch.ts'
import type { FamilyProgram } from '../../span/current-span.ts'
import type { Element } from './element.ts'
import { documentProgram, embeddingProgram, toolProgram } from './list-programs.ts'
import { messageProgram } from './message-program.ts'

/** Larger families are rare, and their programs would cost more memory than they save time. */
const ROWS_MAX = 256

/** The properties of a rule for a family: how it is read, its target, and the length of its keys' prefix. */
interface FamilyForm {
  readonly how: string
  readonly range: number
  readonly strip: number
}

/**
 * The program for a family with these keys, or null when `indexed-keys/objects.ts` must read it. `positions` are
 * counted from `first`.
 */
export function familyProgram(
  batch: SpanBatch,
  first: number,
  positions: Int32Array,
  family: FamilyForm,
): FamilyProgram | null {
  if (positions.length > ROWS_MAX) return null
  const elements = elementsOf(batch, first, positions, family.strip)
  if (elements === null) return null
  switch (family.how) {
    case 'indexed:messages':
      return messageProgram(elements)
    case 'indexed:documents':
      return family.range < 0 ? null : documentProgram(elements)
    case 'indexed:tools':
      return toolProgram(elements)
    case 'indexed:embeddings':
      return embeddingProgram(elements)
    default:
      return null
  }
}

function elementsOf(
  batch: SpanBatch,
  first: number,
  positions: Int32Array,
  strip: number,
): readonly Element[] | null {
  const byIndex = new Map<number, Map<string, number>>()
  for (const position of positions) {
    const attr = first + position
    const key = batch.arena.text(
      batch.attrKeyOffset(attr) + strip,
      batch.attrKeyLength(attr) - strip,
    )
    const m = /^(\d{1,4})\.([a-z0-9_.]+)$/.exec(key)
    if (m === null) return null
    const index = Number(m[1])
    const element = byIndex.get(index) ?? new Map<string, number>()
    const path = m[2] as string
    // If a key is repeated, the last value is used, which only the general reader does.
    if (element.has(path)) return null
    element.set(path, position)
    byIndex.set(index, element)
  }
  return [...byIndex].sort((x, y) => x[0] - y[0]).map((x) => x[1])
}
