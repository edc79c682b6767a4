// Searches which bytes of each anchor are its fingerprint and in which group it goes, so that typical text raises
// few alarms, and writes `fingerprints.generated.ts`. Simulated annealing over the frequencies of four bytes in a row in
// recorded requests, documents and texts: about ten minutes for two million moves. Run it after adding detectors; anchors that
// have no place yet are placed by a rough estimate, so nothing breaks before. It begins with the places there are.
// `node processors/scrub/scripts/choose-fingerprints.ts [million moves]`

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { defaultSettings } from '../config.ts'
import { createFinder } from '../judge/create-judges.ts'
import {
  type Entry,
  entriesOf,
  fingerprintKey,
  fingerprints,
  GROUPS,
  kindOf,
  type Sets,
  spelled,
  windowsOf,
} from '../search/anchor-tables.ts'
import { FINGERPRINTS } from '../search/kernel/fingerprints.generated.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const TARGET = fileURLToPath(new URL('../search/kernel/fingerprints.generated.ts', import.meta.url))
/** Weights are for this many bytes, about what a span has. */
const BYTES = 3000
/** What an alarm costs that the hash of three or four bytes does not end, and one that no hash ends, in alarms: 5 and 25 against 2.5 ns. */
const SIFTED_COST = 2
const HASHED_COST = 10
const START_TEMPERATURE = 0.08
const GRAMS_MAX = 120_000

/** A byte sequence of typical traffic and what it counts. */
interface Sample {
  readonly bytes: Uint8Array
  readonly weight: number
}

function samples(): Sample[] {
  const captures = readdirSync(`${ROOT}test/captures`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.pb'))
    .sort()
    .map((path) => ({ bytes: readFileSync(`${ROOT}test/captures/${path}`), weight: 1 }))
  const documents = readdirSync(`${ROOT}docs`)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => ({ bytes: readFileSync(`${ROOT}docs/${name}`), weight: 0.5 }))
  // Full of what looks like a secret: it counts little.
  const corpus = ['dev', 'everyday'].flatMap((name) =>
    gunzipSync(readFileSync(`${ROOT}processors/scrub/testdata/${name}.jsonl.gz`))
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ bytes: Buffer.from(`${JSON.parse(line).text}\n`), weight: 0.15 })),
  )
  return [...captures, ...documents, ...corpus]
}

/** How often each four bytes in a row stand in `BYTES` bytes, the most frequent first. */
function frequencies(texts: readonly Sample[]): (readonly [gram: number, weight: number])[] {
  const counts = new Map<number, number>()
  let total = 0
  for (const { bytes, weight } of texts) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let i = 0; i + 4 <= bytes.length; i++) {
      const gram = view.getUint32(i, true)
      counts.set(gram, (counts.get(gram) ?? 0) + weight)
    }
    total += bytes.length * weight
  }
  return [...counts]
    .map(([gram, n]) => [gram, (n * BYTES) / total] as const)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
}

// ---------------------------------------------------------------- the cost of a group

/** Weighted four-byte sequences, those with the same first two bytes together. */
class Grams {
  readonly #first: Uint8Array
  readonly #second: Uint8Array
  readonly #starts: Int32Array
  readonly #third: Uint8Array
  readonly #fourth: Uint8Array
  readonly #weights: Float64Array
  readonly #pass = [0, 1, 2, 3].map(() => new Uint8Array(256))

  constructor(list: readonly (readonly [number, number])[]) {
    const head = (gram: number): number => ((gram & 255) << 8) | ((gram >>> 8) & 255)
    const sorted = [...list].sort((a, b) => head(a[0]) - head(b[0]) || a[0] - b[0])
    const first: number[] = []
    const second: number[] = []
    const starts: number[] = []
    let last = -1
    for (const [i, [gram]] of sorted.entries()) {
      if (head(gram) === last) continue
      last = head(gram)
      first.push(last >> 8)
      second.push(last & 255)
      starts.push(i)
    }
    starts.push(sorted.length)
    this.#first = Uint8Array.from(first)
    this.#second = Uint8Array.from(second)
    this.#starts = Int32Array.from(starts)
    this.#third = Uint8Array.from(sorted, ([gram]) => (gram >>> 16) & 255)
    this.#fourth = Uint8Array.from(sorted, ([gram]) => gram >>> 24)
    this.#weights = Float64Array.from(sorted, ([, weight]) => weight)
  }

  /** How much passes the four pairs of nibble sets. `uses[2 * i]` counts low nibbles of byte i, the next one high ones. */
  passing(uses: readonly Uint16Array[]): number {
    for (const [i, pass] of this.#pass.entries()) {
      const low = uses[2 * i] as Uint16Array
      const high = uses[2 * i + 1] as Uint16Array
      for (let b = 0; b < 256; b++)
        pass[b] = (low[b & 15] as number) > 0 && (high[b >> 4] as number) > 0 ? 1 : 0
    }
    const [p0, p1, p2, p3] = this.#pass as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    let sum = 0
    for (let k = 0; k < this.#first.length; k++) {
      if (p0[this.#first[k] as number] === 0 || p1[this.#second[k] as number] === 0) continue
      const end = this.#starts[k + 1] as number
      for (let i = this.#starts[k] as number; i < end; i++)
        if (
          ((p2[this.#third[i] as number] as number) & (p3[this.#fourth[i] as number] as number)) !==
          0
        )
          sum += this.#weights[i] as number
    }
    return sum
  }
}

/** How often bytes in a row stand in `BYTES` bytes, of those that are asked for; letters in lower case. */
function met(
  texts: readonly Sample[],
  asked: ReadonlySet<number>,
  length: number,
): Map<number, number> {
  const out = new Map<number, number>()
  let total = 0
  for (const { bytes, weight } of texts) {
    total += bytes.length * weight
    for (let i = 0; i + length <= bytes.length; i++) {
      let gram = 0
      for (let k = length - 1; k >= 0; k--) gram = gram * 256 + ((bytes[i + k] as number) | 0x20)
      if (asked.has(gram)) out.set(gram, (out.get(gram) ?? 0) + weight)
    }
  }
  for (const [gram, n] of out) out.set(gram, (n * BYTES) / total)
  return out
}

/** A fingerprint that an entry could have. */
interface Choice {
  readonly sets: Sets
  /** What it costs, in alarms, that the hashes of the fingerprint are met. */
  readonly hashed: number
}

/** For each entry what it could have, by place. */
function choicesOf(entries: readonly Entry[], texts: readonly Sample[]): Choice[][] {
  const places = entries.map((entry) => windowsOf(entry).map((sets, window) => ({ sets, window })))
  const all = (bytes: number): Set<number> =>
    new Set(
      entries.flatMap((entry, i) =>
        (places[i] ?? []).flatMap(({ window }) =>
          kindOf(entry, window).bytes === bytes ? fingerprints(entry, window) : [],
        ),
      ),
    )
  const first = new Set(
    entries.flatMap((entry, i) =>
      (places[i] ?? []).flatMap(({ window }) =>
        kindOf(entry, window).bytes === 3 ? [] : spelled(entry, window, 4),
      ),
    ),
  )
  const counts = new Map([3, 4, 6].map((n) => [n, met(texts, n === 4 ? first : all(n), n)]))
  const sum = (bytes: number, list: readonly number[]): number =>
    list.reduce((n, f) => n + (counts.get(bytes)?.get(f) ?? 0), 0)
  return entries.map((entry, i) =>
    (places[i] ?? []).map(({ sets, window }) => {
      const { bytes } = kindOf(entry, window)
      const whole = sum(bytes, fingerprints(entry, window))
      const sifted = bytes === 3 ? whole : sum(4, spelled(entry, window, 4))
      return { sets, hashed: HASHED_COST * whole + SIFTED_COST * sifted }
    }),
  )
}

// ---------------------------------------------------------------- the search

class Search {
  readonly #grams: Grams
  readonly #choices: readonly Choice[][]
  readonly #uses: Uint16Array[][]
  readonly #alarms: Float64Array
  readonly places: { window: number; group: number }[]
  #random: number

  constructor(grams: Grams, choices: readonly Choice[][], seed: number) {
    this.#grams = grams
    this.#choices = choices
    this.#random = seed
    this.#uses = Array.from({ length: GROUPS }, () =>
      Array.from({ length: 8 }, () => new Uint16Array(16)),
    )
    this.#alarms = new Float64Array(GROUPS)
    this.places = choices.map(() => ({ window: 0, group: 0 }))
  }

  /** Between 0 and 1 (Numerical Recipes' linear congruential generator: the same places each time). */
  #draw(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0
    return this.#random / 2 ** 32
  }

  #below(n: number): number {
    return Math.floor(this.#draw() * n)
  }

  #change(group: number, sets: Sets, by: 1 | -1): void {
    for (const [i, set] of sets.entries()) {
      const uses = this.#uses[group]?.[i] as Uint16Array
      for (let nibble = 0; nibble < 16; nibble++)
        if ((set & (1 << nibble)) !== 0) uses[nibble] = (uses[nibble] as number) + by
    }
  }

  #passing(group: number): number {
    return this.#grams.passing(this.#uses[group] as Uint16Array[])
  }

  #alone(choice: Choice): number {
    this.#change(0, choice.sets, 1)
    const passing = this.#passing(0)
    this.#change(0, choice.sets, -1)
    return passing + choice.hashed
  }

  /**
   * Those with a place stay there for now; the others one after another where it costs least, the most frequent
   * first: rare ones fit anywhere.
   */
  begin(known: readonly ({ readonly window: number; readonly group: number } | undefined)[]): void {
    for (const [entry, place] of known.entries()) {
      const choice = place === undefined ? undefined : this.#choices[entry]?.[place.window]
      if (place === undefined || choice === undefined) continue
      this.#change(place.group, choice.sets, 1)
      this.places[entry] = { ...place }
    }
    for (let group = 0; group < GROUPS; group++) this.#alarms[group] = this.#passing(group)
    const own = this.#choices.map((choices) => Math.min(...choices.map((c) => this.#alone(c))))
    const order = own
      .map((_, i) => i)
      .filter((i) => known[i] === undefined)
      .sort((a, b) => (own[b] as number) - (own[a] as number))
    for (const [done, entry] of order.entries()) {
      const choices = this.#choices[entry] as Choice[]
      let best = { window: 0, group: 0 }
      let alarms = 0
      let bestCost = Number.POSITIVE_INFINITY
      for (const [window, choice] of choices.entries())
        for (let group = 0; group < GROUPS; group++) {
          this.#change(group, choice.sets, 1)
          const passing = this.#passing(group)
          this.#change(group, choice.sets, -1)
          const cost = passing - (this.#alarms[group] as number) + choice.hashed
          if (cost >= bestCost) continue
          bestCost = cost
          best = { window, group }
          alarms = passing
        }
      this.#change(best.group, (choices[best.window] as Choice).sets, 1)
      this.#alarms[best.group] = alarms
      this.places[entry] = best
      if (done % 100 === 99) say(`${done + 1} of ${order.length} placed`)
    }
  }

  /** Moves that make it worse are taken with a chance that falls to nothing towards the end. */
  run(moves: number): void {
    for (let move = 0; move < moves; move++) {
      this.#try(START_TEMPERATURE * (1 - move / moves) ** 2 + 1e-6)
      if (move % Math.ceil(moves / 20) === 0) say(`move ${move}: ${this.summary()}`)
    }
  }

  #try(temperature: number): void {
    const entry = this.#below(this.#choices.length)
    const choices = this.#choices[entry] as Choice[]
    const was = this.places[entry] as { window: number; group: number }
    const now = {
      window: this.#draw() < 0.5 ? was.window : this.#below(choices.length),
      group: this.#below(GROUPS),
    }
    if (now.window === was.window && now.group === was.group) return
    const from = choices[was.window] as Choice
    const to = choices[now.window] as Choice
    this.#change(was.group, from.sets, -1)
    this.#change(now.group, to.sets, 1)
    const left = this.#passing(was.group)
    const right = now.group === was.group ? left : this.#passing(now.group)
    let cost = left - (this.#alarms[was.group] as number) + to.hashed - from.hashed
    if (now.group !== was.group) cost += right - (this.#alarms[now.group] as number)
    if (cost <= 0 || this.#draw() < Math.exp(-cost / temperature)) {
      this.#alarms[was.group] = left
      this.#alarms[now.group] = right
      this.places[entry] = now
    } else {
      this.#change(now.group, to.sets, -1)
      this.#change(was.group, from.sets, 1)
    }
  }

  summary(): string {
    const alarms = this.#alarms.reduce((a, b) => a + b, 0)
    const hashed = this.#choices.reduce(
      (sum, choices, i) => sum + (choices[this.places[i]?.window ?? 0] as Choice).hashed,
      0,
    )
    return `${alarms.toFixed(1)} alarms in ${BYTES} bytes, known hashes cost ${hashed.toFixed(1)} more`
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function quoted(text: string): string {
  const ascii = JSON.stringify(text).replaceAll(
    /[^ -~]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `'${ascii.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function main(): void {
  const moves = Number(process.argv[2] ?? 2) * 1e6
  const entries = entriesOf(createFinder(defaultSettings()).compiled)
  const texts = samples()
  const list = frequencies(texts)
  say(`${entries.length} anchors, ${list.length} different sequences`)
  const choices = choicesOf(entries, texts)
  const search = new Search(new Grams(list.slice(0, GRAMS_MAX)), choices, 1)
  search.begin(entries.map((entry) => FINGERPRINTS.get(fingerprintKey(entry))))
  search.run(moves)
  say(search.summary())
  const lines = entries.map((entry, i) => {
    const { window, group } = search.places[i] ?? { window: 0, group: 0 }
    return `  [${quoted(fingerprintKey(entry))}, ${window}, ${group}],`
  })
  const text = [
    '// Generated by choose-fingerprints.ts. Do not edit.',
    '// Anchor (i = in any case), byte at which its fingerprint begins, group.',
    'const LIST: readonly (readonly [string, number, number])[] = [',
    ...lines.sort(),
    ']',
    '',
    '/** By the name of an anchor: where its fingerprint begins, and its group. */',
    'export const FINGERPRINTS: ReadonlyMap<string, { readonly window: number; readonly group: number }> = new Map(',
    '  LIST.map(([name, window, group]) => [name, { window, group }]),',
    ')',
    '',
  ].join('\n')
  writeFileSync(TARGET, text)
  say(`wrote ${entries.length} places`)
}

main()
