// Configurations with the real components: the default configuration is valid, hostile ones are refused for the intended
// reason, and the generated schema knows the component of every README.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { registry } from '../../collector/registry.ts'
import { validateCommand } from '../../config/commands.ts'
import { loadConfig } from '../../config/load.ts'
import { problemLine } from '../../config/tree/problems.ts'
import { root } from './source-files.ts'

async function validate(args: readonly string[]): Promise<{ code: number; text: string }> {
  let text = ''
  const print = (more: string): void => {
    text += more
  }
  const code = await validateCommand(args, {
    stdout: print,
    stderr: print,
    registry,
    env: {},
    readFile: (path) => readFile(path, 'utf8'),
  })
  return { code, text }
}

/** The mistakes reported for a valid configuration in which these exporters or processors are replaced. */
async function mistakesOf(sections: string): Promise<string> {
  const yaml = `receivers: { otlp: {} }\n${sections}\nservice: { pipelines: { traces: {
    receivers: [otlp], processors: [scrub, canonicalize], exporters: [debug] } } }\n`
  const result = await loadConfig({
    files: ['x.yaml'],
    sets: [],
    env: {},
    registry,
    readFile: async () => yaml,
  })
  const errors = result.ok ? [] : result.errors
  return [...errors, ...result.warnings].map(problemLine).join('\n')
}

test('the default configuration is valid, without a warning', async () => {
  const { code, text } = await validate(['--strict'])
  assert.equal(code, 0, text)
  assert.match(text, /traces {3}otlp, observa -> scrub -> canonicalize -> cost -> signals -> /)
})

test('hostile configurations are refused with the real components too', async () => {
  const expected: Readonly<Record<string, RegExp>> = {
    'cfg-unknown-key': /proccessors/,
    'cfg-alias-bomb': /aliases/,
    'cfg-missing-env': /OBSERVA_NOPE/,
    'cfg-js-function-tag': /OBS_CONFIG_TAG/,
    'cfg-duplicate-key': /given twice/,
    'cfg-redos-pattern': /processors\.scrub\.rules\[0\]/,
    'cfg-metadata-address': /169\.254/,
    'cfg-secret-inline': /OBS_CONFIG_INLINE_SECRET/,
    'cfg-wrong-type': /max_body_bytes/,
    'cfg-empty-file': /empty/,
  }
  for (const [name, pattern] of Object.entries(expected)) {
    const file = join(root, 'config/testdata/hostile', `${name}.yaml`)
    const { code, text } = await validate(['--config', file])
    assert.equal(code, 1, `${name}: ${text}`)
    assert.match(text, pattern, name)
    assert.equal(text.includes('hunter2hunter2'), false)
  }
})

test('in an otherwise valid configuration, exactly the one mistake is reported', async () => {
  const fine = 'processors: { scrub: {}, canonicalize: {} }\nexporters: { debug: {} }'
  assert.equal(await mistakesOf(fine), '')
  const bomb = fine.replace(
    'scrub: {}',
    () => "scrub: { rules: [{ name: r, pattern: '^(a+)+$' }] }",
  )
  const lines = (await mistakesOf(bomb)).split('\n')
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0] ?? '', /^x\.yaml:2:.*processors\.scrub\.rules\[0\]\.pattern/)
  const secret = `${fine.slice(0, -2)}, postgres: { url: 'postgres://u:${'hunter2'.repeat(2)}@127.0.0.1/db' } }`
  const warned = await mistakesOf(secret)
  assert.match(warned, /OBS_CONFIG_INLINE_SECRET: exporters\.postgres\.url/)
  assert.equal(warned.includes('hunter2hunter2'), false)
})
