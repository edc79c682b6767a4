// Draws a corpus from a template family: which template is next, in which container, with which values.

import { type Family, type FamilyName, loadFamily, type Template } from './family.ts'
import { type Random, seededRandom } from './random.ts'
import { extract, render } from './template.ts'
import {
  CORE_TYPES,
  type CorpusLine,
  SECRET_TYPES,
  SELF_EVIDENT_TYPES,
  type SecretType,
} from './types.ts'

const CLEAN_SHARE = 0.49
const DONT_CARE_SHARE = 0.015
/** Weights for texts with a secret. Each core type gets about 7 %; the other 38 types share the rest. */
const CORE_WEIGHT = 7.5
const OTHER_WEIGHT = 1
/** Types that can be recognised only by the text around them. Their wording matters, so they are drawn more often. */
const CONTEXTUAL_WEIGHTS: Readonly<Partial<Record<SecretType, number>>> = {
  password: 5,
  generic_api_key: 3,
  db_url_password: 3,
  phone: 2,
  iban: 2,
  session_cookie: 1.5,
  private_key: 1.5,
  basic_auth_url: 1.5,
}
const WRAPPED_SHARE = 0.4
/**
 * How often a self-evident type (recognisable by its own form) is drawn with a template written for it rather than with one
 * for any key.
 */
const OWN_TEMPLATE_SHARE = 0.5
const MAX_REDRAWS = 30

export function generateCorpus(name: FamilyName, seed: number, count: number): CorpusLine[] {
  const drawer = new CorpusDrawer(
    loadFamily(name),
    seededRandom(seed * 2 + (name === 'eval' ? 1 : 0)),
  )
  const seen = new Set<string>()
  const lines: CorpusLine[] = []
  for (let i = 0; i < count; i++) {
    let drawn = drawer.draw()
    for (let again = 0; again < MAX_REDRAWS && seen.has(drawn.text); again++) drawn = drawer.draw()
    seen.add(drawn.text)
    lines.push({ id: `${name}-${seed}-${String(i + 1).padStart(5, '0')}`, ...drawn })
  }
  return lines
}

type Drawn = Omit<CorpusLine, 'id'>

class CorpusDrawer {
  readonly #decks = new Map<string, Template[]>()
  readonly #types: SecretType[] = []
  readonly #family: Family
  readonly #random: Random

  constructor(family: Family, random: Random) {
    this.#family = family
    this.#random = random
  }

  draw(): Drawn {
    const random = this.#random
    if (random.chance(DONT_CARE_SHARE))
      return this.#finish(this.#next(this.#family.dontCare), 'dontcare')
    if (random.chance(CLEAN_SHARE)) {
      const why = random.pick([...this.#family.clean.keys()])
      return this.#finish(this.#next(this.#family.clean.get(why) ?? []), `neg:${why}`)
    }
    const type = this.#nextType()
    const own = this.#family.byType.get(type) ?? []
    const useOwn =
      !SELF_EVIDENT_TYPES.includes(type) || (own.length > 0 && random.chance(OWN_TEMPLATE_SHARE))
    return this.#finish(this.#next(useOwn ? own : this.#family.keyTemplates), 'pos', type)
  }

  /** The next type from a shuffled list of all types, so that even a small corpus has every type. */
  #nextType(): SecretType {
    if (this.#types.length === 0) {
      const weight = (type: SecretType): number =>
        CORE_TYPES.includes(type) ? CORE_WEIGHT : (CONTEXTUAL_WEIGHTS[type] ?? OTHER_WEIGHT)
      const deck = SECRET_TYPES.flatMap((type) =>
        Array<SecretType>(Math.round(weight(type) * 2)).fill(type),
      )
      this.#types.push(...this.#random.shuffle(deck))
    }
    return this.#types.pop() as SecretType // just filled
  }

  /** The next template of a group. Every template is used once before any is used twice. */
  #next(templates: readonly Template[]): Template {
    const key = templates[0]?.kind ?? ''
    const deck = this.#decks.get(key) ?? []
    if (deck.length === 0) deck.push(...this.#random.shuffle(templates))
    this.#decks.set(key, deck)
    const template = deck.pop()
    if (!template) throw new Error('a group of templates is empty')
    return template
  }

  #finish(template: Template, kind: string, keyType?: SecretType): Drawn {
    const random = this.#random
    const vocabulary = this.#family.vocabulary
    const body = render(template.text, { random, vocabulary, keyType })
    const wrap = !template.flags.has('raw') && random.chance(WRAPPED_SHARE)
    const container = wrap ? this.#next(this.#family.containers) : undefined
    const marked = container
      ? render(container.text, { random, vocabulary, fill: (name) => this.#fill(name, body) })
      : body
    const fields = (container ?? template).fields
    const note = container ? `${template.name} in ${container.name}` : template.name
    return { ...extract(marked), field: random.pick(fields), kind, note }
  }

  #fill(name: string, body: string): string {
    if (name === 'body') return body
    const prose = this.#family.clean.get(name) ?? []
    const template = this.#next(prose)
    return render(template.text, { random: this.#random, vocabulary: this.#family.vocabulary })
  }
}
