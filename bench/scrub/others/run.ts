// A comparison with other scanners: their published examples through this project's scrubber, and those scanners beside it on
// this project's corpus. `node bench/scrub/others/run.ts [--missed] [--peers]`. What cannot be downloaded is skipped, and the
// output says so.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Labelled } from '../../../processors/scrub/corpus/score.ts'
import { createTextScrubber } from '../../../processors/scrub/index.ts'
import {
  type Example,
  folder,
  GITLEAKS,
  goModule,
  run,
  SOURCES,
  WITHOUT_EXAMPLES,
} from './sources.ts'

const scrubber = createTextScrubber()
const showMissed = process.argv.includes('--missed')

function row(...cells: readonly string[]): void {
  console.log(cells.map((c, i) => (i === 0 ? c.padEnd(46) : c.padStart(22))).join(''))
}

const share = (n: number, of: number): string =>
  of === 0 ? '-' : `${n}/${of} ${((100 * n) / of).toFixed(1)} %`

function isTouched(example: Example): boolean {
  const { text, spans } = scrubber.scrub(example.text)
  return example.secret === null ? spans.length > 0 : !text.includes(example.secret)
}

function examples(): number {
  let skipped = 0
  row('published examples of', 'positives found', 'negatives touched')
  for (const source of SOURCES) {
    try {
      const all = source.fetch()
      const positive = all.filter((e) => e.isSecret)
      const negative = all.filter((e) => !e.isSecret)
      const missed = positive.filter((e) => !isTouched(e))
      const touched = negative.filter(isTouched)
      row(
        source.name,
        share(positive.length - missed.length, positive.length),
        share(touched.length, negative.length),
      )
      if (showMissed) {
        for (const e of missed)
          console.log(`  missed  ${e.rule}: ${JSON.stringify(e.text).slice(0, 160)}`)
        for (const e of touched)
          console.log(`  touched ${e.rule}: ${JSON.stringify(e.text).slice(0, 160)}`)
      }
    } catch (thrown) {
      skipped++
      row(
        source.name,
        'SKIPPED',
        thrown instanceof Error ? thrown.message.slice(0, 120) : String(thrown),
      )
    }
  }
  for (const name of WITHOUT_EXAMPLES) row(name, 'NOT TO BE HAD')
  return skipped
}

function corpus(): Labelled[] {
  const file = new URL('../../../processors/scrub/testdata/dev.jsonl.gz', import.meta.url)
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Labelled)
}

/** The findings of a scanner by the id of the text. */
type Found = ReadonlyMap<string, readonly string[]>

/** Prints how many secrets a scanner found. A secret counts as found when the scanner's text covers 90 % of its label. */
function scored(name: string, lines: readonly Labelled[], found: Found): void {
  let hit = 0
  let all = 0
  let wrong = 0
  let clean = 0
  for (const l of lines) {
    const own = found.get(l.id) ?? []
    if (l.spans.length === 0) {
      clean++
      if (own.length > 0 && l.optional.length === 0) wrong++
    }
    for (const s of l.spans) {
      all++
      const text = l.text.slice(s.start, s.end)
      if (own.some((f) => f.includes(text) || (text.includes(f) && f.length >= 0.9 * text.length)))
        hit++
    }
  }
  row(name, share(hit, all), share(wrong, clean))
}

function texts(lines: readonly Labelled[]): string {
  const at = folder('texts')
  for (const l of lines) writeFileSync(join(at, `${l.id}.txt`), l.text)
  return at
}

const idOf = (path: string): string => (path.split('/').at(-1) ?? '').replace(/\.txt$/, '')

function byGitleaks(at: string): Found {
  const bin = join(folder('gitleaks'), 'gitleaks')
  run('go', ['build', '-o', bin, '.'], join(goModule(GITLEAKS)))
  const report = join(folder('gitleaks'), 'report.json')
  run(
    bin,
    ['dir', at, '-f', 'json', '-r', report, '--no-banner', '--exit-code', '0', '-l', 'error'],
    at,
  )
  const all = JSON.parse(readFileSync(report, 'utf8')) as { File: string; Secret: string }[]
  return grouped(all.map((f) => [idOf(f.File), f.Secret]))
}

function bySecretlint(at: string, lines: readonly Labelled[]): Found {
  const home = folder('npm')
  writeFileSync(join(home, 'package.json'), '{"private":true}')
  const packages = ['secretlint@12.3.1', '@secretlint/secretlint-rule-preset-recommend@12.3.1']
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], home)
  writeFileSync(
    join(home, '.secretlintrc.json'),
    '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}',
  )
  const report = join(home, 'report.json')
  rmSync(report, { force: true })
  const args = [
    '--no-glob',
    '--format',
    'json',
    '--output',
    report,
    '--secretlintrc',
    join(home, '.secretlintrc.json'),
  ]
  const files = lines.map((l) => join(at, `${l.id}.txt`))
  try {
    run(
      process.execPath,
      [join(home, 'node_modules/secretlint/bin/secretlint.js'), ...args, ...files],
      home,
    )
  } catch {
    // The scanner exits 1 when it found something. If it failed, reading its report shows why.
  }
  const byId = new Map(lines.map((l) => [l.id, l.text]))
  const all = JSON.parse(readFileSync(report, 'utf8')) as {
    filePath: string
    messages: { range: [number, number] }[]
  }[]
  return grouped(
    all.flatMap((f) =>
      f.messages.map(
        (m) => [idOf(f.filePath), (byId.get(idOf(f.filePath)) ?? '').slice(...m.range)] as const,
      ),
    ),
  )
}

function grouped(pairs: readonly (readonly [string, string])[]): Found {
  const out = new Map<string, string[]>()
  for (const [id, text] of pairs) out.set(id, [...(out.get(id) ?? []), text])
  return out
}

function peers(): number {
  let skipped = 0
  const lines = corpus()
  const at = texts(lines)
  row('on our development corpus', 'secrets found', 'clean texts touched')
  scored(
    'scrub',
    lines,
    new Map(
      lines.map((l) => [
        l.id,
        scrubber.scrub(l.text, l.field).spans.map((s) => l.text.slice(s.start, s.end)),
      ]),
    ),
  )
  const tools: readonly (readonly [string, () => Found])[] = [
    ['gitleaks 8.30.1', () => byGitleaks(at)],
    ['secretlint 12.3.1, recommended rules', () => bySecretlint(at, lines)],
  ]
  for (const [name, find] of tools)
    try {
      scored(name, lines, find())
    } catch (thrown) {
      skipped++
      row(name, 'SKIPPED', thrown instanceof Error ? thrown.message.slice(0, 120) : String(thrown))
    }
  return skipped
}

let skipped = examples()
if (process.argv.includes('--peers')) skipped += peers()
if (skipped > 0) console.log(`\n${skipped} SKIPPED: not measured, which is not the same as passed`)
