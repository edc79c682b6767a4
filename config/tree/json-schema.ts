// JSON Schemas of component configurations, and look-ups in them: which keys exist at a path, whether a value is secret.
// Validation itself is left to zod.

import { z } from 'zod'
import type { Path } from './problems.ts'

/** The part of JSON Schema draft 7 that zod writes and this code reads. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly propertyNames?: JsonSchema
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

/** The JSON Schema (draft 7) of what a user may write for this zod type. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const known = cache.get(schema)
  if (known !== undefined) return known
  const made = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      // A union that declares its type (a size is a string or an integer) does not need the list of its branches.
      if (jsonSchema.anyOf !== undefined && jsonSchema.type !== undefined) delete jsonSchema.anyOf
    },
  })
  // zod declares a wider type than the schemas it writes for these options, which all have the type above.
  const { $schema: _, ...json } = made as JsonSchema & { readonly $schema?: string }
  cache.set(schema, json)
  return json
}

/** The schemas that may apply at `path`: several under a union, none when the path does not exist. */
export function schemasAt(root: JsonSchema, path: Path): JsonSchema[] {
  let level = branches(root)
  for (const part of path) level = level.flatMap((s) => below(s, part).flatMap(branches))
  return level
}

/** Names of the keys that may occur at `path`. */
export function knownKeys(root: JsonSchema, path: Path): string[] {
  return [...new Set(schemasAt(root, path).flatMap((s) => Object.keys(s.properties ?? {})))]
}

/** Whether a value at `path` is marked as secret. */
export function isSecretAt(root: JsonSchema, path: Path): boolean {
  return schemasAt(root, path).some((s) => s.secret === true)
}

/** True if `items` has one schema for each position. `Array.isArray` does not narrow readonly arrays. */
export function isTuple(items: JsonSchema | readonly JsonSchema[]): items is readonly JsonSchema[] {
  return Array.isArray(items)
}

function branches(schema: JsonSchema): JsonSchema[] {
  const nested = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return [schema, ...nested.flatMap(branches)]
}

function below(schema: JsonSchema, part: string | number): JsonSchema[] {
  if (typeof part === 'number') {
    if (schema.items === undefined) return []
    if (!isTuple(schema.items)) return [schema.items]
    const item = schema.items[part]
    return item === undefined ? [] : [item]
  }
  const property = Object.hasOwn(schema.properties ?? {}, part)
    ? schema.properties?.[part]
    : undefined
  if (property !== undefined) return [property]
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []
}
