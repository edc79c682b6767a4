// The held-out corpus is as its README says: correct labels, valid check digits, the same texts for the same seed, two
// families with nothing in common. And the score counts correctly.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crcTail, isCardNumber, isLuhnValid, mod97 } from './checksums.ts'
import { generateCorpus } from './corpus.ts'
import { FAMILIES, loadFamily } from './family.ts'
import { seededRandom } from './random.ts'
import { type Answer, precisionOf, recallOf, scoreSpans, scoreTexts } from './score.ts'
import { extract, render } from './template.ts'
import { CORE_TYPES, type CorpusLine, SECRET_TYPES } from './types.ts'

const corpora = FAMILIES.map((family) => [family, generateCorpus(family, 7, 2000)] as const)

const valuesOf = (corpus: readonly CorpusLine[], type: string): string[] =>
  corpus.flatMap((line) =>
    line.spans.filter((s) => s.type === type).map((s) => line.text.slice(s.start, s.end)),
  )

/** Also decodes full-width digits that a JSON writer has escaped. */
const digitsOf = (value: string): string =>
  value
    .replace(/\\+u([0-9a-f]{4})/gi, (_all, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .normalize('NFKC')
    .replace(/\D/g, '')

test('a seed always gives the same corpus, and another seed a different one', () => {
  const again = generateCorpus('tune', 7, 50)
  assert.deepEqual(again, generateCorpus('tune', 7, 50))
  assert.notDeepEqual(
    again.map((line) => line.text),
    generateCorpus('tune', 8, 50).map((line) => line.text),
  )
})

for (const [family, corpus] of corpora) {
  test(`${family}: every type occurs, each of the eight core types 60 times, and half of the texts are clean`, () => {
    const count = (type: string): number => valuesOf(corpus, type).length
    for (const type of SECRET_TYPES) assert.ok(count(type) >= 5, `${type}: ${count(type)}`)
    for (const type of CORE_TYPES) assert.ok(count(type) >= 60, `${type}: ${count(type)}`)
    const clean = corpus.filter((line) => line.spans.length === 0).length
    assert.ok(clean > 900 && clean < 1100, `${clean} clean`)
    assert.equal(new Set(corpus.map((line) => line.text)).size, corpus.length)
  })

  test(`${family}: labels are at the positions of the values, and no template mark is left`, () => {
    for (const line of corpus) {
      assert.doesNotMatch(line.text, /[\ue000-\ue1ff⦃⦄«»⟪⟫]/, line.id)
      assert.equal(line.spans.length > 0, line.kind === 'pos', `${line.id} ${line.kind}`)
      for (const { start, end, core } of line.spans) {
        assert.ok(start <= core[0] && core[0] < core[1] && core[1] <= end, line.id)
        assert.match(line.text.slice(start, start + 1), /\S/, line.id)
        assert.match(line.text.slice(end - 1, end), /\S/, line.id)
      }
    }
  })

  test(`${family}: cards, IBANs, tokens and JWTs are well-formed`, () => {
    for (const card of valuesOf(corpus, 'credit_card'))
      assert.ok(isCardNumber(digitsOf(card.replace(/%20/g, ''))), card)
    for (const iban of valuesOf(corpus, 'iban'))
      assert.equal(mod97(iban.replace(/ /g, '')), 1, iban)
    for (const token of valuesOf(corpus, 'github_token'))
      if (/^gh[pousr]_/.test(token))
        assert.equal(token.slice(-6), crcTail(token.slice(4, -6)), token)
    for (const token of valuesOf(corpus, 'jwt')) {
      const header: unknown = JSON.parse(
        Buffer.from(token.split('.')[0] ?? '', 'base64url').toString(),
      )
      assert.ok(typeof header === 'object' && header !== null && 'alg' in header, token)
    }
    for (const ssn of valuesOf(corpus, 'ssn'))
      assert.match(digitsOf(ssn), /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/, ssn)
  })

  test(`${family}: no clean text contains a valid card number by accident`, () => {
    for (const { id, text, kind } of corpus) {
      if (!kind.startsWith('neg:')) continue
      for (const [run] of text.matchAll(/(?<![\w.+/=-])\d(?:[ -]?\d){12,18}(?![\w+/=-])/g))
        assert.ok(!isCardNumber(digitsOf(run)), `${id}: ${run}`)
    }
  })
}

test('the families share no template line, container or vocabulary', () => {
  const [tune, held] = [loadFamily('tune'), loadFamily('eval')]
  const linesOf = (family: typeof tune): Set<string> =>
    new Set(
      family.all.flatMap((t) =>
        t.text
          .split('\n')
          .map((line) => line.trim())
          .filter((l) => l.length >= 28),
      ),
    )
  const shared = [...linesOf(tune)].filter((line) => linesOf(held).has(line))
  // Lines whose exact form HTTP, PEM or Docker prescribes may occur in both families.
  assert.deepEqual(
    shared.filter((line) => !/^-----BEGIN|^-----END|^sha256:|^authorization: Bearer «/i.test(line)),
    [],
  )
  for (const list of [
    'first',
    'last',
    'domain',
    'mailbox',
    'city',
    'company',
    'passphrase',
    'account',
  ]) {
    const other = new Set(held.vocabulary.words(list))
    assert.deepEqual(
      tune.vocabulary.words(list).filter((word) => other.has(word)),
      [],
      list,
    )
  }
  const fields = new Set(held.containers.flatMap((t) => t.text))
  assert.deepEqual(
    tune.containers.filter((t) => fields.has(t.text)),
    [],
  )
})

test('labels survive JSON in JSON, percent-encoding and base64', () => {
  const drawing = {
    random: seededRandom(3),
    vocabulary: { words: () => ['nadia'] },
  }
  const nested = extract(render('{"a":"⦃json|{"b":"⦃json|x\n«ssn»⦄"}⦄"}', drawing))
  const outer = JSON.parse(nested.text) as { readonly a: string }
  const inner = JSON.parse(outer.a) as { readonly b: string }
  const [span] = nested.spans
  assert.equal(inner.b, `x\n${nested.text.slice(span?.start, span?.end)}`)
  const percent = extract(render('q=⦃pct|a b «credit_card:space»⦄', drawing))
  assert.match(percent.text.slice(percent.spans[0]?.start, percent.spans[0]?.end), /^\d{4}%20\d+/)
  const wrapped = extract(render('k: ⦃b64|«github_token:ghp»⦄', drawing))
  const encoded = wrapped.text.slice(wrapped.spans[0]?.start, wrapped.spans[0]?.end)
  assert.match(Buffer.from(encoded, 'base64').toString(), /^ghp_\w{36}$/)
})

test('Luhn and mod 97 agree with published examples', () => {
  assert.ok(isLuhnValid('79927398713'))
  assert.ok(!isLuhnValid('79927398710'))
  assert.equal(mod97('GB82WEST12345698765432'), 1)
})

test('the score counts found and missed secrets, false alarms, leaks and collateral', () => {
  const line = (id: string, text: string, secret?: string): CorpusLine => {
    const start = secret === undefined ? -1 : text.indexOf(secret)
    const end = start + (secret?.length ?? 0)
    const spans =
      start < 0 ? [] : [{ start, end, type: 'ssn' as const, core: [start, end] as const }]
    return {
      id,
      text,
      field: 'f',
      spans,
      optional: [],
      kind: start < 0 ? 'neg:x' : 'pos',
      note: '',
    }
  }
  const corpus = [
    line('hit', 'my ssn 219-45-1177 ok', '219-45-1177'),
    line('miss', 'my ssn 219-45-1178 ok', '219-45-1178'),
    line('clean', 'nothing to see'),
    line('alarm', 'nothing else to see'),
  ]
  const answers = new Map<string, Answer>([
    ['hit', { text: 'my ssn [X] ok', spans: [{ start: 7, end: 18, type: 'ssn' }] }],
    ['miss', { text: 'my ssn [X]1178 ok', spans: [{ start: 7, end: 14, type: 'ssn' }] }],
    ['clean', { text: 'nothing to see', spans: [] }],
    ['alarm', { text: '[X] else to see', spans: [{ start: 0, end: 7, type: 'phone' }] }],
  ])
  const spans = scoreSpans(corpus, answers)
  assert.deepEqual(
    spans.misses.map((miss) => miss.line.id),
    ['miss'],
  )
  assert.equal(recallOf(spans), 0.5)
  assert.equal(precisionOf(spans), 2 / 3)
  assert.equal(spans.cleanFlagged, 1)
  assert.equal(spans.collateralUnits, 7)
  const texts = scoreTexts(corpus, answers)
  // The rest of the second secret is shorter than 6 units, so it does not count as a leak.
  assert.equal(recallOf(texts), 1)
  assert.equal(texts.cleanFlagged, 1)
  const leaking = new Map([
    ...answers,
    ['hit', { text: corpus[0]?.text ?? '', spans: [] }] as const,
  ])
  assert.deepEqual(
    scoreTexts(corpus, leaking).misses.map((miss) => miss.line.id),
    ['hit'],
  )
})
