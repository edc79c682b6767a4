// The configuration loader: for any file, the result is a configuration or a list of mistakes with their places.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { registry } from '../../../collector/registry.ts'
import { loadConfig } from '../../../config/load.ts'
import { mutated } from '../mutate.ts'
import type { OpenTarget, Target } from '../target.ts'

const ROOT = join(import.meta.dirname, '../../..')
const BYTES_MAX = 16 * 1024

export const configuration: Target = {
  name: 'configuration',
  about: 'YAML files through the configuration loader',
  executions: 400,
  open: async () => open(),
}

function open(): OpenTarget {
  const texts = yamlFiles(join(ROOT, 'examples')).concat(yamlFiles(join(ROOT, 'deploy')))
  return {
    input: (dice) => mutated(texts, dice, BYTES_MAX),
    async execute(input) {
      const result = await loadConfig({
        files: ['fuzz.yaml'],
        sets: [],
        env: {},
        readFile: async () => input.toString('utf8'),
        fileMode: async () => 0o600,
        registry,
      })
      if (result.ok) return
      assert.ok(result.errors.length > 0, 'refused without a reason')
      for (const error of result.errors) assert.ok(error.rule.length > 0, 'an error without words')
    },
  }
}

function yamlFiles(directory: string): Buffer[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml') && !name.includes('node_modules'))
    .map((name) => readFileSync(join(directory, name)))
}
