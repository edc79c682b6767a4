// Calls about planted topics with their vectors: exchanges of one topic share words and point nearly the same way.

import { randomOf } from '../topics/random.ts'
import { normalize } from '../topics/unit-vectors.ts'
import type { StoredCall } from './stored-calls.ts'

export const DIMENSIONS = 48

/** What people ask in each topic; `#` is replaced by a word that differs from text to text. */
export const PLANTED_TOPICS = [
  'Please cancel my subscription before the # renewal',
  'Where is my parcel, the courier lost it near #',
  'The invoice shows a wrong tax amount for #',
  'I cannot login, the password reset mail for # is missing',
  'Which mountain hiking trail suits a # beginner',
  'How long should sourdough bread with # yeast rise',
  'Translate this poem about # into Italian',
  'The printer driver crashes when I print # pages',
] as const

const FILLERS = 'amber basil cedar delta ember fjord grove hazel indigo jasper'.split(' ')

/** A direction that is drawn by a name: the same name, the same direction. */
export function direction(name: string, dimensions = DIMENSIONS): Float32Array {
  const random = randomOf(`direction ${name}`)
  return normalize(Float32Array.from({ length: dimensions }, () => gauss(random)))
}

/** A vector of a topic: its direction with noise, and with something that all vectors share, as in some models. */
export function plantedVector(topic: number, n: number, noise = 0.6): Float32Array {
  const base = direction(`topic ${topic}`)
  const shared = direction('shared')
  const own = direction(`own ${topic} ${n}`)
  return normalize(base.map((x, i) => x + 1.5 * (shared[i] ?? 0) + noise * (own[i] ?? 0)))
}

export function plantedCall(
  project: string,
  topic: number,
  n: number,
  more: Partial<StoredCall> = {},
): StoredCall {
  const text = (PLANTED_TOPICS[topic] ?? '').replace('#', FILLERS[n % FILLERS.length] ?? '')
  return { project, trace: topic * 10_000 + n, ask: text, answer: `About ${n}.`, ...more }
}

/** Two independent numbers of the normal distribution would be made of two draws; one of them is enough. */
function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
