// Secret scan of the repository: the product's own scrubber runs over every text file. Example names, numbers and passwords
// are allowed, credentials of services are not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Draw, fake } from '../../processors/scrub/corpus/fake-secrets.ts'
import { createTextScrubber } from '../../processors/scrub/index.ts'
import { projectFiles, textOf } from './source-files.ts'

/** Detectors that fire on example data. None of these values gives access to anything. */
const EXAMPLES: ReadonlySet<string> = new Set([
  'basic_auth_header',
  'basic_auth_url',
  'credit_card',
  'db_url_password',
  'email',
  'generic_api_key',
  'iban',
  'ip_address',
  'itin',
  'national_id',
  'passport',
  'password',
  'phone',
  'session_cookie',
  'ssn',
])
/** Binary recordings, checksums of packages and compiled kernels. */
const SKIPPED = /\.(pb|gz)$|^package-lock\.json$|\.generated\./
/** Files in which one detector fires on what is no credential. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  // Tokens with an invalid signature, which the product must refuse.
  ['test/hostile/cases.jsonl', 'bearer_token'],
  // Templates, whose random part is drawn when they are tested.
  ['processors/scrub/corpus/outside-forms.ts', 'slack_token'],
  // The seed that documents of one-time passwords use.
  ['processors/scrub/corpus/forms.ts', 'service_token'],
  // The words that announce a recovery phrase, of which some belong to such phrases.
  ['processors/scrub/detectors/key-material.ts', 'private_key'],
])

const scrubber = createTextScrubber()

function credentialsIn(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line) => scrubber.scrub(line).spans.map((span) => span.type))
    .filter((type) => !EXAMPLES.has(type))
}

test('no text file contains a credential of a service', () => {
  const files = projectFiles().filter((f) => !SKIPPED.test(f))
  assert.ok(files.length > 800, `${files.length} files`)
  const found = files.flatMap((f) => {
    const kinds = credentialsIn(textOf(f)).filter((kind) => kind !== KNOWN.get(f))
    return kinds.length === 0 ? [] : [`${f}: ${kinds.join(', ')}`]
  })
  assert.deepEqual(found, [])
})

test('a planted credential is found', () => {
  const draw = new Draw(1)
  for (const type of ['openai_key', 'github_token', 'aws_access_key_id', 'slack_token'])
    assert.deepEqual(credentialsIn(`const key = '${fake(type, draw)}'`), [type])
})
