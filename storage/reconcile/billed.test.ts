// Numbers and times as exports and spreadsheets write them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayOf, numberOf } from './billed.ts'

const DAY = '2026-11-28'

test('numbers as they are written here and there', () => {
  const numbers: Readonly<Record<string, number | undefined>> = {
    '1,234': 1234,
    '1,234,567.5': 1_234_567.5,
    '1.234,56': 1234.56,
    '0,0045': 0.0045,
    '0,045': 0.045,
    '12,5': 12.5,
    '1 234': 1234,
    "1'234": 1234,
    '1\u00a0234,5': 1234.5,
    '$0.25': 0.25,
    '-$0.25': -0.25,
    '(0.25)': -0.25,
    '2.5 USD': 2.5,
    '1.5E-7': 1.5e-7,
    '€0.25': undefined,
    'n/a': undefined,
    '-': undefined,
    '': undefined,
  }
  for (const [text, want] of Object.entries(numbers))
    assert.equal(numberOf({ n: text }, 'n'), want, text)
})

test('days are those of UTC, whatever the zone of the text and of this program', () => {
  const days: Readonly<Record<string, string | null>> = {
    '2026-11-28': DAY,
    '2026-11-28T23:59:59.999999999Z': DAY,
    '2026-11-28T00:30:00+02:00': '2026-11-27',
    '2026-11-28T23:30:00-0500': '2026-11-29',
    '2026-11-28 00:30:00+02': '2026-11-27',
    '2026-11-28 23:59:59.000': DAY,
    '2026-11-28T00:00:00': DAY,
    '2026-11-28 00:15 UTC': DAY,
    '11/28/2026': DAY,
    '11/28/26': DAY,
    '28/11/2026': DAY,
    '28.11.2026': DAY,
    '11/28/2026 23:59:59': DAY,
    '20261128': DAY,
    'Nov 28, 2026': DAY,
    '28 November 2026': DAY,
    '46354': DAY,
    '46354.75': DAY,
    '2026-02-31': null,
    '31.11.2026': null,
    '12': null,
    '1795824000': DAY,
    '1795824000000': DAY,
    Total: null,
    '': null,
  }
  const zone = process.env['TZ']
  try {
    for (const tz of ['UTC', 'America/Los_Angeles', 'Asia/Tokyo']) {
      process.env['TZ'] = tz
      for (const [text, want] of Object.entries(days))
        assert.equal(dayOf(text), want, `${text} in ${tz}`)
    }
  } finally {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  }
})
