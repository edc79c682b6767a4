// Makes the text of the generated documents: docs/schema.json, docs/configuration.md and the option tables of the component
// READMEs. No I/O here: `generate.ts` reads and writes the files.

import { DEFAULT_CONFIG } from '../defaults.ts'
import { type AnyComponent, type Registry, SECTIONS } from '../registry-type.ts'
import { rootSchema } from '../root.ts'
import { type JsonSchema, jsonSchemaOf } from '../tree/json-schema.ts'
import { INTRODUCTION } from './configuration-page.ts'
import { markdownTable, optionRows } from './option-table.ts'
import { rootJsonSchema } from './root-json-schema.ts'

export const OPTIONS_START = '<!-- generated:options -->'
export const OPTIONS_END = '<!-- /generated -->'

export function schemaDocument(registry: Registry): string {
  return `${JSON.stringify(rootJsonSchema(registry), null, 2)}\n`
}

/** The text of docs/configuration.md. */
export function configurationPage(registry: Registry): string {
  const parts = [INTRODUCTION, '## Sections\n', rootTables()]
  for (const section of SECTIONS) {
    parts.push(`## ${section[0]?.toUpperCase()}${section.slice(1)}\n`)
    for (const factory of registry[section].values()) parts.push(componentPart(factory))
  }
  const indented = DEFAULT_CONFIG.replaceAll(/^(?=.)/gm, '    ')
  parts.push('## The default configuration\n', indented)
  return `${parts.join('\n').trimEnd()}\n`
}

function rootTables(): string {
  const root = jsonSchemaOf(rootSchema)
  const isSection = (name: string): boolean => SECTIONS.some((s) => s === name)
  const properties = Object.fromEntries(
    Object.entries(root.properties ?? {}).filter(([name]) => !isSection(name)),
  )
  const own: JsonSchema = { ...root, properties }
  return markdownTable(optionRows(own))
}

function componentPart(factory: AnyComponent): string {
  const telemetry =
    'telemetry' in factory && factory.telemetry !== undefined
      ? ` Telemetry: ${factory.telemetry.join(', ')}.`
      : ''
  return `### ${factory.type}\n\n${factory.summary} Stability: ${factory.stability}.${telemetry}\n\n${optionsOf(factory)}`
}

/** The option table of one component. */
export function optionsOf(factory: AnyComponent): string {
  return markdownTable(optionRows(jsonSchemaOf(factory.schema)))
}

/** The README with a new option table in place of the old one, or at its end when it has no markers yet. */
export function readmeWithOptions(readme: string, factory: AnyComponent): string {
  const start = readme.indexOf(OPTIONS_START)
  const end = readme.indexOf(OPTIONS_END, start)
  if (start < 0 || end < 0)
    return `${readme.trimEnd()}\n\n## Options\n\n${OPTIONS_START}\n${optionsOf(factory)}${OPTIONS_END}\n`
  const head = readme.slice(0, start + OPTIONS_START.length)
  return `${head}\n${optionsOf(factory)}${readme.slice(end)}`
}

/** Folders that may belong to a component. The first that exists is its folder. */
export function foldersOf(factory: AnyComponent): readonly string[] {
  const { type } = factory
  switch (factory.kind) {
    case 'receiver':
      return [`collector/receivers/${type}`]
    case 'processor':
      return [`processors/${type}`]
    case 'exporter':
      return [`exporters/${type}`]
    case 'extension':
      return [`collector/extensions/${type}`, type]
  }
}
