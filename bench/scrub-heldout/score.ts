// Scores a scrubber on a labelled corpus: by the spans it reports, and by the text that remains.
//
// Spans: a secret counts as found when the predictions together cover 90 % of its code units. Overlapping predictions are
// merged. A prediction is true when it overlaps a secret, neutral when it overlaps an optional range, and false otherwise.
// Text: a secret leaks when 6 consecutive units of its core remain in the output, unless the same units also occur elsewhere
// in the original. A clean text that was changed is one false positive.

import {
  CORE_TYPES,
  type CorpusLine,
  type LabelledSpan,
  type Range,
  type SecretType,
} from './types.ts'

export interface FoundSpan extends Range {
  readonly type: string
}

export interface Answer {
  readonly text: string
  readonly spans: readonly FoundSpan[]
}

export interface Miss {
  readonly line: CorpusLine
  readonly span: LabelledSpan
}

export interface FalseAlarm {
  readonly line: CorpusLine
  readonly start: number
  readonly end: number
  readonly types: readonly string[]
}

/** A long clean part of a text with secrets that is missing from the output. */
export interface Damage {
  readonly line: CorpusLine
  readonly piece: string
}

export interface TypeScore {
  total: number
  found: number
}

export interface Score {
  readonly byType: Map<SecretType, TypeScore>
  truePredictions: number
  falsePredictions: number
  cleanLines: number
  cleanFlagged: number
  /** Code units outside secrets and optional ranges, and how many of them were removed. */
  outsideUnits: number
  collateralUnits: number
  readonly misses: Miss[]
  readonly falseAlarms: FalseAlarm[]
  readonly damages: Damage[]
}

const FOUND_COVER = 0.9
const PIECE_UNITS = 6
const LONG_CLEAN_UNITS = 12

const emptyScore = (): Score => ({
  byType: new Map(),
  truePredictions: 0,
  falsePredictions: 0,
  cleanLines: 0,
  cleanFlagged: 0,
  outsideUnits: 0,
  collateralUnits: 0,
  misses: [],
  falseAlarms: [],
  damages: [],
})

function count(score: Score, line: CorpusLine, span: LabelledSpan, found: boolean): void {
  const entry = score.byType.get(span.type) ?? { total: 0, found: 0 }
  score.byType.set(span.type, entry)
  entry.total++
  if (found) entry.found++
  else score.misses.push({ line, span })
}

export function scoreSpans(
  corpus: readonly CorpusLine[],
  answers: ReadonlyMap<string, Answer>,
): Score {
  const score = emptyScore()
  for (const line of corpus) scoreLineSpans(score, line, answers.get(line.id)?.spans ?? [])
  return score
}

interface Merged {
  readonly start: number
  end: number
  readonly types: Set<string>
}

function merge(spans: readonly FoundSpan[]): Merged[] {
  const merged: Merged[] = []
  for (const span of [...spans].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (span.end <= span.start) continue
    const last = merged.at(-1)
    if (last && span.start < last.end) {
      last.end = Math.max(last.end, span.end)
      last.types.add(span.type)
    } else merged.push({ start: span.start, end: span.end, types: new Set([span.type]) })
  }
  return merged
}

const covered = (length: number, ranges: readonly Range[]): Uint8Array => {
  const cover = new Uint8Array(length)
  for (const range of ranges) cover.fill(1, range.start, range.end)
  return cover
}

const touches = (ranges: readonly Range[], start: number, end: number): boolean =>
  ranges.some((range) => range.start < end && start < range.end)

function scoreLineSpans(score: Score, line: CorpusLine, found: readonly FoundSpan[]): void {
  const merged = merge(found)
  const cover = covered(line.text.length, merged)
  const labelled = covered(line.text.length, [...line.spans, ...line.optional])
  for (let i = 0; i < labelled.length; i++) {
    if (labelled[i] === 1) continue
    score.outsideUnits++
    if (cover[i] === 1) score.collateralUnits++
  }
  for (const span of line.spans) {
    let units = 0
    for (let i = span.start; i < span.end; i++) units += cover[i] ?? 0
    count(score, line, span, units >= FOUND_COVER * (span.end - span.start))
  }
  let flagged = false
  for (const { start, end, types } of merged) {
    if (touches(line.spans, start, end)) score.truePredictions++
    else if (!touches(line.optional, start, end)) {
      score.falsePredictions++
      score.falseAlarms.push({ line, start, end, types: [...types] })
      flagged = true
    }
  }
  if (line.spans.length > 0) return
  score.cleanLines++
  if (flagged) score.cleanFlagged++
}

export function scoreTexts(
  corpus: readonly CorpusLine[],
  answers: ReadonlyMap<string, Answer>,
): Score {
  const score = emptyScore()
  for (const line of corpus) scoreLineText(score, line, answers.get(line.id)?.text ?? line.text)
  return score
}

/** The clean parts between secrets and optional ranges. */
function cleanPieces(line: CorpusLine): string[] {
  const pieces: string[] = []
  let last = 0
  for (const range of [...line.spans, ...line.optional].sort((a, b) => a.start - b.start)) {
    pieces.push(line.text.slice(last, range.start))
    last = range.end
  }
  return [...pieces, line.text.slice(last)]
}

function survives(core: string, output: string, outside: string): boolean {
  const width = Math.min(PIECE_UNITS, core.length)
  for (let i = 0; i + width <= core.length; i++) {
    const piece = core.slice(i, i + width)
    if (output.includes(piece) && !outside.includes(piece)) return true
  }
  return false
}

function scoreLineText(score: Score, line: CorpusLine, output: string): void {
  const pieces = cleanPieces(line)
  const outside = pieces.join('\0\0')
  for (const span of line.spans) {
    const leaked = survives(line.text.slice(...span.core), output, outside)
    count(score, line, span, !leaked)
    if (!leaked) score.truePredictions++
  }
  for (const piece of pieces) {
    score.outsideUnits += piece.length
    if (piece.length < LONG_CLEAN_UNITS || output.includes(piece)) continue
    score.collateralUnits += piece.length
    if (line.spans.length > 0) score.damages.push({ line, piece })
  }
  if (line.spans.length > 0) return
  score.cleanLines++
  if (line.optional.length > 0 || output === line.text) return
  score.cleanFlagged++
  score.falsePredictions++
  score.falseAlarms.push({ line, start: 0, end: line.text.length, types: ['text changed'] })
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

export function recallOf(score: Score, types?: readonly SecretType[]): number {
  let [total, found] = [0, 0]
  for (const [type, entry] of score.byType) {
    if (types && !types.includes(type)) continue
    total += entry.total
    found += entry.found
  }
  return ratio(found, total)
}

export function precisionOf(score: Score): number {
  return ratio(score.truePredictions, score.truePredictions + score.falsePredictions)
}

const four = (value: number): string => value.toFixed(4)

export function describeScore(title: string, score: Score): string[] {
  const core = score.misses.filter((miss) => CORE_TYPES.includes(miss.span.type)).length
  const lines = [
    `${title}: recall ${four(recallOf(score))}, core 8 ${four(recallOf(score, CORE_TYPES))}, precision ${four(precisionOf(score))}`,
    `  missed ${score.misses.length} (core 8: ${core}), false predictions ${score.falsePredictions}`,
    `  clean texts touched ${score.cleanFlagged}/${score.cleanLines} (${four(ratio(score.cleanFlagged, score.cleanLines))}), collateral ${(100 * ratio(score.collateralUnits, score.outsideUnits)).toFixed(3)} %`,
  ]
  const rows = [...score.byType].sort((a, b) => b[1].total - a[1].total || a[0].localeCompare(b[0]))
  for (const [type, { total, found }] of rows)
    lines.push(
      `  ${type.padEnd(22)} ${String(found).padStart(4)}/${String(total).padEnd(4)} ${four(found / total)}`,
    )
  return lines
}
