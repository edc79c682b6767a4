// Checks the text of a configuration for a caller who may not read files of this machine. References to files are resolved only if the
// running configuration contains the same reference.

import { resolve } from 'node:path'
import { loadConfig } from '../../config/load.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { ConfigError } from '../../config/tree/problems.ts'
import type { ConfigurationCheck, ConfigurationProblem } from '../../core/operations.ts'
import { registry } from '../registry.ts'

/** The name that messages give to the checked configuration. */
const FILE = 'configuration.yaml'

export async function checkConfiguration(
  text: string,
  running: ObservaConfig,
  readFile: (path: string) => Promise<string>,
): Promise<ConfigurationCheck> {
  const known = filesIn(running.printable)
  const result = await loadConfig({
    files: [FILE],
    sets: [],
    env: process.env,
    readFile: async (path) => {
      if (path === FILE) return text
      if (known.has(resolve(path))) return await readFile(path)
      throw new Error(
        'is not read here, because the configuration that runs does not name it; check this with "observa validate"',
      )
    },
    registry,
  })
  return {
    ok: result.ok,
    errors: result.ok ? [] : result.errors.map(problemOf),
    warnings: result.warnings.map(problemOf),
  }
}

function problemOf(error: ConfigError): ConfigurationProblem {
  const { code, line, column, path, rule, expected, found, suggestion } = error
  const more = [
    expected === null ? '' : `expected ${expected}`,
    found === null ? '' : `found ${found}`,
  ]
  const message = [rule, ...more.filter((part) => part !== '')].join(', ')
  return { code, line, column, path, message, suggestion }
}

/** Returns all texts of a configuration that may be paths. */
function filesIn(tree: unknown): Set<string> {
  const found = new Set<string>()
  const waiting: unknown[] = [tree]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value === 'string') {
      found.add(resolve(value))
      for (const [, path] of value.matchAll(/\$\{file:([^{}]+)\}/g))
        found.add(resolve(String(path)))
    } else if (typeof value === 'object' && value !== null) waiting.push(...Object.values(value))
  }
  return found
}
