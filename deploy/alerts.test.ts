// The alerts name metrics and labels that exist, each has its section of the runbooks, and each section its alert. promtool is not among the
// tools of the tests, so whether Prometheus reads the expressions is checked by hand.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'

const textOf = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8')

const FILE = z.strictObject({
  groups: z.tuple([
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Observa[A-Za-z]+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[mh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string() }),
        }),
      ),
    }),
  ]),
})

const RULES = FILE.parse(parse(textOf('deploy/alerts.yaml'))).groups[0].rules

/** The labels of each metric that Observa has, by its name. */
const METRICS: ReadonlyMap<string, readonly string[]> = new Map(
  [...textOf('docs/metrics.md').matchAll(/^\| `(\w+)` \| \w+ \| ([^|]*) \|/gm)].map(
    ([, name = '', labels = '']) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, l = '']) => l)],
  ),
)
/** What Prometheus adds when it scrapes. */
const OF_SCRAPES = ['instance', 'job']

const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found)

test('every alert asks for metrics and labels that exist', () => {
  assert.ok(METRICS.size > 100 && RULES.length > 20)
  for (const { alert, expr, annotations } of RULES) {
    const names = all(expr, /\b((?:observa|otelcol)_\w+)/g)
    assert.ok(names.length > 0 || /\bup\{/.test(expr), alert)
    const labels = names.flatMap((name) => {
      const known = METRICS.get(name)
      assert.ok(known !== undefined, `${alert}: there is no ${name}`)
      return known
    })
    const asked = [
      ...all(expr, /by \(([^)]*)\)/g).flatMap((list) => list.split(/, */)),
      ...all(expr, /[{,]\s*(\w+)\s*(?:=|!=)/g),
    ]
    for (const label of asked)
      assert.ok([...labels, ...OF_SCRAPES].includes(label), `${alert}: ${label}`)
    const grouped = all(expr, /by \(([^)]*)\)/g).flatMap((list) => list.split(/, */))
    // A sum has only the labels that it was made by.
    const kept = grouped.length > 0 ? grouped : [...labels, ...OF_SCRAPES]
    for (const label of all(annotations.summary, /\$labels\.(\w+)/g))
      assert.ok(kept.includes(label), `${alert}: its text has no ${label}`)
  }
})

test('what only grows is asked for its growth, and what does not for its value', () => {
  for (const { alert, expr } of RULES)
    for (const [, call = '', name = ''] of expr.matchAll(/(\w*)\(?\b((?:observa|otelcol)_\w+)/g))
      assert.equal(name.endsWith('_total'), /^(?:increase|rate)$/.test(call), `${alert}: ${name}`)
})

test('each alert has a section of the runbooks, and each section an alert', () => {
  const sections = all(textOf('docs/runbooks.md'), /^## (\w+)$/gm)
  assert.deepEqual(sections.toSorted(), RULES.map(({ alert }) => alert).toSorted())
  const page = textOf('docs/runbooks.md')
  for (const part of page.split(/^## /m).slice(1)) {
    assert.match(part, /\*\*Means\*\*/, part)
    assert.match(part, /\*\*Do\*\*|and \*\*do\*\*/, part)
    assert.match(part, /\*\*Over\*\*/, part)
  }
})
