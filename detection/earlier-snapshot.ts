// Reads the members of a snapshot of version 4, in which a trace had its id as one text a conversation its callers as a map,
// and a minute of a series a list of sketches. An
// instance that is updated goes on with what it had learned.

import type { Conversation, Thread } from './traces/conversations.ts'
import type { Trace } from './traces/trace.ts'
import type { MinuteSketches } from './trends/minute-sketches.ts'
import type { Series } from './trends/series.ts'
import type { Sketch } from './trends/sketch.ts'

export const EARLIER_VERSION = 4

export interface EarlierTrace extends Trace {
  /** 16 bytes as latin1. */
  readonly id?: string
}

export interface EarlierConversation extends Omit<Conversation, 'threads'> {
  /** Turns by service, agent, model and system hash, with a zero character between them. */
  readonly threads: Thread[] | ReadonlyMap<string, Thread['turns']>
}

export function traceOf({ id, ...trace }: EarlierTrace): Trace {
  if (id === undefined) return trace
  const bytes = Buffer.from(id, 'latin1')
  const int = (number: number): number => bytes.readInt32LE(number * 4)
  return { ...trace, id0: int(0), id1: int(1), id2: int(2), id3: int(3) }
}

export function conversationOf({ threads, ...c }: EarlierConversation): Conversation {
  if (Array.isArray(threads)) return { ...c, threads }
  return {
    ...c,
    threads: [...threads].map(([name, turns]) => {
      const [service = '', agent = '', model = '', system = '0'] = name.split('\0')
      return { service, agent, model, system: Number(system), turns }
    }),
  }
}

export interface EarlierSeries extends Omit<Series, 'sketches'> {
  readonly sketches: ReadonlyMap<number, MinuteSketches | (Sketch | null)[]>
}

export const seriesOf = ({ sketches, ...series }: EarlierSeries): Series => ({
  ...series,
  latest: null,
  sketches: new Map(
    [...sketches].map(([minute, of]) => [minute, Array.isArray(of) ? { few: null, all: of } : of]),
  ),
})
