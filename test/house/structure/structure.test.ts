// Limits on the structure, so that it does not get worse. `npm run structure` prints the measurements; when one improves,
// lower its limit here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasBareStride, measure } from './measure.ts'

const m = measure()

/** Most hand-written source files in one folder. */
const FOLDER_FILES_MAX = 20
const FUNCTION_LINES_MAX = 80
const CYCLOMATIC_MAX = 20
const FILE_LINES_MAX = 450
/** Most files on the longest path of imports inside a part, `index.ts` included. */
const LAYERS_MAX: Readonly<Record<string, number>> = {
  'processors/scrub': 8,
  'processors/canonicalize': 8,
}
/** Most type assertions (`as`). In each the programmer, not the compiler, vouches for a type. */
const CASTS_MAX = 1200
/** The files outside `core/` and `proto/` that use the stride of a row: the loops that run for every attribute of every span. */
const STRIDE_FILES: readonly string[] = [
  'processors/canonicalize/rules/plans.ts',
  'processors/canonicalize/steps/direct-ops.ts',
  'processors/scrub/inputs/attributes.ts',
  'processors/scrub/inputs/batch.ts',
]
/**
 * Classes whose fields are assigned in more than two files, with the number of those files. The ledger keeps marks of its own in
 * the reports that `usage/` compares, because it remembers a million of them.
 */
const WRITERS_MAX: Readonly<Record<string, number>> = { UsageReport: 4 }

test('the measurements find the sources of the product', () => {
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

test('no files import each other in a cycle, not even for types', () => {
  assert.deepEqual(m.circles, [])
})

test('each measured part has few layers of imports', () => {
  for (const { name, layers } of m.areas)
    assert.ok(layers <= (LAYERS_MAX[name] ?? 15), `${name} has ${layers} layers`)
})

test(`functions have at most ${FUNCTION_LINES_MAX} lines and ${CYCLOMATIC_MAX} branches`, () => {
  assert.deepEqual(
    m.functions
      .filter((f) => f.lines > FUNCTION_LINES_MAX || f.cyclomatic > CYCLOMATIC_MAX)
      .map((f) => `${f.path}:${f.line} has ${f.lines} lines, ${f.cyclomatic} ways`),
    [],
  )
})

test(`files have at most ${FILE_LINES_MAX} lines, except tables`, () => {
  assert.deepEqual(
    m.longFiles.filter((f) => f.lines > FILE_LINES_MAX),
    [],
  )
})

test('there is no any, no non-null assertion and few type assertions', () => {
  assert.equal(m.anys, 0)
  assert.equal(m.nonNulls, 0)
  assert.ok(m.casts <= CASTS_MAX, `${m.casts} casts`)
})

test('outside core and proto, rows are read through views', () => {
  assert.deepEqual(m.strideFiles.toSorted(), STRIDE_FILES)
})

test('no number is used in place of the stride of a row', () => {
  assert.deepEqual(m.bareStrideFiles, [])
  const path = 'processors/acme/read.ts'
  assert.ok(hasBareStride({ path, text: 'const id = batch.attrs[attr * 6] as number' }))
  assert.ok(hasBareStride({ path, text: 'const row = span * 30 + SPAN.FLAGS' }))
  assert.ok(!hasBareStride({ path, text: 'const hour = 60 * 60 * 60 * 300' }))
})

test('the fields of an object are assigned in at most two files', () => {
  for (const { type, files } of m.writers)
    assert.ok(
      files.size <= (WRITERS_MAX[type] ?? 2),
      `${type} is written from ${[...files].toSorted().join(', ')}`,
    )
})

test('the path of a file that only tests use shows it', () => {
  assert.deepEqual(m.unmarkedSupport, [])
})
