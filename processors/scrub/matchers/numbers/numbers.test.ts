// Numbers that only look like a card or a social security number, and those beside them that are.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { card, Draw } from '../../corpus/fake-secrets.ts'
import { createMetricScrubber, createTextScrubber } from '../../index.ts'

const scrubber = createTextScrubber()
const draw = new Draw(81)

function cardOf(length: number): string {
  for (;;) {
    const digits = card(draw)
    if (digits.length === length) return digits
  }
}

const IDENTIFIERS = [
  'order_id',
  'orderId',
  'order id',
  'invoice_number',
  'Invoice No',
  'session.id',
  'conversation_id',
  'requestId',
  'run_id',
  'size_bytes',
  'seed',
  'id',
  'offset',
  'tracking number',
]
const CARDS = [
  'card',
  'card_id',
  'card_number',
  'pan',
  'cc',
  'payment_id',
  'creditCardId',
  'number',
  'value',
  'paid',
  'note',
]

test('digits under the name of an id are no card, whatever their checksum; under other names they are', () => {
  for (const name of IDENTIFIERS) {
    const digits = cardOf(16)
    for (const text of [
      `${name}: ${digits}`,
      `{"${name}": ${digits}}`,
      `{"${name}":"${digits}"}`,
      `${name}=${digits}`,
    ])
      assert.equal(scrubber.scrub(text).text, text)
    assert.equal(scrubber.scrub(digits, name).text, digits)
    const beside = scrubber.scrub(`${name}: ${digits}, paid with card ${cardOf(16)}`).text
    assert.equal(beside, `${name}: ${digits}, paid with card [REDACTED:credit_card]`)
  }
  for (const name of CARDS) {
    const digits = cardOf(16)
    for (const text of [`${name}: ${digits}`, `{"${name}": ${digits}}`, `{"${name}":"${digits}"}`])
      assert.equal(scrubber.scrub(text).text.includes(digits), false, text)
    assert.equal(scrubber.scrub(digits, name).text, '[REDACTED:credit_card]')
  }
})

test('an integer attribute under the name of an id is no card, a tax id is a social security number still', () => {
  const { visit } = createMetricScrubber()
  const change = (key: string, digits: string): Uint8Array | null =>
    visit('number', Buffer.from(key), Buffer.from(digits))
  const digits = cardOf(16)
  assert.equal(change('message_id', digits), null)
  assert.equal(Buffer.from(change('amount', digits) ?? '').toString(), '[REDACTED:credit_card]')
  assert.equal(Buffer.from(change('tax_id', '536228145') ?? '').toString(), '[REDACTED:ssn]')
})

test('measures in the form of a social security number stay', () => {
  const measures = [
    'range 100-20-3000 units',
    'dims 220-14-1500 mm',
    'crate 432-58-3711 mm, pallet 439-58-3722 kg',
    'dimensions: 432-58-3711',
    'cable 120-11-2000ft on a drum',
  ]
  for (const text of measures) assert.equal(scrubber.scrub(text).text, text)
  for (const text of ['her number is 432-58-3711', 'ssn 432-58-3711 mm', '432-58-3711 in the file'])
    assert.match(scrubber.scrub(text).text, /\[REDACTED:ssn\]/)
})
