// JSON Schemas of component configurations, and looking into them: which keys are known at a path,
// whether a value there is a secret. Leaves validation itself to zod.

import { z } from 'zod'
import type { Path } from './problems.ts'

/** The parts of JSON Schema draft 7 that zod writes and we read. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly secret?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly required?: readonly string[]
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly examples?: readonly unknown[]
}

const cache = new WeakMap<z.ZodType, JsonSchema>()

/** What a user may write for this zod type, as draft 7. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const known = cache.get(schema)
  if (known !== undefined) return known
  const made = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      // A union that says itself what it is (a size is a text or an integer) needs no list of branches.
      if (jsonSchema.anyOf !== undefined && jsonSchema.type !== undefined) delete jsonSchema.anyOf
    },
  })
  // zod's type allows more than zod writes for our options; the shape is the one above.
  const { $schema: _, ...json } = made as JsonSchema & { readonly $schema?: string }
  cache.set(schema, json)
  return json
}

/** The schemas that may apply at `path`: several under a union, none when the path is unknown. */
export function schemasAt(root: JsonSchema, path: Path): JsonSchema[] {
  let level = branches(root)
  for (const part of path) level = level.flatMap((s) => below(s, part).flatMap(branches))
  return level
}

/** Names of the keys known at `path`. */
export function knownKeys(root: JsonSchema, path: Path): string[] {
  return [...new Set(schemasAt(root, path).flatMap((s) => Object.keys(s.properties ?? {})))]
}

/** True when a value at `path` is marked as secret. */
export function isSecretAt(root: JsonSchema, path: Path): boolean {
  return schemasAt(root, path).some((s) => s.secret === true)
}

function branches(schema: JsonSchema): JsonSchema[] {
  const nested = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [schema, ...nested.flatMap(branches)]
}

function below(schema: JsonSchema, part: string | number): JsonSchema[] {
  if (typeof part === 'number') {
    if (schema.items === undefined) return []
    if (!Array.isArray(schema.items)) return [schema.items as JsonSchema]
    const item = (schema.items as readonly JsonSchema[])[part]
    return item === undefined ? [] : [item]
  }
  const property = Object.hasOwn(schema.properties ?? {}, part)
    ? schema.properties?.[part]
    : undefined
  if (property !== undefined) return [property]
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []
}
