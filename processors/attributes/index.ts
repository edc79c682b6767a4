// Changes attributes of spans, log records or resources: sets, deletes, renames or hashes them. Actions run in order.

import { z } from 'zod'
import type { SpanBatch } from '../../core/batch.ts'
import type { ChainContext, Processor, ProcessorFactory } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { apply, type Edit, editOf } from './edit.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])

const actionSchema = z
  .strictObject({
    action: z
      .enum(['insert', 'update', 'upsert', 'delete', 'rename', 'hash'])
      .describe(
        'insert: set if absent · update: set if present · upsert: set in either case · delete: remove · rename: change the key to `to` · hash: replace the text by its SHA-256.',
      ),
    key: z.string().min(1).describe('Attribute key; `delete` also takes a prefix ending in `*`.'),
    value: scalar.optional().describe('New value of insert, update and upsert.'),
    to: z.string().min(1).optional().describe('New key of rename.'),
    on: z
      .enum(['span', 'resource'])
      .default('span')
      .describe(
        'Whether attributes of the span or log record, or those of its resource, are changed.',
      ),
  })
  .refine((a) => !['insert', 'update', 'upsert'].includes(a.action) || a.value !== undefined, {
    message: 'insert, update and upsert need a `value`',
  })
  .refine((a) => a.action !== 'rename' || a.to !== undefined, { message: 'rename needs `to`' })

export const attributesSchema = z.strictObject({
  actions: z
    .array(actionSchema)
    .default([])
    .describe('Actions, run in this order.')
    .meta({ examples: [[{ action: 'upsert', key: 'team', value: 'search' }]] }),
})

export type AttributesConfig = z.output<typeof attributesSchema>

export const attributes: ProcessorFactory<AttributesConfig> = {
  kind: 'processor',
  type: 'attributes',
  stability: 'beta',
  summary: 'Sets, deletes, renames and hashes attributes of spans, log records and resources.',
  schema: attributesSchema as z.ZodType<AttributesConfig>,
  metrics: [],
  create: (config) => new AttributesProcessor(config),
}

class AttributesProcessor implements Processor {
  readonly #edits: readonly Edit[]

  constructor(config: AttributesConfig) {
    this.#edits = config.actions.map(editOf)
  }

  process(batch: SpanBatch, _events: EventTable, _ctx: ChainContext): void {
    for (const edit of this.#edits) apply(batch, edit)
  }
}
