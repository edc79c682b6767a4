// The record of which rules filled an event's fields: it is short, its ids are stable, and it names the same
// attributes as `explain`.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { generateRequests } from '../../bench/traffic/generate.ts'
import type { Provenance } from '../../core/event.ts'
import { DIALECTS } from './dialects/all.ts'
import { canonicalize, HOW_VALUES_ARE_READ } from './index.ts'
import { hasRuleId, LISTED_RULES, RULE_IDS_MAX, rulesOfIds } from './rules/rule-ids.ts'
import { Tables } from './rules/tables.ts'
import { storedSources } from './steps/stored-sources.ts'
import {
  makeProcessor,
  otlpJsonOf,
  type PlainSpan,
  runBatch,
  type TestEvent,
  type TestRequest,
} from './testing/run-batch.ts'
import { sampleFiles } from './testing/samples.ts'

const tables = new Tables(DIALECTS, HOW_VALUES_ARE_READ, [])

test('every rule that fills a field has an id, and no two rules share one', () => {
  assert.ok(LISTED_RULES.length <= RULE_IDS_MAX)
  const names = new Set<string>()
  for (const { id, dialect, key, to, how } of tables.rules) {
    const name = tables.dialects[dialect]?.name ?? ''
    const rule = { dialect: name, key, to, how }
    if (!hasRuleId(rule)) continue
    assert.match(id, /^[\w-]{2}$/, `${name}: ${key} has no id. Run: npm run generate`)
    assert.deepEqual(rulesOfIds(id), [rule])
    names.add(id)
  }
  assert.ok(names.size > 800)
})

test('ids of a newer version are left out, and a text that was cut explains what it can', () => {
  const first = tables.rules.find((rule) => rule.id !== '')?.id ?? ''
  assert.equal(rulesOfIds(`__${first}--A`).length, 1)
})

const source = (list: readonly Provenance[], field: string): string | undefined =>
  list.find((p) => p.field === field)?.source

function idsOf({ field_sources: ids }: TestEvent): string {
  return typeof ids === 'string' ? ids : ''
}

function eventOf(span: PlainSpan): TestEvent {
  const [event] = runBatch([{ format: 'otlp-json', body: otlpJsonOf(span) }]).events
  assert.ok(event)
  return event
}

test('a stored event says which attribute filled which field', () => {
  const event = eventOf({
    name: 'chat gpt-4o',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'openai',
      'gen_ai.response.model': 'gpt-4o',
      'gen_ai.usage.prompt_tokens': 12,
      'gen_ai.usage.input_tokens': 13,
      'gen_ai.request.temperature': 0.5,
      'user.id': 'u-1',
    },
  })
  const sources = storedSources(event)
  assert.equal(event['input_tokens'], 13)
  assert.equal(source(sources, 'input_tokens'), 'attr:gen_ai.usage.input_tokens')
  assert.equal(source(sources, 'provider'), 'attr:gen_ai.system')
  assert.equal(source(sources, 'response_model'), 'attr:gen_ai.response.model')
  assert.equal(source(sources, 'user_id'), 'attr:user.id')
  assert.equal(source(sources, 'request_params.temperature'), 'attr:gen_ai.request.temperature')
  assert.equal(source(sources, 'trace_id'), 'trace_id')
  assert.equal(source(sources, 'field_sources'), undefined)
})

test('what a correction changed is said in place of the attribute that said something else', () => {
  const event = eventOf({
    name: 'invoke_agent a',
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.usage.input_tokens': 70 },
  })
  const stored = { ...event, usage_remainder: true, input_tokens: 20, revision: 1 }
  assert.equal(source(storedSources(event), 'input_tokens'), 'attr:gen_ai.usage.input_tokens')
  const sources = storedSources(stored)
  assert.equal(source(sources, 'input_tokens'), 'usage_details.reported_input_tokens')
  assert.equal(source(sources, 'revision'), 'later reports')
  assert.equal(source(sources, 'kind'), 'attr:gen_ai.operation.name')
})

test('switched off, events do not say it', () => {
  const span = { name: 'chat', attributes: { 'gen_ai.usage.input_tokens': 1 } }
  const request: TestRequest = { format: 'otlp-json', body: otlpJsonOf(span) }
  const off = runBatch([request], { processor: makeProcessor({ field_sources: false }) })
  assert.equal(off.events[0]?.['field_sources'], undefined)
  assert.equal(canonicalize.schema.parse({}).field_sources, true)
})

/** A pattern for the keys that a rule takes, with index and rest. */
function isKeyOf(pattern: string, key: string): boolean {
  const text = pattern
    .split(/(<i>|\*)/)
    .map((x) =>
      x === '<i>' ? '\\d+' : x === '*' ? '.*' : x.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('')
  return new RegExp(`^${text}`, 's').test(key)
}

/** For every field that `explain` says an attribute filled, the stored event names a rule for that attribute. */
function assertAgrees(request: TestRequest): number {
  const explained = runBatch([request], { explain: true })
  const plain = runBatch([request])
  let compared = 0
  for (const [i, event] of plain.events.entries()) {
    const ids = idsOf(event)
    assert.equal(ids, explained.events[i]?.['field_sources'] ?? '')
    const keys = rulesOfIds(ids).map((rule) => rule.key)
    const stored = new Map(storedSources(event).map((p) => [p.field, p.source]))
    for (const { field, source: from } of explained.explain?.[i] ?? []) {
      if (!from.startsWith('attr:') || field.startsWith('metadata')) continue
      assert.ok(
        keys.some((key) => isKeyOf(key, from.slice(5))),
        `${field} was filled by ${from}, which is none of ${keys.join(', ')}`,
      )
      const [name = ''] = field.split('.', 1)
      const value = event[name]
      if (value === null || value === undefined) continue
      if (/^(?:\[\]|\{\})$/.test(JSON.stringify(value))) continue
      const isSaid = [...stored].some(([x]) => x === name || x.startsWith(`${name}.`))
      assert.ok(isSaid, `${field} from ${from}`)
      compared++
    }
  }
  return compared
}

const CAPTURES = new URL('../../test/captures/', import.meta.url)

test('samples and recorded requests: `explain` and the stored event name the same attributes', () => {
  let compared = 0
  for (const { sample } of sampleFiles<{ span?: PlainSpan }>())
    if (sample.span !== undefined)
      compared += assertAgrees({ format: 'otlp-json', body: otlpJsonOf(sample.span) })
  for (const folder of readdirSync(CAPTURES))
    for (const file of readdirSync(new URL(`${folder}/`, CAPTURES)))
      if (/\.(?:traces|logs)\.pb$/.test(file))
        compared += assertAgrees({
          format: 'otlp-proto',
          telemetry: file.includes('.logs') ? 'logs' : 'traces',
          body: readFileSync(new URL(`${folder}/${file}`, CAPTURES)),
        })
  assert.ok(compared > 1000, String(compared))
})

test('about forty bytes an event say it', () => {
  const requests = generateRequests({ seed: 3, requests: 10, spansPerRequest: 100 })
  let bytes = 0
  let events = 0
  for (const { protobuf } of requests)
    for (const event of runBatch([{ format: 'otlp-proto', body: protobuf }]).events) {
      bytes += idsOf(event).length
      events++
    }
  assert.ok(bytes / events < 42, `${bytes / events} bytes an event`)
})
