// Mistakes in arguments: one line that says what to write instead, exit code 2, and nothing was started or made for it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'

const MAIN = join(import.meta.dirname, '../main.ts')
const cwd = mkdtempSync(join(tmpdir(), 'observa-arguments-'))

after(() => rmSync(cwd, { recursive: true, force: true }))

function observa(...args: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { cwd, encoding: 'utf8', timeout: 60_000 })
}

const MISTAKES: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['start'], /there is no command "start"\. Did you mean "run"\?/],
  [['explain', 'x'], /Did you mean "pipe --explain"\?/],
  [['valdate'], /Did you mean "validate"\?/],
  [
    ['run', 'observa.yaml'],
    /run takes no argument "observa\.yaml"\. Did you mean --config observa\.yaml\?/,
  ],
  [['worker', 'extra'], /worker takes no argument "extra"\. See: observa worker --help/],
  [['migrate', 'o.yml'], /Did you mean --config o\.yml\?/],
  [['mcp', 'x.yaml'], /mcp takes no argument "x\.yaml"\. See: observa mcp --help/],
  [['run', '--confg', 'x'], /Unknown option '--confg'\. Did you mean --config\?/],
  [['queue', 'stats', '--jsn'], /Did you mean --json\?/],
  [['dlq', 'list', 'clickhose'], /no exporter clickhose.*There are: clickhouse, postgres/],
  [['dlq', 'drop', 'clickhose', '--all'], /no exporter clickhose/],
  [['dlq', 'show', 'clickhouse', '--all'], /show needs ids/],
  [['retention', 'set'], /retention: Nothing to set/],
  [['retention', 'set', '--content', 'soon'], /retention: --content/],
  [['archive', 'restore'], /archive: restore needs --project, --class and --from/],
]

test('a mistake in arguments is one line with what to write instead, and exit code 2', () => {
  for (const [args, says] of MISTAKES) {
    const { status, stderr } = observa(...args)
    assert.match(stderr, says, args.join(' '))
    assert.equal(status, 2, args.join(' '))
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }
  assert.equal(existsSync(join(cwd, '.observa')), false)
})

test('a file that cannot be read is named, and is no fault of the program', () => {
  for (const args of [
    ['eval', 'nothing.jsonl'],
    ['reconcile', 'nothing.csv'],
    ['reconcile', '.'],
    ['reconcile', MAIN, '--events', 'nothing.jsonl'],
    ['prices', '--overrides', 'nothing.json', 'gpt-4o'],
  ]) {
    const { status, stderr } = observa(...args)
    assert.match(stderr, /^OBS_CLI_FILE: cannot read (\.|nothing\.\w+): /, args.join(' '))
    assert.equal(status, 1)
  }
})
