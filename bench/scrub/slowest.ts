// Looks for texts that are slow to scrub: every anchor of every detector, with what may stand around it, again and again, in
// values of two sizes. Prints the slowest with what they cost. `node bench/scrub/slowest.ts [texts to print] [all]`

import { hostileTexts } from '../../processors/scrub/corpus/hostile-texts.ts'
import { DETECTORS } from '../../processors/scrub/detectors/table.ts'
import { createTextScrubber } from '../../processors/scrub/index.ts'

/** A short value, and one that is so long that the reserve of a request does not matter. */
const SIZES = [3000, 200_000] as const
/** Bytes scrubbed for the figure that is printed. */
const SURE_BYTES = 512 * 1024
const SURE_ROUNDS = 3
const PRINTED = 30
/** No text may be slower. */
const LEAST_MB_PER_S = 5

/** `A` is where the anchor stands. */
// biome-ignore format: a list
const AROUND = [
  'A', 'A ', 'A"', '"A",', '"A":', '"A":"', 'A=', 'A={"', 'A: ', 'A\n', 'A, ', 'A:1 ', '(A', 'A(', '-A ', 'A|', 'A;', 'A/', 'A@', '<A>', '<A ',
  '\\"A\\",', 'A?', 'A? ', "'A'", '["A","x"],', 'A is ', 'A -p ', 'A a1', ' A x1=', '"A"]', 'A=a1;', 'A: |\n', 'A\\n', '&A', 'A&', 'A%40', 'A_', 'A.',
]

interface Slow {
  readonly name: string
  readonly size: number
  readonly mbPerS: number
}

const scrubber = createTextScrubber()

/** Bytes of CPU time in MB a second. */
function speed(unit: string, size: number, bytes: number): number {
  const text = unit.repeat(Math.ceil(size / unit.length)).slice(0, size)
  const length = Buffer.byteLength(text)
  const start = process.cpuUsage()
  let done = 0
  for (; done < bytes; done += length) scrubber.scrub(text)
  const used = process.cpuUsage(start)
  return done / (used.user + used.system)
}

function units(): string[] {
  const anchors = [...new Set(DETECTORS.flatMap((d) => d.anchors))]
  const made = anchors.flatMap((a) => AROUND.map((form) => form.replace('A', () => a)))
  const known = hostileTexts(1).map((h) => JSON.parse(h.name) as string)
  return [...new Set([...made, ...known])]
}

/** An evenly spread sample of the texts, so that the run takes a minute or two. The second argument `all` selects all texts. */
const SAMPLE = 6000
const all = units()
const step = process.argv[3] === 'all' ? 1 : Math.ceil(all.length / SAMPLE)
const guesses: Slow[] = []
for (let i = 0; i < all.length; i += step)
  for (const size of SIZES) {
    const name = all[i] as string
    guesses.push({ name, size, mbPerS: speed(name, size, 1) })
  }
guesses.sort((a, b) => a.mbPerS - b.mbPerS)
const printed = Number(process.argv[2] ?? PRINTED)
const sure = guesses.slice(0, printed * 3).map((g) => {
  let best = 0
  for (let i = 0; i < SURE_ROUNDS; i++) best = Math.max(best, speed(g.name, g.size, SURE_BYTES))
  return { ...g, mbPerS: best }
})
sure.sort((a, b) => a.mbPerS - b.mbPerS)
for (const s of sure.slice(0, printed))
  console.log(
    `${s.mbPerS.toFixed(1).padStart(6)} MB/s  ${String(s.size).padStart(7)} B  ${JSON.stringify(s.name)}`,
  )
const slow = sure.filter((s) => s.mbPerS < LEAST_MB_PER_S).length
console.log(`${slow} of ${guesses.length} texts below ${LEAST_MB_PER_S} MB/s`)
