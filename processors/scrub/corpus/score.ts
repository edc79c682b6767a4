// Scores found spans or redacted text against labels. A find counts when 90 % of the labelled units are covered;
// a predicted span is true when it touches a label, neutral in an optional range, else false. In redacted text
// a secret leaks when six units in a row of its core are still there (and are nowhere else in the original).

export interface Label {
  readonly start: number
  readonly end: number
  readonly type: string
  readonly core?: readonly [number, number]
}

export interface Labelled {
  readonly id: string
  readonly text: string
  readonly field: string
  readonly kind: string
  readonly spans: readonly Label[]
  readonly optional: readonly { readonly start: number; readonly end: number }[]
}

export interface Predicted {
  readonly text: string
  readonly spans: readonly { readonly start: number; readonly end: number; readonly type: string }[]
}

export const CORE_EIGHT: readonly string[] = [
  'openai_key',
  'aws_access_key_id',
  'aws_secret_key',
  'github_token',
  'bearer_token',
  'email',
  'credit_card',
  'ssn',
]

export interface TypeScore {
  labelled: number
  found: number
  leaked: number
}

export interface Score {
  readonly texts: number
  readonly byType: Map<string, TypeScore>
  truePredictions: number
  falsePredictions: number
  cleanTexts: number
  cleanChanged: number
  /** Units masked outside labels, over all units outside labels. */
  collateral: number
  readonly misses: { readonly id: string; readonly type: string; readonly why: string }[]
}

export function score(lines: readonly Labelled[], predict: (line: Labelled) => Predicted): Score {
  const out: Score = {
    texts: lines.length,
    byType: new Map(),
    truePredictions: 0,
    falsePredictions: 0,
    cleanTexts: 0,
    cleanChanged: 0,
    collateral: 0,
    misses: [],
  }
  let outside = 0
  let masked = 0
  for (const line of lines) {
    const predicted = predict(line)
    const covered = cover(line.text.length, predicted.spans)
    const labelled = cover(line.text.length, [...line.spans, ...line.optional])
    for (let i = 0; i < line.text.length; i++) {
      if (labelled[i] === 1) continue
      outside++
      masked += covered[i] as number
    }
    if (line.spans.length === 0) {
      out.cleanTexts++
      if (line.optional.length === 0 && predicted.text !== line.text) out.cleanChanged++
    }
    scoreLabels(out, line, predicted, covered)
    scorePredictions(out, line, predicted)
  }
  out.collateral = masked / Math.max(1, outside)
  return out
}

function cover(
  length: number,
  spans: readonly { readonly start: number; readonly end: number }[],
): Uint8Array {
  const c = new Uint8Array(length)
  for (const s of spans) c.fill(1, s.start, s.end)
  return c
}

function scoreLabels(out: Score, line: Labelled, predicted: Predicted, covered: Uint8Array): void {
  for (const s of line.spans) {
    const t = out.byType.get(s.type) ?? { labelled: 0, found: 0, leaked: 0 }
    out.byType.set(s.type, t)
    t.labelled++
    let n = 0
    for (let i = s.start; i < s.end; i++) n += covered[i] as number
    const found = n >= 0.9 * (s.end - s.start)
    const leaked = leaks(line, s, predicted.text)
    if (found) t.found++
    if (leaked) t.leaked++
    if (!found || leaked)
      out.misses.push({ id: line.id, type: s.type, why: found ? 'leaked' : 'missed' })
  }
}

function scorePredictions(out: Score, line: Labelled, predicted: Predicted): void {
  for (const p of predicted.spans) {
    const touches = (x: { start: number; end: number }): boolean =>
      x.start < p.end && p.start < x.end
    if (line.spans.some(touches)) out.truePredictions++
    else if (!line.optional.some(touches)) {
      out.falsePredictions++
      out.misses.push({ id: line.id, type: p.type, why: 'false' })
    }
  }
}

const PIECE = 6

function leaks(line: Labelled, s: Label, text: string): boolean {
  const [from, to] = s.core ?? [s.start, s.end]
  const core = line.text.slice(from, to)
  const width = Math.min(PIECE, core.length)
  let elsewhere = ''
  let last = 0
  for (const x of [...line.spans, ...line.optional].toSorted((a, b) => a.start - b.start)) {
    elsewhere += `${line.text.slice(last, x.start)}\0\0`
    last = Math.max(last, x.end)
  }
  elsewhere += line.text.slice(last)
  for (let i = 0; i + width <= core.length; i++) {
    const piece = core.slice(i, i + width)
    if (text.includes(piece) && !elsewhere.includes(piece)) return true
  }
  return false
}

export interface Summary {
  readonly recall: number
  readonly coreRecall: number
  /** The worst of the eight. */
  readonly coreWorst: number
  readonly precision: number
  readonly cleanChanged: number
  readonly collateral: number
  readonly coreLeaks: number
}

export function summary(s: Score): Summary {
  const sum = (types: readonly string[], of: (t: TypeScore) => number): number =>
    types.reduce((n, t) => n + of(s.byType.get(t) ?? { labelled: 0, found: 0, leaked: 0 }), 0)
  const all = [...s.byType.keys()]
  const eight = CORE_EIGHT.filter((t) => s.byType.has(t))
  return {
    recall:
      sum(all, (t) => t.found) /
      Math.max(
        1,
        sum(all, (t) => t.labelled),
      ),
    coreRecall:
      sum(eight, (t) => t.found) /
      Math.max(
        1,
        sum(eight, (t) => t.labelled),
      ),
    coreWorst: Math.min(
      1,
      ...eight.map((t) => sum([t], (x) => x.found) / sum([t], (x) => x.labelled)),
    ),
    precision: s.truePredictions / Math.max(1, s.truePredictions + s.falsePredictions),
    cleanChanged: s.cleanChanged / Math.max(1, s.cleanTexts),
    collateral: s.collateral,
    coreLeaks: sum(eight, (t) => t.leaked),
  }
}
