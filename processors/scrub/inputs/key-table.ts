// What is known of each attribute key, computed once for each key id: whether its name says that the value is
// a secret, whether the key itself holds one, whether it counts up (`chunk.0`, `chunk.1`).

import { keyCount, keyName, UNKNOWN_KEY } from '../../../core/keys.ts'
import { keyMeaning } from '../detectors/key-names.ts'
import { FIELD_HINT, type KeyMeaning } from '../value/key-meaning.ts'

export interface KeyEntry {
  readonly name: string
  readonly meaning: KeyMeaning
  /** The key's own text holds a secret. */
  readonly isDirty: boolean
  /** For each of its numbers: the name without it, and the number. Empty when it does not count up. */
  readonly series: readonly Series[]
}

export interface Series {
  readonly family: SeriesFamily
  readonly index: number
}

/** Keys that differ in one number. */
export interface SeriesFamily {
  /** The key without the number. */
  readonly name: string
  /** Small numbers, one for each; -1 for one of keys that are not known beforehand. */
  readonly id: number
}

/** Numbers of a key that may count: `chunk.0.choice.0.delta` has two. */
const NUMBERS_MAX = 4
const NO_SERIES: readonly Series[] = []

export class KeyTable {
  static readonly PLAIN = 1
  static readonly TELLING = 2
  /** A bit beside the two: the key counts up. */
  static readonly SERIES = 4
  readonly #holdsSecret: (bytes: Uint8Array) => boolean
  #infos = new Uint8Array(1024)
  readonly #entries: (KeyEntry | undefined)[] = []
  /** At most four for each key that is known. */
  readonly #families = new Map<string, SeriesFamily>()

  /** `holdsSecret` looks for all tenants: whether a key is changed is decided for each, here it only must not be missed. */
  constructor(holdsSecret: (bytes: Uint8Array) => boolean) {
    this.#holdsSecret = holdsSecret
  }

  /** PLAIN or TELLING by key id, with SERIES or not, for all keys known now. The unknown key is always TELLING: it is judged each time. */
  ready(): Uint8Array {
    const n = keyCount()
    if (n > this.#infos.length) {
      const bigger = new Uint8Array(Math.max(n, this.#infos.length * 2))
      bigger.set(this.#infos)
      this.#infos = bigger
    }
    for (let id = this.#entries.length; id < n; id++) {
      const entry = this.#judge(id === UNKNOWN_KEY ? '' : keyName(id), true)
      this.#entries[id] = entry
      const plain =
        id !== UNKNOWN_KEY &&
        entry.meaning.kind === 'none' &&
        (entry.meaning.hints & ~(FIELD_HINT.IDENTIFIER | FIELD_HINT.IDENTITY)) === 0 &&
        !entry.isDirty
      this.#infos[id] =
        (plain ? KeyTable.PLAIN : KeyTable.TELLING) |
        (entry.series.length === 0 && id !== UNKNOWN_KEY ? 0 : KeyTable.SERIES)
    }
    return this.#infos
  }

  entry(id: number, b: Uint8Array, off: number, len: number): KeyEntry {
    const known = id === UNKNOWN_KEY ? undefined : this.#entries[id]
    return known ?? this.#judge(Buffer.from(b.subarray(off, off + len)).toString('utf8'), false)
  }

  #judge(name: string, isKnown: boolean): KeyEntry {
    const bytes = Buffer.from(name, 'utf8')
    const isDirty = bytes.length > 0 && this.#holdsSecret(bytes)
    return { name, meaning: keyMeaning(name), isDirty, series: this.#seriesOf(name, isKnown) }
  }

  #seriesOf(name: string, isKnown: boolean): readonly Series[] {
    if (name.length > COUNTING_NAME_MAX || !COUNTING.test(name)) return NO_SERIES
    return [...name.matchAll(/\d{1,6}/g)].slice(-NUMBERS_MAX).map((m) => {
      const family = `${name.slice(0, m.index)}#${name.slice(m.index + m[0].length)}`
      return { family: this.#familyOf(family, isKnown), index: Number(m[0]) }
    })
  }

  #familyOf(name: string, isKnown: boolean): SeriesFamily {
    let family = this.#families.get(name)
    if (family !== undefined) return family
    family = { name, id: isKnown ? this.#families.size : -1 }
    if (isKnown) this.#families.set(name, family)
    return family
  }
}

const COUNTING = /chunk|delta|stream|part|segment|piece|fragment|token|content|text|choice|line/i
const COUNTING_NAME_MAX = 512
