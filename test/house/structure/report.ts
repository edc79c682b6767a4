// `node test/house/structure/report.ts`: prints the measurements of the structure as a table. `structure.test.ts` limits
// them.

import { measure } from './measure.ts'

const m = measure()
const line = (...cells: (string | number)[]): void => {
  process.stdout.write(`${cells.map((c, i) => String(c).padEnd(i === 0 ? 46 : 10)).join('')}\n`)
}
line('area', 'files', 'lines', 'folders', 'largest', 'layers', 'arrows', 'circles')
for (const a of m.areas)
  line(a.name, a.files, a.lines, a.folders, a.largestFolder, a.layers, a.arrows, a.circles.length)
process.stdout.write('\n')
const q = (values: readonly number[], share: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0
const lengths = m.functions.map((f) => f.lines).toSorted((a, b) => a - b)
const branching = m.functions.map((f) => f.cyclomatic).toSorted((a, b) => a - b)
line('functions', lengths.length)
line('  lines: median, p90, max', q(lengths, 0.5), q(lengths, 0.9), q(lengths, 1))
line('  cyclomatic: median, p99, max', q(branching, 0.5), q(branching, 0.99), q(branching, 1))
line('casts, any, !', m.casts, m.anys, m.nonNulls)
line('files that know a stride', m.strideFiles.length)
process.stdout.write('\nfiles of a folder, 15 and more\n')
for (const [folder, n] of m.folders) if (n >= 15) line(`  ${folder}`, n)
process.stdout.write('\ncircles\n')
for (const c of m.circles) line(`  ${c.join(' <-> ')}`)
process.stdout.write('\nshared objects written from more than two files\n')
for (const w of m.writers)
  if (w.files.size > 2) line(`  ${w.type}`, `${w.fields.size} fields`, `${w.files.size} files`)
process.stdout.write('\nlongest files\n')
for (const f of m.longFiles) line(`  ${f.path}`, f.lines)
process.stdout.write('\nfunctions over 60 lines or 20 ways\n')
for (const f of m.functions)
  if (f.lines > 60 || f.cyclomatic > 20) line(`  ${f.path}:${f.line}`, f.lines, f.cyclomatic)
process.stdout.write('\nsupport of tests that is not marked as such\n')
for (const f of m.unmarkedSupport) line(`  ${f}`)
