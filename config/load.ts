// Loads one checked configuration from files, `--set` options and the environment, or reports every mistake at once. The
// steps: read, parse, merge, apply `--set`, expand references, schemas, cross checks, prepare.

import { dirname, resolve } from 'node:path'
import { codeOf, messageOf, ObservaError } from '../core/errors.ts'
import { configureSection, refuseLinkLocal } from './configure-components.ts'
import { crossCheck, telemetryOfPipeline } from './cross-checks.ts'
import { DEFAULT_CONFIG } from './defaults.ts'
import { printableConfig } from './printable.ts'
import { type AnyProcessor, type Registry, SECTIONS } from './registry-type.ts'
import {
  type Configured,
  type ConfiguredProcessor,
  type ObservaConfig,
  type Pipeline,
  rootSchema,
} from './root.ts'
import { checkSections } from './section-checks.ts'
import { applySet, mergeTrees } from './tree/merge.ts'
import { parseNode } from './tree/parse-node.ts'
import { type ConfigCode, type ConfigError, Problems } from './tree/problems.ts'
import { expandReferences, type ReferenceSources } from './tree/references.ts'
import { nodeAt, parseTree, positionAt, type TreeNode } from './tree/tree.ts'

export interface LoadOptions extends ReferenceSources {
  /** Configuration files, merged in order. Without any, the default configuration is used. */
  readonly files: readonly string[]
  /** Options of the form `a.b=c`, applied in order after the files. */
  readonly sets: readonly string[]
  readonly registry: Registry
  /** True for commands that open no listener. Problems that only matter to listeners are then not errors. */
  readonly isOffline?: boolean
}

export type LoadResult =
  | { readonly ok: true; readonly config: ObservaConfig; readonly warnings: readonly ConfigError[] }
  | {
      readonly ok: false
      readonly errors: readonly ConfigError[]
      readonly warnings: readonly ConfigError[]
    }

/** Stands for the file name in positions inside the built-in configuration. */
export const DEFAULT_FILE = '<default>'

/** Does not throw for mistakes of the user: they are all in the result. */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const problems = new Problems()
  const config = await load(options, problems)
  const warnings = problems.warnings()
  if (config === null || problems.hasErrors)
    return { ok: false, errors: problems.errors(), warnings }
  return { ok: true, config, warnings }
}

async function load(options: LoadOptions, problems: Problems): Promise<ObservaConfig | null> {
  const written = await mergedTree(options, problems)
  if (written === null) return null
  if (written.kind !== 'map') {
    const expected = 'a map with receivers, exporters, service, ..'
    problems.error('OBS_CONFIG_WRONG_TYPE', written.at, [], 'wrong type', { expected })
    return null
  }
  const expanded = withoutEmptySections(await expandReferences(written, [], options, problems))
  const root = parseNode(rootSchema, expanded, [], problems)
  const { registry } = options
  const receivers = configureSection('receivers', expanded, registry.receivers, problems)
  const processors = configureSection('processors', expanded, registry.processors, problems)
  const exporters = configureSection('exporters', expanded, registry.exporters, problems)
  const extensions = configureSection('extensions', expanded, registry.extensions, problems)
  for (const path of [['telemetry', 'traces'], ['oidc'], ['control']]) {
    const section = nodeAt(expanded, path)
    if (section !== null) refuseLinkLocal(path, section, problems)
  }
  const isOffline = options.isOffline ?? false
  crossCheck(expanded, registry, { receivers, extensions }, problems, isOffline)
  const prepared = await prepareAll(processors, expanded, options, problems)
  if (!root.ok) return null
  const { service, auth, ...rest } = root.value
  const startsKeys = service.extensions.some((id) => /^keys(\/|$)/.test(id))
  const asked = auth ?? (startsKeys ? 'keys' : 'none')
  checkSections({ ...rest, auth: asked }, expanded, problems)
  return {
    ...rest,
    receivers,
    processors: prepared,
    exporters,
    extensions,
    service: { extensions: service.extensions, pipelines: pipelinesOf(service.pipelines) },
    auth: asked,
    printable: printableConfig(expanded, registry),
  }
}

/**
 * Files and `--set` options merged into one tree, with references not yet expanded. Null after a mistake that makes further
 * checks useless.
 */
async function mergedTree(options: LoadOptions, problems: Problems): Promise<TreeNode | null> {
  let merged: TreeNode | null = null
  let usable = true
  const sources = options.files.length === 0 ? [DEFAULT_FILE] : options.files
  for (const file of sources) {
    const text = file === DEFAULT_FILE ? DEFAULT_CONFIG : await readConfig(file, options, problems)
    const tree = text === null ? null : parseTree(text, file, problems)
    if (tree === null) usable = false
    else merged = merged === null ? tree : mergeTrees(merged, tree)
  }
  if (merged === null || !usable) return null
  for (const set of options.sets) merged = applySet(merged, set, problems)
  return merged
}

async function readConfig(
  file: string,
  options: LoadOptions,
  problems: Problems,
): Promise<string | null> {
  try {
    return await options.readFile(file)
  } catch (thrown) {
    const missing = codeOf(thrown) === 'ENOENT'
    const rule = missing ? 'there is no such file' : `cannot be read: ${messageOf(thrown)}`
    problems.error('OBS_CONFIG_READ', { file, line: 0, column: 0 }, [], rule)
    return null
  }
}

/** Removes sections without a value (`processors:`), which count as missing. */
function withoutEmptySections(root: TreeNode): TreeNode {
  if (root.kind !== 'map') return root
  const entries = new Map(root.entries)
  for (const [name, entry] of root.entries) {
    const isEmpty = entry.node.kind === 'scalar' && entry.node.value === null
    const isSection = SECTIONS.some((s) => s === name)
    if (isEmpty && isSection && !entry.node.broken) entries.delete(name)
  }
  return { ...root, entries }
}

function pipelinesOf(
  pipelines: Readonly<
    Record<string, { receivers: string[]; processors: string[]; exporters: string[] }>
  >,
): ReadonlyMap<string, Pipeline> {
  const map = new Map<string, Pipeline>()
  for (const [id, pipeline] of Object.entries(pipelines)) {
    const telemetry = telemetryOfPipeline(id)
    if (telemetry !== null) map.set(id, { id, telemetry, ...pipeline })
  }
  return map
}

/**
 * Lets processors read their files and compile their tables during loading, so that a bad price list, for example, stops the
 * start.
 */
async function prepareAll(
  processors: ReadonlyMap<string, Configured<AnyProcessor>>,
  root: TreeNode,
  options: LoadOptions,
  problems: Problems,
): Promise<Map<string, ConfiguredProcessor>> {
  const prepared = new Map<string, ConfiguredProcessor>()
  for (const [id, processor] of processors) {
    const at = positionAt(root, ['processors', id])
    const base = nodeAt(root, ['processors', id])?.at.file ?? at.file
    const readFile = (path: string): Promise<string> =>
      options.readFile(resolve(dirname(base), path))
    try {
      const { factory, config } = processor
      const settings = factory.prepare ? await factory.prepare(config, { readFile }) : config
      prepared.set(id, { ...processor, settings })
    } catch (thrown) {
      const code = configCodeOf(thrown)
      const suggestion = thrown instanceof ObservaError && thrown.hint !== '' ? thrown.hint : null
      problems.error(code, at, ['processors', id], messageOf(thrown), { suggestion })
    }
  }
  return prepared
}

function configCodeOf(thrown: unknown): ConfigCode {
  const own = thrown instanceof ObservaError && thrown.code.startsWith('OBS_CONFIG_')
  return own ? (thrown.code as ConfigCode) : 'OBS_CONFIG_PREPARE'
}
