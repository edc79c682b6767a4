// A configuration as it is in effect: the options that were written, and the defaults of all others. Secrets are masked and
// references are not expanded, as in `printable.ts`.

import { typeOfId } from './configure-components.ts'
import { type Registry, SECTIONS } from './registry-type.ts'
import { type ObservaConfig, rootSchema } from './root.ts'
import { type JsonSchema, jsonSchemaOf } from './tree/json-schema.ts'

type Tree = Record<string, unknown>

export function effectiveConfig(config: ObservaConfig, registry: Registry): unknown {
  // The type is right: a configuration that is not a map has been refused before.
  const root = withDefaults(jsonSchemaOf(rootSchema), config.printable) as Tree
  for (const section of SECTIONS) {
    const written = (root[section] ?? {}) as Tree
    const entries = Object.entries(written).map(([id, options]) => {
      const factory = registry[section].get(typeOfId(id))
      const schema = factory === undefined ? {} : jsonSchemaOf(factory.schema)
      return [id, withDefaults(schema, options ?? {})] as const
    })
    if (entries.length > 0) root[section] = Object.fromEntries(entries)
  }
  return root
}

const isMap = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Written options keep their position; options with a default follow. */
function withDefaults(schema: JsonSchema, value: unknown): unknown {
  if (!isMap(value)) return value
  const out: Tree = {}
  for (const [name, own] of Object.entries(value)) {
    const below = schema.properties?.[name]
    out[name] = below === undefined ? own : withDefaults(below, own)
  }
  for (const [name, below] of Object.entries(schema.properties ?? {}))
    if (out[name] === undefined && below.default !== undefined)
      out[name] = withDefaults(below, below.default)
  return out
}
