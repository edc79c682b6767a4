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
  /** Name with the last number left out, and that number; null when it does not count up. */
  readonly series: { readonly family: string; readonly index: number } | null
}

export class KeyTable {
  static readonly PLAIN = 1
  static readonly TELLING = 2
  /** A bit beside the two: the key counts up. */
  static readonly SERIES = 4
  readonly #holdsSecret: (bytes: Uint8Array) => boolean
  #infos = new Uint8Array(1024)
  readonly #entries: (KeyEntry | undefined)[] = []

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
      const entry = this.#judge(id === UNKNOWN_KEY ? '' : keyName(id))
      this.#entries[id] = entry
      const plain =
        id !== UNKNOWN_KEY &&
        entry.meaning.kind === 'none' &&
        (entry.meaning.hints & ~FIELD_HINT.IDENTIFIER) === 0 &&
        !entry.isDirty
      this.#infos[id] =
        (plain ? KeyTable.PLAIN : KeyTable.TELLING) | (entry.series === null ? 0 : KeyTable.SERIES)
    }
    return this.#infos
  }

  entry(id: number, b: Uint8Array, off: number, len: number): KeyEntry {
    const known = id === UNKNOWN_KEY ? undefined : this.#entries[id]
    return known ?? this.#judge(Buffer.from(b.subarray(off, off + len)).toString('utf8'))
  }

  /** Series of a key id, null for most. */
  seriesOf(id: number): KeyEntry['series'] {
    return this.#entries[id]?.series ?? null
  }

  #judge(name: string): KeyEntry {
    const bytes = Buffer.from(name, 'utf8')
    const isDirty = bytes.length > 0 && this.#holdsSecret(bytes)
    const m = /^(.*?)(\d{1,6})(\D*)$/.exec(name)
    const series =
      m !== null &&
      /chunk|delta|stream|part|segment|piece|fragment|token|content|text|choice|line/i.test(name)
        ? { family: `${m[1]}#${m[3]}`, index: Number(m[2]) }
        : null
    return { name, meaning: keyMeaning(name), isDirty, series }
  }
}
