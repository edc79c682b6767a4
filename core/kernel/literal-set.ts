// A set of literals for which the kernel searches all at once, in upper or lower case (ASCII), in the memory layout that
// `range-kernel.as` reads. Of each literal, six consecutive bytes that are rare in English are chosen: the first five or the
// last five of them are at an even distance from the beginning of a text, so the kernel looks at even positions only.

const TABLES_MAX = 128 * 1024
const HASH_BITS = 17
const BITS = 0
const SLOTS = 16 * 1024
const SLOT_BITS = 12
const ENTRIES = 24 * 1024
const ENTRY_BYTES = 12
/** Where the tables stand in the memory of an arena. */
export const TABLES_AT = 128 * 1024
const MULTIPLIER = 0x9e3779b97f4a7c15n
/** Length of a fingerprint, bytes. */
const GRAM = 5
/** Length of the rare part of a literal, bytes. Wherever it begins, one of its two fingerprints is at an even position. */
const WIDTH = GRAM + 1

const LETTERS = 4
/** Four letters in a row that are frequent in English and in telemetry, the most frequent first, without separators. */
const FREQUENT =
  ' the]},{contontententthe     tion of and  andhat  in  is okentokes thportserv thaspanatiodropevenventtestctorsageectothathe sname dro keywithame type wit or ountcounn thof t forervaattrtribribuibuttectobsebserttributedeteent dataetecrequonly par spaare eque aretextfor  onl evequesuestf th repkension  samthertors proe sasameone ith part staits  onectio coulect conmetarepoers s ofeporopen chatracentsin ttoolwhatsiones t lograce not met itseverinpunput hasmodeessa it pan he lr thmetrmessssaging readable whaute ean nts bool booratiionsleanvalu reqooletialoleas anusag, antersnly  tex to onympseuseudeudoudondonye ofmentagesartiacteodeloutputputpute thcalletadtadaadat, thrtiahe tmaskexpot isxpore in on  mas pseorte recter of aalueort cessrecoext  thithis valrterest etrinot corddialialealec realog  by her eratecorjsoncompconthis ect keyscodeworkt th who an  whees ae reted etry namt on as or type  typhen s arprocs a roceocestimeacti run dias not ofs inagengentord langothefromy infileout e fokey enai too no  a sutesis dthinverscostts ohe c trafuseembe canuseratch frolinever  com wores,  a kore byteconfves e corom  a rvery filstarjectctedtartpansa kempleere e spast truetotaotal reshe wonsed thytesoperf a heretelees ostoronfilue respnt os stg re int sennfigespored  leasponervipenaponsery  expsignole lemervicvicereas at an o secs dikindmbed opeeasoasonlastder ract tokelemts aog re whe lahash insemethe rly iunt listeachall  lasinstown nothour t fo foutes n orr lombernd tsourourcurcehas holecharme fstaye vae kewholhing outacheparapostat ter t obstrichousask dingpromouseor l mapat acondharaaraccterretrtenaenannanterrorrorrateat it a st fhe o lis offredaedacial ssiodactle sumenaramd hahe ped abeddurat dat timwordin cnds  stoode  a c ownrun leav useessiicaleaveanonwrits rebleda reonicr chons batccanononinicaignausedformcliclickickhckhokhoutay nym ate refuvidenablefusnd a rowavesmap off cachloopage angesendenerprovtailromp'
const WEIGHTS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: FREQUENT.length / LETTERS }, (_, i) => [
    FREQUENT.slice(i * LETTERS, (i + 1) * LETTERS),
    1 / (i + 10),
  ]),
)

/** Folds ASCII letters to lower case. Other bytes may change too, to something equally rare. */
const fold = (byte: number): number => byte | 0x20

export class LiteralSet {
  readonly tables: Uint8Array
  readonly #view: DataView

  /**
   * Every literal has at least six bytes. Throws if one is shorter, or if the literals need more room than the kernel has.
   */
  constructor(literals: readonly Uint8Array[]) {
    let top = ENTRIES + (2 * literals.length + 1) * ENTRY_BYTES
    const size = literals.reduce((sum, bytes) => sum + bytes.length, top)
    if (size > TABLES_MAX) throw new Error('too many literals for the kernel')
    this.tables = new Uint8Array(size)
    this.#view = new DataView(this.tables.buffer)
    for (const [number, bytes] of literals.entries()) {
      if (bytes.length < WIDTH) throw new Error('a literal is too short')
      this.tables.set(bytes.map(fold), top)
      const from = rarestPart(bytes)
      for (const second of [0, 1])
        this.#add(2 * number + second + 1, number, bytes, from + second, TABLES_AT + top)
      top += bytes.length
    }
  }

  #add(entry: number, number: number, bytes: Uint8Array, from: number, address: number): void {
    const view = this.#view
    const hash = gramHash(bytes, from)
    const bit = BITS + (hash >>> 3)
    this.tables[bit] = (this.tables[bit] as number) | (1 << (hash & 7))
    const slot = SLOTS + (hash >>> (HASH_BITS - SLOT_BITS)) * 2
    const at = ENTRIES + entry * ENTRY_BYTES
    view.setUint16(at, view.getUint16(slot, true), true)
    view.setUint16(at + 2, number, true)
    view.setUint16(at + 4, bytes.length, true)
    view.setUint16(at + 6, from, true)
    view.setUint32(at + 8, address, true)
    view.setUint16(slot, entry, true)
  }
}

function gramHash(bytes: Uint8Array, at: number): number {
  let gram = 0n
  for (let i = GRAM - 1; i >= 0; i--) gram = (gram << 8n) | BigInt(fold(bytes[at + i] as number))
  const shift = BigInt(64 - 8 * GRAM)
  return Number(BigInt.asUintN(64, (gram << shift) * MULTIPLIER) >> BigInt(64 - HASH_BITS))
}

function rarestPart(bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString('latin1').toLowerCase()
  const weight = (at: number): number => WEIGHTS.get(text.slice(at, at + LETTERS)) ?? 0
  // Five letters are no more frequent than four of them.
  const ofGram = (at: number): number => Math.min(weight(at), weight(at + 1))
  let best = 0
  let least = Number.POSITIVE_INFINITY
  for (let from = 0; from + WIDTH <= text.length; from++) {
    const sum = ofGram(from) + ofGram(from + 1)
    if (sum >= least) continue
    least = sum
    best = from
  }
  return best
}
