// A cell of a CSV file never begins what a spreadsheet would run, whatever stands before it, and says the same from the API and from
// the console.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellOf } from '../../api/lists.ts'
import { csvCell } from '../../console/src/views/costs/by-csv.ts'

const FORMULAS = [
  '=1',
  ' =1',
  '\u00a0=1',
  '\u3000=1',
  '\t=1',
  '\tplain',
  '\rplain',
  '\nplain',
  '"=1"',
  "'=1",
  '\uff1d1+1',
  ' \uff1d1',
  '\uff0bcmd',
  '\uff0d2',
  '\uff20SUM(A1)',
  '\ufe66cmd',
  '\ufe63cmd',
  '\u2212cmd',
  '\u200b=1',
  '\ufeff=1',
  '\u{e0041}=1',
  '\u0000=1',
  '@SUM(1)',
  '-2+3',
  '+1',
]
const PLAIN = ['', 'a', 'a=1', '1 = 1', 'gpt-4o', '日本', '"quoted"', "o'clock", '(=1)']

/** What a spreadsheet reads out of the cell. */
const read = (cell: string): string =>
  cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell

test('a text that begins like a formula begins with an apostrophe', () => {
  for (const text of FORMULAS)
    for (const write of [cellOf, csvCell]) assert.equal(read(write(text)), `'${text}`)
})

test('other texts are as they were', () => {
  for (const text of PLAIN)
    for (const write of [cellOf, csvCell]) assert.equal(read(write(text)), text)
})

test('no separator ends a cell in the middle of a text', () => {
  for (const text of ['a;=1', 'a\t=1', 'a,=1', 'a\n=1', 'a\r=1'])
    for (const write of [cellOf, csvCell]) assert.match(write(text), /^".*"$/s)
})
