// The parts of the OpenAPI document that the explorer shows.

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly deprecated?: boolean
  readonly security?: readonly unknown[]
  readonly 'x-required-scope'?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<
    Record<
      string,
      { readonly description?: string; readonly content?: Readonly<Record<string, Media>> }
    >
  >
}

export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

export interface Media {
  readonly schema?: Schema
  readonly example?: unknown
}

export interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly required?: readonly string[]
}

/** Returns an example value for a schema: the schema's own example, otherwise one that is made from its parts. */
export function exampleOf(schema: Schema | undefined, depth = 0): unknown {
  if (schema === undefined || depth > 6) return null
  const [example] = schema.examples ?? []
  if (example !== undefined) return example
  if (schema.default !== undefined) return schema.default
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.properties !== undefined) {
    const wanted = schema.required ?? Object.keys(schema.properties)
    return Object.fromEntries(
      wanted.map((name) => [name, exampleOf(schema.properties?.[name], depth + 1)]),
    )
  }
  const [type] = [schema.type ?? 'null'].flat()
  if (type === 'array') return [exampleOf(schema.items, depth + 1)]
  if (type === 'string') return ''
  if (type === 'number' || type === 'integer') return 0
  if (type === 'boolean') return false
  return type === 'object' ? {} : null
}

export const typeText = (schema: Schema): string =>
  schema.enum === undefined
    ? [schema.type ?? 'any'].flat().join(' or ')
    : schema.enum.map(String).join(', ')
