// One compiled action and its application to the rows of a batch. A row is never removed from the middle:
// the owner's rows are moved to the end of the table without it, so that ranges stay contiguous.

import { hash } from 'node:crypto'
import {
  ATTR,
  ATTR_STRIDE,
  RESOURCE,
  RESOURCE_STRIDE,
  SPAN,
  SPAN_FLAG,
  SPAN_STRIDE,
  type SpanBatch,
  VALUE,
} from '../../core/batch.ts'
import { internKey, key } from '../../core/keys.ts'

type Kind = 'insert' | 'update' | 'upsert' | 'delete' | 'rename' | 'hash'

export interface Edit {
  readonly kind: Kind
  readonly keyId: number
  readonly key: string
  /** For `delete`: every key that begins with this; null for one key. */
  readonly prefix: string | null
  readonly value: string | number | boolean | null
  readonly to: string
  readonly onResource: boolean
}

export function editOf(a: {
  readonly action: Kind
  readonly key: string
  readonly value?: string | number | boolean | undefined
  readonly to?: string | undefined
  readonly on: 'span' | 'resource'
}): Edit {
  const isPrefix = a.action === 'delete' && a.key.endsWith('*')
  return {
    kind: a.action,
    keyId: key(a.key),
    key: a.key,
    prefix: isPrefix ? a.key.slice(0, -1) : null,
    value: a.value ?? null,
    to: a.to ?? '',
    onResource: a.on === 'resource',
  }
}

/** Where an owner keeps the range of its attribute rows, and its flag for "edited". */
interface Owner {
  readonly table: 'spans' | 'resources'
  readonly row: number
  readonly first: number
  readonly flag: number
}

export function apply(batch: SpanBatch, edit: Edit): void {
  const count = edit.onResource ? batch.resourceCount : batch.spanCount
  for (let i = 0; i < count; i++) {
    if (!edit.onResource && batch.isDropped(i)) continue
    const owner: Owner = edit.onResource
      ? { table: 'resources', row: i * RESOURCE_STRIDE, first: RESOURCE.ATTR_FIRST, flag: 1 }
      : { table: 'spans', row: i * SPAN_STRIDE, first: SPAN.ATTR_FIRST, flag: SPAN_FLAG.EDITED }
    if (applyTo(batch, owner, edit)) {
      const table = batch[owner.table]
      table[owner.row] = (table[owner.row] as number) | owner.flag
    }
  }
}

function applyTo(batch: SpanBatch, owner: Owner, edit: Edit): boolean {
  const first = batch[owner.table][owner.row + owner.first] as number
  const count = batch[owner.table][owner.row + owner.first + 1] as number
  if (edit.prefix !== null) return removeWhere(batch, owner, (a) => hasPrefix(batch, a, edit))
  const at = batch.findAttrIn(first, count, edit.keyId)
  switch (edit.kind) {
    case 'insert':
      return at < 0 && append(batch, owner, edit)
    case 'update':
      return at >= 0 && setValue(batch, at, edit.value)
    case 'upsert':
      return at < 0 ? append(batch, owner, edit) : setValue(batch, at, edit.value)
    case 'delete':
      return at >= 0 && removeWhere(batch, owner, (a) => keyIdOf(batch, a) === edit.keyId)
    case 'rename':
      return at >= 0 && rename(batch, at, edit.to)
    case 'hash':
      return at >= 0 && hashValue(batch, at)
  }
}

const keyIdOf = (batch: SpanBatch, attr: number): number =>
  batch.attrs[attr * ATTR_STRIDE + ATTR.KEY] as number

function hasPrefix(batch: SpanBatch, attr: number, edit: Edit): boolean {
  const row = attr * ATTR_STRIDE
  const len = batch.attrs[row + ATTR.KEY_LEN] as number
  const text = batch.arena.text(batch.attrs[row + ATTR.KEY_OFF] as number, len)
  return text.startsWith(edit.prefix as string)
}

function setValue(batch: SpanBatch, attr: number, value: Edit['value']): boolean {
  const { arena } = batch
  if (typeof value === 'string') {
    batch.setAttrText(attr, value)
    return true
  }
  const number = Number(value)
  batch.nums[attr] = number
  if (typeof value === 'boolean') {
    batch.setAttrRange(attr, VALUE.BOOL, number, 0)
    return true
  }
  const off = arena.reserve(8)
  if (Number.isSafeInteger(number)) arena.view.setBigInt64(off, BigInt(number), true)
  else arena.view.setFloat64(off, number, true)
  batch.setAttrRange(attr, Number.isSafeInteger(number) ? VALUE.INT : VALUE.DOUBLE, off, 8)
  return true
}

/** Moves the owner's rows to the end of the table with one more. */
function append(batch: SpanBatch, owner: Owner, edit: Edit): boolean {
  moveToEnd(batch, owner, () => true)
  const off = batch.arena.appendText(edit.key)
  const attr = batch.addAttr(edit.keyId, off, batch.arena.lastLen, VALUE.EMPTY, 0, 0, Number.NaN)
  const table = batch[owner.table]
  const count = owner.row + owner.first + 1
  table[count] = (table[count] as number) + 1
  return setValue(batch, attr, edit.value)
}

function removeWhere(batch: SpanBatch, owner: Owner, gone: (attr: number) => boolean): boolean {
  const before = batch[owner.table][owner.row + owner.first + 1] as number
  const first = batch[owner.table][owner.row + owner.first] as number
  let any = false
  for (let i = first; i < first + before; i++) any ||= gone(i)
  if (any) moveToEnd(batch, owner, (a) => !gone(a))
  return any
}

function moveToEnd(batch: SpanBatch, owner: Owner, keeps: (attr: number) => boolean): void {
  const first = batch[owner.table][owner.row + owner.first] as number
  const count = batch[owner.table][owner.row + owner.first + 1] as number
  const start = batch.attrCount
  for (let i = first; i < first + count; i++) {
    if (!keeps(i)) continue
    const [k = 0, ko = 0, kl = 0, t = 0, o = 0, l = 0] = batch.attrs.subarray(
      i * ATTR_STRIDE,
      (i + 1) * ATTR_STRIDE,
    )
    batch.addAttr(k, ko, kl, t, o, l, batch.nums[i] as number)
  }
  batch[owner.table][owner.row + owner.first] = start
  batch[owner.table][owner.row + owner.first + 1] = batch.attrCount - start
}

function rename(batch: SpanBatch, attr: number, to: string): boolean {
  const { arena } = batch
  const off = arena.appendText(to)
  const row = attr * ATTR_STRIDE
  batch.attrs[row + ATTR.KEY] = internKey(arena.bytes, off, arena.lastLen)
  batch.attrs[row + ATTR.KEY_OFF] = off
  batch.attrs[row + ATTR.KEY_LEN] = arena.lastLen
  return true
}

function hashValue(batch: SpanBatch, attr: number): boolean {
  const text = batch.attrText(attr)
  if (text === null) return false
  batch.setAttrText(attr, hash('sha256', text, 'hex'))
  return true
}
