// `node bench/scrub-heldout/run.ts [--family F] [--seed N] [--count N] [--missed]`: sends the held-out corpus through
// `observa scrub --jsonl` and scores the result.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { generateCorpus } from './corpus.ts'
import { CORPUS_OPTIONS, readCorpusOptions } from './generate.ts'
import { type Answer, describeScore, type Score, scoreSpans, scoreTexts } from './score.ts'
import type { CorpusLine } from './types.ts'

const collector = join(import.meta.dirname, '../../collector/main.ts')

/** Sends the corpus to the command without its labels: only id, field and text of each line. */
export async function scrub(corpus: readonly CorpusLine[]): Promise<ReadonlyMap<string, Answer>> {
  const child = spawn(process.execPath, [collector, 'scrub', '--jsonl'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  let output = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk: string) => (output += chunk))
  for (const { id, field, text } of corpus)
    child.stdin.write(`${JSON.stringify({ id, field, text })}\n`)
  child.stdin.end()
  const [status] = await closed
  if (status !== 0) throw new Error(`observa scrub ended with status ${String(status)}`)
  const answers = output.split('\n').filter((line) => line !== '')
  return new Map(
    answers.map((line) => {
      // This is the documented output format of the command.
      const { id, text, spans } = JSON.parse(line) as Answer & { readonly id: string }
      return [id, { text, spans }]
    }),
  )
}

const parses = (text: string): boolean => {
  try {
    return JSON.parse(text) !== undefined
  } catch {
    return false // which is the answer
  }
}

/**
 * Lines whose text was valid JSON before scrubbing and is not afterwards, which would break later readers of the telemetry.
 */
function brokenJson(
  corpus: readonly CorpusLine[],
  answers: ReadonlyMap<string, Answer>,
): readonly CorpusLine[] {
  return corpus.filter((line) => {
    const answer = answers.get(line.id)
    // Only objects and arrays count. A number of nine digits is also valid JSON, and a value that is secret because of its
    // key is replaced as a whole.
    if (!answer || !/^[{[]/.test(line.text) || !parses(line.text)) return false
    const whole = answer.spans.some((span) => span.start === 0 && span.end === line.text.length)
    return !whole && !parses(answer.text)
  })
}

function describeMissed(spans: Score, texts: Score): string[] {
  const out: string[] = []
  const show = (what: string, line: CorpusLine, part: string): void => {
    out.push(
      `--- ${what} | ${line.id} | ${line.field} | ${line.kind} | ${line.note}`,
      `    >>${part}<<`,
      line.text,
    )
  }
  for (const { line, span } of spans.misses)
    show(`MISSED span ${span.type}`, line, line.text.slice(span.start, span.end))
  for (const { line, span } of texts.misses)
    show(`SURVIVED text ${span.type}`, line, line.text.slice(...span.core))
  for (const { line, start, end, types } of spans.falseAlarms)
    show(`FALSE span ${types.join('+')}`, line, line.text.slice(start, end))
  for (const { line, types } of texts.falseAlarms) show(`FALSE ${types.join('+')}`, line, '')
  return out
}

function describeDamage(
  texts: Score,
  answers: ReadonlyMap<string, Answer>,
  broken: readonly CorpusLine[],
): string[] {
  const after = (line: CorpusLine): string => answers.get(line.id)?.text ?? ''
  const head = (what: string, line: CorpusLine): string =>
    `--- ${what} | ${line.id} | ${line.field} | ${line.kind} | ${line.note}`
  return [
    ...broken.flatMap((line) => [head('BROKEN JSON', line), line.text, `    =>`, after(line)]),
    ...texts.damages.flatMap(({ line, piece }) => [
      head('DAMAGED clean text', line),
      `    >>${piece}<<`,
      line.text,
      `    =>`,
      after(line),
    ]),
  ]
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { ...CORPUS_OPTIONS, missed: { type: 'boolean', default: false } },
  })
  const { family, seed, count } = readCorpusOptions(values)
  const corpus = generateCorpus(family, seed, count)
  const answers = await scrub(corpus)
  const spans = scoreSpans(corpus, answers)
  const texts = scoreTexts(corpus, answers)
  const broken = brokenJson(corpus, answers)
  const clean = corpus.filter((line) => line.spans.length === 0).length
  const labelled = corpus.reduce((sum, line) => sum + line.spans.length, 0)
  const lines = [
    `family ${family}, seed ${seed}: ${corpus.length} texts, ${clean} without a secret, ${labelled} secrets`,
    ...describeScore('spans', spans),
    ...describeScore('text', texts),
    `valid JSON that is JSON no more: ${broken.length}`,
    ...(values.missed ? describeMissed(spans, texts) : []),
    ...(values.missed ? describeDamage(texts, answers, broken) : []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
