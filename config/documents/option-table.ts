// The options of a component, or of the root, as rows: path, type, default, description. The terminal, the component READMEs
// and docs/configuration.md all print these rows.

import { isTuple, type JsonSchema } from '../tree/json-schema.ts'

export interface OptionRow {
  /** `protocols.http.endpoint`, `rules[].name`, `prices.<name>.input`. */
  readonly path: string
  readonly type: string
  /** The default as YAML on one line; null when there is none. */
  readonly fallback: string | null
  readonly required: boolean
  readonly description: string
}

const ENUM_SHOWN_MAX = 14

/** One row for each option, in the order of the schema. A map gets a row of its own only if users may add any keys to it. */
export function optionRows(schema: JsonSchema, prefix = ''): OptionRow[] {
  const rows: OptionRow[] = []
  for (const [name, option] of Object.entries(schema.properties ?? {})) {
    const path = prefix === '' ? name : `${prefix}.${name}`
    rows.push(...rowsOf(option, path, schema.required?.includes(name) ?? false))
  }
  return rows
}

function rowsOf(option: JsonSchema, path: string, required: boolean): OptionRow[] {
  const row: OptionRow = {
    path,
    type: typeText(option),
    fallback: defaultText(option.default),
    required,
    description: option.description ?? '',
  }
  const nested = nestedRows(option, path)
  const isPlainGroup = option.properties !== undefined && nested.length > 0
  return isPlainGroup && isTrivial(option.default) ? nested : [row, ...nested]
}

function isTrivial(fallback: unknown): boolean {
  return (
    fallback === undefined ||
    (typeof fallback === 'object' && fallback !== null && Object.keys(fallback).length === 0)
  )
}

function nestedRows(option: JsonSchema, path: string): OptionRow[] {
  if (option.properties !== undefined) return optionRows(option, path)
  if (option.items !== undefined && !isTuple(option.items))
    return nestedRows(option.items, `${path}[]`)
  if (typeof option.additionalProperties === 'object')
    return nestedRows(option.additionalProperties, `${path}.<name>`)
  const seen = new Map<string, OptionRow>()
  for (const branch of [...(option.anyOf ?? []), ...(option.oneOf ?? [])])
    for (const row of nestedRows(branch, path)) if (!seen.has(row.path)) seen.set(row.path, row)
  return [...seen.values()]
}

/** The type of an option in a few words. */
export function typeText(option: JsonSchema): string {
  if (option.secret === true) return 'secret'
  if (option.format === 'host-port') return 'host:port'
  if (option.format === 'uri') return 'URL'
  if (option.format === 'duration' || option.format === 'size') return option.format
  if (option.enum !== undefined) return enumText(option.enum.map(String))
  if (option.const !== undefined) return JSON.stringify(option.const).replaceAll('"', '')
  const branches = option.anyOf ?? option.oneOf
  if (branches !== undefined) return [...new Set(branches.map(typeText))].join(' | ')
  if (option.type === 'array') return `list of ${itemText(option.items)}`
  if (option.type === 'object') return 'map'
  const types = option.type === undefined ? ['any'] : [option.type].flat()
  return types.map((t) => (t === 'string' ? 'text' : t)).join(' | ')
}

/**
 * Lists the allowed words, or only the first few of a long list, which would hide the rest of the table. The JSON Schema has
 * all of them.
 */
function enumText(words: readonly string[]): string {
  if (words.length <= ENUM_SHOWN_MAX) return words.join(' | ')
  return `one of ${words.length} words: ${words.slice(0, 4).join(', ')}, ..`
}

function itemText(items: JsonSchema['items']): string {
  if (items === undefined || isTuple(items)) return 'values'
  const text = typeText(items)
  return text === 'text' ? 'texts' : text === 'map' ? 'maps' : text
}

function defaultText(fallback: unknown): string | null {
  if (fallback === undefined) return null
  return typeof fallback === 'string' ? fallback : JSON.stringify(fallback)
}

/** The rows as a Markdown table, or a sentence when there are none. */
export function markdownTable(rows: readonly OptionRow[]): string {
  if (rows.length === 0) return 'There is nothing to configure.\n'
  const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
  const lines = rows.map((row) => {
    const fallback = row.required
      ? 'required'
      : row.fallback === null
        ? ''
        : `\`${cell(row.fallback)}\``
    return `| \`${row.path}\` | ${cell(row.type)} | ${fallback} | ${cell(row.description)} |`
  })
  return ['| option | type | default | meaning |', '|---|---|---|---|', ...lines, ''].join('\n')
}
