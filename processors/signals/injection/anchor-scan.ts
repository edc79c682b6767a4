// Finds which of many literals occur in a range of bytes, without looking at most of them: the algorithm of Wu and Manber. A window
// moves over the text, and a table says for each three bytes how far it may jump. ASCII letters match either case.

const BLOCK = 3
const TABLE_BITS = 15
const TABLE_SIZE = 1 << TABLE_BITS
const WIDTH_MAX = 7

/**
 * The most frequent three letters of English, most frequent first, without separators. Of each literal the part with the rarest ones
 * is searched for, so that the search stops seldom.
 */
const FREQUENT =
  '    ththeionhe  reingtio coentcononsresed  incom anttphttes er  a is  totpsps:andesson or ectithng ternd refforortode.  strto ver.coexpsioestporst s aatitripre ofproage isin ts  foof an reanstserers wiallre s tate pates no prtypssiameparstaype ste tusecti one s sese che be de caequvalopent at gitle evens modll rinthutorhubreqxprint ite a mohat whn ttedthidatit  manre us exonroutarethawitacknam opth plequeas  al armetnte oreade irommats iastly e: menulesonherub.rat mes, mplt tnodencretrt ereb.cnoten percale otchatavene c asodutra,  inshisaint at: blepenme ali vas okey lierajecjs dulgen fiormfertur loleaextf toolilecodnceropuesderranirewororealuimplueoleal   cte arsitenpm  ts  errt iideoneatcoptlinlogpatn afroerv'
const RANKS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: FREQUENT.length / BLOCK }, (_, i) => [
    FREQUENT.slice(i * BLOCK, i * BLOCK + BLOCK),
    FREQUENT.length / BLOCK - i,
  ]),
)

/** Folds ASCII letters to lower case. Other bytes may change too, to something equally rare. */
const fold = (byte: number): number => byte | 0x20

const keyOf = (a: number, b: number, c: number): number =>
  Math.imul((fold(a) << 16) | (fold(b) << 8) | fold(c), 0x9e3779b1) >>> (32 - TABLE_BITS)

interface Anchor {
  readonly bytes: Buffer
  /** Where in the literal the part that is searched for begins. */
  readonly from: number
}

export class AnchorScan {
  readonly #shift: Uint8Array
  /** Indexes of anchors by the key of the last block of the part that is searched for. */
  readonly #buckets = new Map<number, number[]>()
  readonly #anchors: readonly Anchor[]
  readonly #width: number

  /** Every literal has at least five bytes; the longer the shortest one, the faster the search. */
  constructor(literals: readonly string[]) {
    const all = literals.map((text) => Buffer.from(text))
    this.#width = Math.min(WIDTH_MAX, ...all.map((a) => a.length))
    if (this.#width < BLOCK + 2) throw new Error('an anchor is too short')
    this.#anchors = all.map((bytes) => ({ bytes, from: rarestPart(bytes, this.#width) }))
    this.#shift = new Uint8Array(TABLE_SIZE).fill(this.#width - BLOCK + 1)
    for (const [index, anchor] of this.#anchors.entries()) this.#add(anchor, index)
  }

  #add({ bytes, from }: Anchor, index: number): void {
    for (let i = 0; i + BLOCK <= this.#width; i++) {
      const at = from + i
      const key = keyOf(bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number)
      const shift = this.#width - BLOCK - i
      this.#shift[key] = Math.min(this.#shift[key] as number, shift)
      if (shift > 0) continue
      const bucket = this.#buckets.get(key)
      if (bucket === undefined) this.#buckets.set(key, [index])
      else bucket.push(index)
    }
  }

  /**
   * Calls `found` with the index of a literal and the offset at which it begins, for each occurrence in `bytes[from..to)`, until
   * `found` returns true. Returns whether it did.
   */
  scan(
    bytes: Uint8Array,
    from: number,
    to: number,
    found: (anchor: number, at: number) => boolean,
  ): boolean {
    const shift = this.#shift
    const width = this.#width
    let end = from + width
    while (end <= to) {
      const a = (bytes[end - 3] as number) | 0x20
      const b = (bytes[end - 2] as number) | 0x20
      const c = (bytes[end - 1] as number) | 0x20
      const key = Math.imul((a << 16) | (b << 8) | c, 0x9e3779b1) >>> (32 - TABLE_BITS)
      const step = shift[key] as number
      if (step > 0) end += step
      else {
        const bucket = this.#buckets.get(key) as number[]
        for (let i = 0; i < bucket.length; i++) {
          const index = bucket[i] as number
          const { bytes: literal, from: part } = this.#anchors[index] as Anchor
          const at = end - width - part
          if (at >= from && isAt(bytes, at, to, literal) && found(index, at)) return true
        }
        end++
      }
    }
    return false
  }
}

function isAt(bytes: Uint8Array, at: number, to: number, literal: Buffer): boolean {
  if (at + literal.length > to) return false
  for (let i = 0; i < literal.length; i++)
    if (fold(bytes[at + i] as number) !== fold(literal[i] as number)) return false
  return true
}

function rarestPart(bytes: Buffer, width: number): number {
  const text = bytes.toString('latin1').toLowerCase()
  let best = 0
  let least = Number.POSITIVE_INFINITY
  for (let from = 0; from + width <= text.length; from++) {
    let sum = 0
    for (let i = from; i + BLOCK <= from + width; i++)
      sum += RANKS.get(text.slice(i, i + BLOCK)) ?? 0
    // The last block decides how often the search stops.
    sum += 2 * (RANKS.get(text.slice(from + width - BLOCK, from + width)) ?? 0)
    if (sum >= least) continue
    least = sum
    best = from
  }
  return best
}
