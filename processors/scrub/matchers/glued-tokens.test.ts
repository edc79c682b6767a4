// Tokens glued to what stands left of them, and names that only end as a token begins.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Draw, FAKES, fake } from '../corpus/fake-secrets.ts'
import { DETECTORS } from '../detectors/table.ts'
import { createTextScrubber } from '../index.ts'

const scrubber = createTextScrubber()

/** Tokens that announce themselves; the others are found by what stands around them. */
const TOKENS = Object.keys(FAKES).filter((type) =>
  DETECTORS.some((d) => d.id === type && d.gluable && d.left !== 'any'),
)
const NAMES = [
  'key-',
  'x_',
  'm-',
  'my_token_',
  'OPENAI_KEY_',
  'prod2-',
  'v2_',
  'tok',
  'token',
  'K',
  '7',
  'acme9',
]

test('a token behind a name is found, with a dash, an underscore or nothing between', () => {
  const draw = new Draw(71)
  const kept = new Set<string>()
  for (const type of TOKENS)
    for (const name of NAMES)
      for (let round = 0; round < 20; round++) {
        const secret = fake(type, draw)
        const { text } = scrubber.scrub(`use ${name}${secret} now`)
        if (text.includes(secret.slice(8, 18))) kept.add(`${name} ${type}`)
      }
  assert.deepEqual([...kept], [])
  assert.ok(TOKENS.length > 35)
})

const HEX = '0123456789abcdef'
const MIXED = 'ABCDEFGHJKLMNPabcdefghjkmnpqrstuv23456789'

test('names and ids that end as a token begins stay', () => {
  const draw = new Draw(72)
  const hex = (n: number): string => draw.chars(HEX, n)
  const texts = [
    'the task-runner-sk-learn-pipeline-v2 and risk-assessment-2026-report-final are names',
    'use desk-sk-embedding-model-large-instruct-v1 in the asterisk-pbx-configuration-backup job',
    'task-force-2026-coordination-committee-report-v12',
    'the model helsinki-nlp-opus-mt-sk-en-finetuned-2026-11-29-checkpoint-1200',
    'flask-sqlalchemy-session-manager_v2 and kiosk-mode-configuration-service-7f9c',
    'TaskForceKotlinCoroutineScopeProvider_RiskAssessmentServiceImplV2',
    'self_CustomerAccountServiceImplementationV2 store_CustomerAccountServiceFactory2',
    'npm_config_registry, my_npm_config_cache_directory_location_of_the_build_2026',
    ...['task', 'disk', 'risk', 'desk', 'mask', 'subtask', 'ramdisk'].flatMap((word) => [
      `${word}-${hex(32)}`,
      `${word}_${hex(48)}`,
      `${word}-${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
      `${word}-${draw.chars(MIXED, 21)}`,
      `${word}-runner-${hex(40)}`,
    ]),
    ...['cache', 'partition', 'sort', 'object'].map((word) => `${word}-key-${hex(32)}`),
    ...['store', 'core', 'share'].map(
      (word) => `${word}_${hex(40)} my-${word}_${draw.chars(MIXED, 24)}`,
    ),
    ...['week', 'seek'].map((word) => `${word}_${hex(32)}`),
    `container web-fc-${hex(32)} of spa-pa-${hex(40)}`,
  ]
  for (const text of texts) assert.equal(scrubber.scrub(text).text, text)
})

test('long random runs hold anchors by chance and are no tokens', () => {
  const draw = new Draw(73)
  const anchors = DETECTORS.filter((d) => d.gluable && d.left !== 'any').flatMap((d) => d.anchors)
  for (const anchor of anchors.filter((a) => /^[\w-]+$/.test(a) && a !== 'eyJ')) {
    const text =
      draw.chars(`${MIXED}_-`, 300) + draw.chars(MIXED, 40) + anchor + draw.chars(`${MIXED}_-`, 300)
    assert.equal(scrubber.scrub(`data ${text}`).text, `data ${text}`, anchor)
  }
  assert.ok(anchors.length > 150)
})
