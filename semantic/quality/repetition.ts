// Finds repetition: the model is stuck in a loop and produces the same text again and again.

import { FINE, type QualityCheck } from './check.ts'
import { lastQuestion } from './exchange.ts'
import { quoteOf, withoutCode, wordsOf } from './words.ts'

/** A loop is a sequence of words that is repeated at least this often in a row and covers at least this many words. */
const TIMES_MIN = 3
const WORDS_MIN = 12
const PERIOD_MAX = 60
const WORDS_MAX = 2000

export const repetition: QualityCheck = {
  name: 'repetition',
  version: 1,
  threshold: 0.5,
  summary: 'The answer repeats itself in a loop.',
  run: (exchange) => {
    if (exchange.answer === '') return null
    if (
      /\b(repeat|times|refrain|chorus|lyrics|song|poem|wiederhol\w*|mal)\b/i.test(
        lastQuestion(exchange),
      )
    )
      return null
    const words = wordsOf(withoutCode(exchange.answer)).slice(-WORDS_MAX)
    const loop = longestLoop(words)
    if (loop === null) return FINE
    const covered = loop.period * loop.times
    const quote = quoteOf(words.slice(loop.at, loop.at + loop.period).join(' '))
    return {
      value: Math.min(1, 0.5 + covered / (2 * words.length)),
      evidence: { quote, times: loop.times },
    }
  },
}

interface Loop {
  readonly at: number
  readonly period: number
  readonly times: number
}

/** Finds the loop that covers the most words; null if there is none. The time is linear for each length of the repeated sequence. */
export function longestLoop(words: readonly string[]): Loop | null {
  let best: Loop | null = null
  for (let period = 1; period <= Math.min(PERIOD_MAX, words.length / TIMES_MIN); period++) {
    let run = 0
    for (let i = period; i <= words.length; i++) {
      if (i < words.length && words[i] === words[i - period]) {
        run++
        continue
      }
      const times = Math.floor(run / period) + 1
      const covered = times * period
      const isLoop = times >= TIMES_MIN && covered >= WORDS_MIN
      if (isLoop && (best === null || covered > best.period * best.times))
        best = { at: i - run - period, period, times }
      run = 0
    }
  }
  return best
}
