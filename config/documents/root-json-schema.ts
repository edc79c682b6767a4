// The JSON Schema of a whole configuration, components included. Editors use it to check while the user types; `observa
// schema` prints it and `docs/schema.json` holds it.

import { type AnyComponent, type Registry, SECTIONS } from '../registry-type.ts'
import { rootSchema } from '../root.ts'
import { isTuple, type JsonSchema, jsonSchemaOf } from '../tree/json-schema.ts'

const NAME_PATTERN = '(/[A-Za-z0-9][A-Za-z0-9_.-]*)?$'
/** A `${...}` reference is text, but may stand for any value, including a number or one of a list of words. */
const REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{' }

/** The schema in draft 7. The same registry always gives the same text. */
export function rootJsonSchema(registry: Registry): Record<string, unknown> {
  const root = jsonSchemaOf(rootSchema)
  const properties: Record<string, JsonSchema> = { ...root.properties }
  for (const section of SECTIONS)
    properties[section] = {
      ...withoutBody(properties[section]),
      type: ['object', 'null'],
      patternProperties: componentPatterns(registry[section]),
      additionalProperties: false,
    }
  properties['service'] = withPipelinePatterns(properties['service'])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Observa configuration',
    ...withReferences({ ...root, properties }),
  }
}

function withoutBody(schema: JsonSchema = {}): JsonSchema {
  const { additionalProperties: _, propertyNames: __, ...body } = schema
  return body
}

function componentPatterns(
  factories: ReadonlyMap<string, AnyComponent>,
): Readonly<Record<string, JsonSchema>> {
  const patterns: Record<string, JsonSchema> = {}
  for (const factory of factories.values()) {
    const schema = jsonSchemaOf(factory.schema)
    const nullable = schema.type === 'object' ? { type: ['object', 'null'] as const } : {}
    patterns[`^${factory.type}${NAME_PATTERN}`] = {
      ...schema,
      ...nullable,
      description: `${factory.summary} (${factory.stability})`,
    }
  }
  return patterns
}

function withPipelinePatterns(service: JsonSchema = {}): JsonSchema {
  const pipelines = service.properties?.['pipelines']
  const body = pipelines?.additionalProperties
  return {
    ...service,
    properties: {
      ...service.properties,
      pipelines: {
        ...withoutBody(pipelines),
        patternProperties: {
          [`^(traces|logs|metrics)${NAME_PATTERN}`]: typeof body === 'object' ? body : {},
        },
        additionalProperties: false,
      },
    },
  }
}

/** The schema with `${...}` allowed in place of every value that is not free text. */
function withReferences(schema: JsonSchema): JsonSchema {
  const out: { -readonly [K in keyof JsonSchema]: JsonSchema[K] } = { ...schema }
  for (const key of ['properties', 'patternProperties'] as const)
    if (schema[key] !== undefined) out[key] = mapValues(schema[key], withReferences)
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const)
    if (schema[key] !== undefined) out[key] = schema[key].map(withReferences)
  if (typeof schema.additionalProperties === 'object')
    out.additionalProperties = withReferences(schema.additionalProperties)
  if (schema.items !== undefined && !isTuple(schema.items)) out.items = withReferences(schema.items)
  return isClosedScalar(schema) ? orReference(out) : out
}

function mapValues(
  map: Readonly<Record<string, JsonSchema>>,
  change: (schema: JsonSchema) => JsonSchema,
): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(Object.entries(map).map(([k, v]) => [k, change(v)]))
}

function isClosedScalar(schema: JsonSchema): boolean {
  if (schema.enum !== undefined || schema.const !== undefined) return true
  if (schema.type === 'object' || schema.type === 'array' || schema.type === undefined) return false
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type
  if (types.includes('object')) return false
  return !types.includes('string') || 'pattern' in schema || schema.format !== undefined
}

function orReference(schema: JsonSchema): JsonSchema {
  const { description, default: fallback, ...rule } = schema
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [rule, REFERENCE],
  }
}
