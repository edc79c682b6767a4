// One compiled action, and how it is applied to a batch. The attribute rows of an owner must stay consecutive, so a row is
// not removed in place: the remaining rows are copied to the end of the table.

import { hash } from 'node:crypto'
import { type SpanBatch, VALUE } from '../../core/batch.ts'
import { internKey, key } from '../../core/keys.ts'
import { type AttributeOwner, ResourceView, SpanView } from '../../core/span-view.ts'

type Kind = 'insert' | 'update' | 'upsert' | 'delete' | 'rename' | 'hash'

export interface Edit {
  readonly kind: Kind
  readonly keyId: number
  readonly key: string
  /** For `delete` with a prefix: keys that begin with this are deleted. Null for a single key. */
  readonly prefix: string | null
  readonly value: string | number | boolean | null
  readonly to: string
  readonly onResource: boolean
}

export function editOf(action: {
  readonly action: Kind
  readonly key: string
  readonly value?: string | number | boolean | undefined
  readonly to?: string | undefined
  readonly on: 'span' | 'resource'
}): Edit {
  const isPrefix = action.action === 'delete' && action.key.endsWith('*')
  return {
    kind: action.action,
    keyId: key(action.key),
    key: action.key,
    prefix: isPrefix ? action.key.slice(0, -1) : null,
    value: action.value ?? null,
    to: action.to ?? '',
    onResource: action.on === 'resource',
  }
}

export function apply(batch: SpanBatch, edit: Edit): void {
  if (edit.onResource) {
    const resource = new ResourceView(batch)
    for (let i = 0; i < batch.resourceCount; i++)
      if (applyTo(batch, resource.at(i), edit)) resource.markEdited()
    return
  }
  const span = new SpanView(batch)
  for (let i = 0; i < batch.spanCount; i++)
    if (!batch.isDropped(i) && applyTo(batch, span.at(i), edit)) span.markEdited()
}

function applyTo(batch: SpanBatch, owner: AttributeOwner, edit: Edit): boolean {
  if (edit.prefix !== null) return removeWhere(batch, owner, (a) => hasPrefix(batch, a, edit))
  const at = batch.findAttrIn(owner.firstAttr, owner.attrCount, edit.keyId)
  switch (edit.kind) {
    case 'insert':
      return at < 0 && append(batch, owner, edit)
    case 'update':
      return at >= 0 && setValue(batch, at, edit.value)
    case 'upsert':
      return at < 0 ? append(batch, owner, edit) : setValue(batch, at, edit.value)
    case 'delete':
      return at >= 0 && removeWhere(batch, owner, (a) => batch.attrKey(a) === edit.keyId)
    case 'rename':
      return at >= 0 && rename(batch, at, edit.to)
    case 'hash':
      return at >= 0 && hashValue(batch, at)
  }
}

function hasPrefix(batch: SpanBatch, attr: number, edit: Edit): boolean {
  return batch.attrKeyText(attr).startsWith(edit.prefix as string)
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

/** Adds an attribute. The owner's rows are first moved to the end of the table, where there is room for one more. */
function append(batch: SpanBatch, owner: AttributeOwner, edit: Edit): boolean {
  moveToEnd(batch, owner, () => true)
  const off = batch.arena.appendText(edit.key)
  const attr = batch.addAttr(edit.keyId, off, batch.arena.lastLen, VALUE.EMPTY, 0, 0, Number.NaN)
  owner.setAttrs(owner.firstAttr, owner.attrCount + 1)
  return setValue(batch, attr, edit.value)
}

function removeWhere(
  batch: SpanBatch,
  owner: AttributeOwner,
  gone: (attr: number) => boolean,
): boolean {
  const { firstAttr, attrCount } = owner
  let any = false
  for (let i = firstAttr; i < firstAttr + attrCount; i++) any ||= gone(i)
  if (any) moveToEnd(batch, owner, (a) => !gone(a))
  return any
}

function moveToEnd(
  batch: SpanBatch,
  owner: AttributeOwner,
  keeps: (attr: number) => boolean,
): void {
  const { firstAttr, attrCount } = owner
  const start = batch.attrCount
  for (let i = firstAttr; i < firstAttr + attrCount; i++) if (keeps(i)) batch.copyAttr(i)
  owner.setAttrs(start, batch.attrCount - start)
}

function rename(batch: SpanBatch, attr: number, to: string): boolean {
  const { arena } = batch
  const off = arena.appendText(to)
  const length = arena.lastLen
  batch.setAttrKey(attr, internKey(arena.bytes, off, length), off, length)
  return true
}

function hashValue(batch: SpanBatch, attr: number): boolean {
  const text = batch.attrText(attr)
  if (text === null) return false
  batch.setAttrText(attr, hash('sha256', text, 'hex'))
  return true
}
