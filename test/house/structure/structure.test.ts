// The structure that was reached, held. `npm run structure` prints the numbers; when one gets better, lower its limit here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasBareStride, measure } from './measure.ts'

const m = measure()

/** Hand-written source files of one folder. */
const FOLDER_FILES_MAX = 20
const FUNCTION_LINES_MAX = 80
const CYCLOMATIC_MAX = 20
const FILE_LINES_MAX = 450
/** Files on the longest way down the imports of a part, `index.ts` included. */
const LAYERS_MAX: Readonly<Record<string, number>> = {
  'processors/scrub': 8,
  'processors/canonicalize': 8,
}
/** Casts by area: each is a place where the type checker is told instead of asked. */
const CASTS_MAX = 1110
/** Files outside `core/` and `proto/` that know how long a row is. */
const STRIDE_FILES_MAX = 4
/** Shared objects whose fields are written from more than two files, with the number of those files. */
const WRITERS_MAX: Readonly<Record<string, number>> = { Arena: 4, UsageReport: 4 }

test('the measurements see the product', () => {
  assert.ok(m.sources > 450, `${m.sources} files`)
  assert.ok(m.functions.length > 4000, `${m.functions.length} functions`)
  assert.ok(m.areas.every((a) => a.files > 3 && a.arrows > 3))
})

test(`no folder has more than ${FOLDER_FILES_MAX} source files`, () => {
  assert.deepEqual(
    m.folders.filter(([, files]) => files > FOLDER_FILES_MAX),
    [],
  )
})

test('no files import each other, not even for types', () => {
  assert.deepEqual(m.circles, [])
})

test('the rooms of scrub and canonicalize are few layers deep', () => {
  for (const { name, layers } of m.areas)
    assert.ok(layers <= (LAYERS_MAX[name] ?? 15), `${name} has ${layers} layers`)
})

test(`functions have at most ${FUNCTION_LINES_MAX} lines and ${CYCLOMATIC_MAX} ways through`, () => {
  assert.deepEqual(
    m.functions
      .filter((f) => f.lines > FUNCTION_LINES_MAX || f.cyclomatic > CYCLOMATIC_MAX)
      .map((f) => `${f.path}:${f.line} has ${f.lines} lines, ${f.cyclomatic} ways`),
    [],
  )
})

test(`files have at most ${FILE_LINES_MAX} lines, tables apart`, () => {
  assert.deepEqual(
    m.longFiles.filter((f) => f.lines > FILE_LINES_MAX),
    [],
  )
})

test('the type checker is asked, not told', () => {
  assert.equal(m.anys, 0)
  assert.equal(m.nonNulls, 0)
  assert.ok(m.casts <= CASTS_MAX, `${m.casts} casts`)
})

test('rows are read through views outside core and proto', () => {
  assert.ok(
    m.strideFiles.length <= STRIDE_FILES_MAX,
    `${m.strideFiles.length}:\n${m.strideFiles.join('\n')}`,
  )
})

test('no number stands for the stride of a row', () => {
  assert.deepEqual(m.bareStrideFiles, [])
  const path = 'processors/acme/read.ts'
  assert.ok(hasBareStride({ path, text: 'const id = batch.attrs[attr * 6] as number' }))
  assert.ok(hasBareStride({ path, text: 'const row = span * 30 + SPAN.FLAGS' }))
  assert.ok(!hasBareStride({ path, text: 'const hour = 60 * 60 * 60 * 300' }))
})

test('the fields of a shared object have one owner', () => {
  for (const { type, files } of m.writers)
    assert.ok(
      files.size <= (WRITERS_MAX[type] ?? 2),
      `${type} is written from ${[...files].toSorted().join(', ')}`,
    )
})

test('what only tests use stands in a place that says so', () => {
  assert.deepEqual(m.unmarkedSupport, [])
})
