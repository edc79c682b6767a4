// Makes the types of a client from an OpenAPI document: for each operation its parameters, its body and its answer, under a name such as
// `GET /api/v1/traces/{id}`. What is the same in several operations is there once, under the name of the first.

interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: Schema
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const HEAD = `// Made from the document of the API by \`npm run generate\`; do not edit.

/* biome-ignore-all lint: generated */

`

/** The text of the module. */
export function clientTypes(document: OpenApiDocument): string {
  const named = namedSchemas(document)
  const types = [...named.values()].map(
    ({ name, schema }) => `export type ${name} = ${typeOf(schema, named, true)}`,
  )
  const operations = operationsOf(document).map(
    ({ name, operation }) => `  '${name}': ${operationType(operation, named)}`,
  )
  const all = `/** Every operation by its method and path. */\nexport interface Operations {\n${operations.join('\n')}\n}\n`
  return `${HEAD}${types.join('\n\n')}\n\n${all}`
}

interface Named {
  readonly name: string
  readonly schema: Schema
}
type Names = ReadonlyMap<string, Named>

function operationsOf(
  document: OpenApiDocument,
): readonly { readonly name: string; readonly operation: Operation }[] {
  return Object.entries(document.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        operation,
      })),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

const keyOf = (schema: Schema): string => JSON.stringify(schema)

/** Objects that are an answer or a row of one, and more than a few fields. */
function namedSchemas(document: OpenApiDocument): Names {
  const named = new Map<string, Named>()
  const taken = new Set<string>()
  for (const { name, operation } of operationsOf(document)) {
    const answer = answerOf(operation)
    const rows = answer?.properties?.['data']?.items
    for (const [schema, ending] of [
      [rows, 'Row'],
      [answer, 'Answer'],
    ] as const) {
      if (schema?.properties === undefined || Object.keys(schema.properties).length < 3) continue
      if (named.has(keyOf(schema))) continue
      const base = `${wordsOf(name)}${ending}`
      if (taken.has(base)) continue
      taken.add(base)
      named.set(keyOf(schema), { name: base, schema })
    }
  }
  return named
}

/** `GetTracesById` of `GET /api/v1/traces/{id}`. */
function wordsOf(operation: string): string {
  const [method = '', path = ''] = operation.split(' ')
  const parts = path
    .replace('/api/v1', '')
    .split(/[/_.-]/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('{') ? `By${title(part.slice(1, -1))}` : title(part)))
  return `${title(method.toLowerCase())}${parts.join('')}`
}

const title = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function answerOf({ responses }: Operation): Schema | undefined {
  const [, good] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? []
  return good?.content?.['application/json']?.schema
}

function operationType(operation: Operation, named: Names): string {
  const of = (place: string): string => parametersType(operation.parameters ?? [], place, named)
  const body = operation.requestBody?.content['application/json']?.schema
  const isOptional = operation.requestBody?.required !== true
  const answer = answerOf(operation)
  return [
    '{',
    `    readonly path: ${of('path')}`,
    `    readonly query: ${of('query')}`,
    `    readonly body: ${body === undefined ? 'undefined' : `${typeOf(body, named)}${isOptional ? ' | undefined' : ''}`}`,
    `    readonly answer: ${answer === undefined ? 'undefined' : typeOf(answer, named)}`,
    '  }',
  ].join('\n')
}

function parametersType(all: readonly Parameter[], place: string, named: Names): string {
  const own = all.filter((p) => p.in === place)
  if (own.length === 0) return '{}'
  const fields = own.map(
    (p) =>
      `readonly ${nameOf(p.name)}${p.required === true ? '' : '?'}: ${typeOf(p.schema, named)}`,
  )
  return `{ ${fields.join('; ')} }`
}

const nameOf = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) ? name : `'${name.replaceAll("'", "\\'")}'`

function typeOf(schema: Schema, named: Names, isDefinition = false): string {
  const known = isDefinition ? undefined : named.get(keyOf(schema))
  if (known !== undefined) return known.name
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ')
  const several = schema.anyOf ?? schema.oneOf
  if (several !== undefined) return [...new Set(several.map((s) => typeOf(s, named)))].join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map((s) => typeOf(s, named)).join(' & ')
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length === 0) return 'unknown'
  return types.map((type) => ofType(type, schema, named)).join(' | ')
}

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value)

function ofType(type: string, schema: Schema, named: Names): string {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
    case 'string':
    case 'null':
      return type
    case 'array': {
      const item = schema.items === undefined ? 'unknown' : typeOf(schema.items, named)
      return `readonly ${/[|&]/.test(item) ? `(${item})` : item}[]`
    }
    default:
      return objectType(schema, named)
  }
}

function objectType(schema: Schema, named: Names): string {
  const { properties = {}, additionalProperties: more } = schema
  const required = new Set(schema.required)
  const fields = Object.entries(properties).map(([name, below]) => {
    const doc = below.description === undefined ? '' : `/** ${oneLine(below.description)} */\n`
    const optional = required.has(name) ? '' : '?'
    return `${doc}readonly ${nameOf(name)}${optional}: ${typeOf(below, named)}`
  })
  if (fields.length > 0) return `{\n${fields.join('\n')}\n}`
  const values = typeof more === 'object' ? typeOf(more, named) : 'unknown'
  return `Readonly<Record<string, ${values}>>`
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('*/', '* /')
