// The commands about configurations: `validate`, `schema`, `components`. They take arguments and an `io` object, so that a
// test can run them like a terminal does; `collector/` dispatches to them.

import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { nearest } from '../core/config/nearest.ts'
import { messageOf } from '../core/errors.ts'
import { DEFAULT_CONFIG } from './defaults.ts'
import { type OptionRow, optionRows } from './documents/option-table.ts'
import { rootJsonSchema } from './documents/root-json-schema.ts'
import { type LoadResult, loadConfig } from './load.ts'
import { type AnyComponent, type Registry, SECTIONS } from './registry-type.ts'
import type { ObservaConfig } from './root.ts'
import { jsonSchemaOf } from './tree/json-schema.ts'
import { type ConfigError, formatProblems } from './tree/problems.ts'
import type { ReferenceSources } from './tree/references.ts'

export interface CommandIo extends ReferenceSources {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly registry: Registry
  /** Width of the terminal; absent when the output is no terminal. */
  readonly columns?: number
}

/** Exit code: 0 for success, 1 for a wrong configuration, 2 for a wrong command line. */
export type ExitCode = 0 | 1 | 2

// ---------------------------------------------------------------- validate

/**
 * Checks a configuration without starting anything. `[--config F]... [--set a.b=c]... [--strict] [--print] [--json] [F]...`
 */
export async function validateCommand(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const given = parsed(args, io, 'validate', {
    config: { type: 'string', multiple: true, short: 'c' },
    set: { type: 'string', multiple: true },
    strict: { type: 'boolean' },
    print: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  if (given === null) return 2
  const files = [...texts(given.values['config']), ...given.positionals]
  const sets = texts(given.values['set'])
  const result = await loadConfig({ ...io, files, sets })
  const strictly = given.values['strict'] === true && result.warnings.length > 0
  const code = result.ok && !strictly ? 0 : 1
  if (given.values['json'] === true) {
    const errors = result.ok ? [] : result.errors
    const body = { ok: code === 0, errors, warnings: result.warnings }
    io.stdout(`${JSON.stringify(body, null, 2)}\n`)
    return code
  }
  io.stderr(problemReport(result))
  if (result.ok && given.values['print'] === true) io.stdout(stringify(result.config.printable))
  else if (result.ok) io.stdout(summary(result.config, files))
  return code
}

/** All errors and warnings, one a line, and their number; '' when there are none. */
export function problemReport(result: LoadResult): string {
  const errors: readonly ConfigError[] = result.ok ? [] : result.errors
  const lines = [
    ...(errors.length === 0 ? [] : [formatProblems(errors, 'error')]),
    ...(result.warnings.length === 0 ? [] : [formatProblems(result.warnings, 'warning')]),
  ]
  if (errors.length > 0) lines.push('', `The configuration has ${counted(errors.length, 'error')}.`)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function summary(config: ObservaConfig, files: readonly string[]): string {
  const name = files.length === 0 ? 'The default configuration' : files.join(' + ')
  const lines = [...config.service.pipelines.values()].map((p) => {
    const chain = [p.receivers.join(', '), ...p.processors, p.exporters.join(', ')]
    return `  ${p.id.padEnd(8)} ${chain.join(' -> ')}`
  })
  const { extensions } = config.service
  if (extensions.length > 0) lines.push(`  with     ${extensions.join(', ')}`)
  return `${name}: ok\n${lines.join('\n')}\n`
}

// ---------------------------------------------------------------- schema

/** Prints the JSON Schema of the configuration. */
export function schemaCommand(args: readonly string[], io: CommandIo): ExitCode {
  if (parsed(args, io, 'schema', {}, 0) === null) return 2
  io.stdout(`${JSON.stringify(rootJsonSchema(io.registry), null, 2)}\n`)
  return 0
}

// ---------------------------------------------------------------- components

/** Prints the list of components, or the options of one. `[NAME] [--json] [--default-config]` */
export function componentsCommand(args: readonly string[], io: CommandIo): ExitCode {
  const options = { json: { type: 'boolean' }, 'default-config': { type: 'boolean' } } as const
  const given = parsed(args, io, 'components', options, 1)
  if (given === null) return 2
  if (given.values['default-config'] === true) {
    io.stdout(DEFAULT_CONFIG)
    return 0
  }
  const asJson = given.values['json'] === true
  const name = given.positionals[0]
  if (name === undefined) {
    const all = everyComponent(io.registry)
    io.stdout(asJson ? json(all.map(described)) : componentTable(all, io.columns ?? 100))
    return 0
  }
  const matching = componentsNamed(io.registry, name)
  if (matching.length === 0) {
    const near = nearest(
      name,
      everyComponent(io.registry).map((c) => c.type),
    )
    const hint = near === null ? 'Try: components' : `Did you mean "${near}"?`
    io.stderr(`There is no component "${name}". ${hint}\n`)
    return 2
  }
  if (asJson) io.stdout(json(matching.map((c) => ({ ...described(c), options: rowsOf(c) }))))
  else io.stdout(matching.map((c) => componentPage(c, io.columns ?? 100)).join('\n'))
  return 0
}

function everyComponent(registry: Registry): AnyComponent[] {
  return SECTIONS.flatMap((section): AnyComponent[] => [...registry[section].values()])
}

/**
 * Components by type (`kafka` is both a receiver and an exporter), or by kind and type (`exporter/kafka`, `exporters.kafka`).
 */
function componentsNamed(registry: Registry, name: string): AnyComponent[] {
  const all = everyComponent(registry)
  const m = /^(receiver|processor|exporter|extension)s?[/.](.+)$/.exec(name)
  if (m !== null) return all.filter((c) => c.kind === m[1] && c.type === m[2])
  return all.filter((c) => c.type === name)
}

function described(component: AnyComponent): Record<string, unknown> {
  const telemetry = 'telemetry' in component ? { telemetry: component.telemetry } : {}
  return {
    kind: component.kind,
    type: component.type,
    stability: component.stability,
    ...telemetry,
    summary: component.summary,
  }
}

function rowsOf(component: AnyComponent): OptionRow[] {
  return optionRows(jsonSchemaOf(component.schema))
}

function componentTable(components: readonly AnyComponent[], columns: number): string {
  const typeWidth = Math.max(0, ...components.map((c) => c.type.length))
  const lines: string[] = []
  for (const section of SECTIONS) {
    const kind = section.slice(0, -1)
    const own = components.filter((c) => c.kind === kind)
    if (own.length === 0) continue
    lines.push(section.toUpperCase())
    for (const c of own) {
      const lead = `  ${c.type.padEnd(typeWidth)}  ${c.stability.padEnd(6)}  `
      lines.push(lead + wrapped(c.summary, columns, lead.length))
    }
    lines.push('')
  }
  lines.push('Options of one: components NAME', '')
  return lines.join('\n')
}

function componentPage(component: AnyComponent, columns: number): string {
  const rows = rowsOf(component)
  const lines = [
    `${component.kind} ${component.type} (${component.stability})`,
    `  ${wrapped(component.summary, columns, 2)}`,
    '',
  ]
  if ('telemetry' in component && component.telemetry !== undefined)
    lines.push(`  telemetry: ${component.telemetry.join(', ')}`, '')
  if (rows.length === 0) lines.push('  There is nothing to configure.')
  for (const row of rows) {
    const fallback = row.required
      ? ', required'
      : row.fallback === null
        ? ''
        : `, default ${row.fallback}`
    lines.push(`  ${row.path}  (${row.type}${fallback})`)
    if (row.description !== '') lines.push(`      ${wrapped(row.description, columns, 6)}`)
  }
  return `${lines.join('\n')}\n`
}

/** Wraps words at the width of the terminal and indents the following lines. */
function wrapped(text: string, columns: number, indent: number): string {
  const width = Math.max(columns - indent, 24)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

// ---------------------------------------------------------------- arguments

interface Given {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
}

/** Parses the arguments of a command; null after reporting what is wrong with them. */
function parsed(
  args: readonly string[],
  io: CommandIo,
  command: string,
  options: NonNullable<Parameters<typeof parseArgs>[0]>['options'],
  positionalsMax = Number.POSITIVE_INFINITY,
): Given | null {
  try {
    const given = parseArgs({ args: [...args], options: options ?? {}, allowPositionals: true })
    if (given.positionals.length <= positionalsMax) return given
    io.stderr(`${command}: too many arguments\n`)
  } catch (thrown) {
    io.stderr(`${command}: ${messageOf(thrown)}\n`)
  }
  return null
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
