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
  'apiKey-',
  'GitHub',
  'curlBearer',
  'tokenGitHub',
  'KEYx',
  '\\nKey',
  'myKey_',
  'userIdX_',
  'openAIKey',
  'prodKey2-',
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
    'fc-barcelona-vs-real-madrid-highlights-2024 sk-proj-template-for-react-and-typescript-2024-edition',
    'secret_santa_gift_exchange_2024_participants jina_embeddings_v3_base_en_multilingual_model',
    'xoxb-hugs-and-kisses-bear-brand-2024 fc-bayern-vs-real-sociedad-lineups-1998',
    'sk-proj-starter-kit-for-svelte-and-tailwind-2025-update glsa_grafana_service_account_name_helper_v2',
    'secret_recipes_of_the_old_kitchen_2023_collection jina_reranker_v2_base_en_multilingual_large',
    'xoxb-letters-to-my-younger-self-2021 tvly-search-results-for-the-best-hotels-2022',
    `disk-sk-${hex(32)}.vmdk bookmark-sk-${hex(32)} store_sk_${hex(48)} item_sk_${hex(48)}`,
    `desk-${draw.chars(MIXED, 30)} kiosk-${draw.chars(MIXED, 34)} flask_${draw.chars(MIXED, 32)}`,
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

test('short anchors are found behind a name that says what follows', () => {
  const draw = new Draw(74)
  const hex = (n: number): string => draw.chars(HEX, n)
  for (let round = 0; round < 50; round++)
    for (const name of ['key-', 'token_', 'my_api_key_', 'firecrawlKey-', 'SECRET_'])
      for (const secret of [`fc-${hex(32)}`, `fw_${draw.chars(MIXED, 23)}7`, `sk-${hex(32)}`]) {
        const { text } = scrubber.scrub(`use ${name}${secret} now`)
        assert.equal(text.includes(secret.slice(5, 20)), false, `${name}${secret}`)
      }
  for (const name of ['', 'key-', 'RAZORPAY_KEY_ID=', 'myKey_'])
    for (const kind of ['live', 'test']) {
      const secret = `rzp_${kind}_${draw.chars(MIXED, 14)}`
      assert.equal(scrubber.scrub(`use ${name}${secret} now`).text.includes(secret), false, name)
    }
})

test('tokens are found right behind the end of other base64 or hex', () => {
  const draw = new Draw(75)
  const kept = new Set<string>()
  // Mailgun's begin as names of digests do.
  for (const type of TOKENS.filter((t) => t !== 'mailgun_key'))
    for (const before of ['Zm9v', 'A1b2', 'aGVsbG8', 'Zm9vYmFyMTIz', 'x9Y8z7', 'MTIzNDU2'])
      for (let round = 0; round < 5; round++) {
        const secret = fake(type, draw)
        const { text } = scrubber.scrub(`use ${before}${secret} now`)
        if (text.includes(secret.slice(8, 18))) kept.add(`${before} ${type}`)
      }
  assert.deepEqual([...kept], [])
})

test('five x in a long key are chance, in a short body they stand for a key', () => {
  const draw = new Draw(76)
  const key = `sk-ant-api03-${draw.chars(MIXED, 60)}XXXXx${draw.chars(MIXED, 28)}AA`
  assert.equal(scrubber.scrub(`use ${key} now`).text, 'use [REDACTED:anthropic_key] now')
  for (const sample of [
    `sk-ant-api03-${'x'.repeat(93)}AA`,
    `ghp_${'x'.repeat(36)}`,
    'sk-ant-xxxxx-your-key',
  ])
    assert.equal(scrubber.scrub(`use ${sample} now`).text, `use ${sample} now`)
})
