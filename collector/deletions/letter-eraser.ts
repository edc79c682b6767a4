// Removes the data of a deleted subject from the dead letters of an instance. A dead letter is a part for one destination. It is searched
// for the ids in the forms that JSON, Protobuf and RowBinary give them, and split as far as its exporter can. Pieces with an id go.

import type { Sender } from '../../core/component.ts'
import type { EncodedPart } from '../../core/task.ts'
import { someTraces } from '../../storage/control/deletion-traces.ts'
import { findDeletion, formsOfDeletion } from '../../storage/control/deletions.ts'
import type { Statements } from '../../storage/postgres/connection.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import type { DeadLetter, DeadLetterBox } from '../sender/dead-letters.ts'

export interface LettersOf {
  readonly box: DeadLetterBox
  readonly sender: Pick<Sender, 'split'>
}

interface DeletionKey {
  readonly tenant_id: string
  readonly deletion_id: string
}

/** The most traces that are searched for. Dead letters are few and small. */
const TRACES_MAX = 2000

export class LetterEraser {
  readonly #exporters: () => readonly LettersOf[]

  constructor(exporters: () => readonly LettersOf[]) {
    this.#exporters = exporters
  }

  /** Returns the number of dead letters from which something was removed. */
  async erase(pool: PostgresPool, key: DeletionKey): Promise<number> {
    const boxes = this.#exporters()
    const all = await Promise.all(boxes.map(async (of) => ({ of, letters: await of.box.list() })))
    if (all.every(({ letters }) => letters.length === 0)) return 0
    const needles = await withRole(pool, 'observa_control', (c) => needlesOf(c, key))
    let changed = 0
    for (const { of, letters } of all)
      for (const { id } of letters) if (await eraseFrom(of, id, needles)) changed++
    return changed
  }
}

async function needlesOf(client: Statements, key: DeletionKey): Promise<readonly Buffer[]> {
  const row = await findDeletion(client, key.tenant_id, key.deletion_id)
  if (row === null) return []
  if (row.subject_kind === 'tenant') return needlesOfText(row.tenant_id)
  const forms = await formsOfDeletion(client, key)
  const traces = await someTraces(client, key, TRACES_MAX)
  const ids = row.subject_kind === 'trace' ? [row.subject_id ?? '', ...traces] : traces
  return [
    ...forms.flatMap(needlesOfText),
    ...ids.flatMap((id) => [Buffer.from(id), Buffer.from(id, 'hex')]),
  ].filter((needle) => needle.length > 0)
}

/**
 * Returns the forms in which an id is written: as a JSON string, and with its length before it, as Protobuf and RowBinary write it. So a
 * short id is not found inside longer texts.
 */
export function needlesOfText(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text)
  return [Buffer.from(JSON.stringify(text)), Buffer.concat([varint(bytes.length), bytes])]
}

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) out.push((rest & 127) | 128)
  return Buffer.from([...out, rest])
}

async function eraseFrom(
  { box, sender }: LettersOf,
  id: string,
  needles: readonly Buffer[],
): Promise<boolean> {
  const letter = await box.read(id)
  if (letter === null || !hasAny(letter.bytes, needles)) return false
  const { exporter, stream, items } = letter.head
  const part = { exporter, stream, items, bytes: letter.bytes }
  const kept = keep(part, sender, needles)
  // The remaining pieces are stored before the original is removed. A crash in between leaves them twice, but never loses them.
  for (const [i, piece] of kept.entries()) await box.add(pieceOf(letter, piece, i))
  await box.remove(id)
  return true
}

function keep(
  part: EncodedPart,
  sender: Pick<Sender, 'split'>,
  needles: readonly Buffer[],
): EncodedPart[] {
  if (!hasAny(part.bytes, needles)) return [part]
  const pieces = part.items > 1 ? (sender.split?.(part) ?? null) : null
  return pieces === null ? [] : pieces.flatMap((piece) => keep(piece, sender, needles))
}

function pieceOf({ head }: DeadLetter, { items, bytes }: EncodedPart, index: number): DeadLetter {
  const piece = head.piece === '' ? `k${index}` : `${head.piece}.k${index}`
  return { head: { ...head, piece, items }, bytes }
}

function hasAny(bytes: Uint8Array, needles: readonly Buffer[]): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return needles.some((needle) => buffer.includes(needle))
}
