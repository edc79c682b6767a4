// What a labelled text is, and how the labels are parted: one half to work with, one half that only measures.

import type { Exchange } from '../exchange.ts'

export interface Label {
  /** Name of the check that the label is for. */
  readonly check: string
  readonly isFault: boolean
  /** `template`: from the generator; `written`: by hand, often to look like the opposite. */
  readonly origin: 'template' | 'written'
  readonly exchange: Exchange
}

export type Half = 'working' | 'held_out'

export interface Spoken {
  readonly ask?: string
  readonly answer?: string
  /** Turns before the last question: the user's and the assistant's in turn. */
  readonly before?: readonly string[]
  readonly system?: string
  readonly docs?: readonly string[]
  readonly finish?: string
  readonly wantsJson?: boolean
}

/** Labels are numbered by check in the order of their making; even ones are held out. */
export function halfOf(position: number): Half {
  return position % 2 === 0 ? 'held_out' : 'working'
}

export function exchangeFrom(spoken: Spoken): Exchange {
  const { ask = 'Can you help me with this?', answer = '', before = [], docs = [] } = spoken
  const turns = [...before, ask].map((text, i) => ({
    role: i % 2 === 0 ? 'user' : 'assistant',
    text,
  }))
  return {
    system: spoken.system ?? '',
    turns,
    answer,
    callsTools: false,
    finishReasons: spoken.finish === undefined ? [] : [spoken.finish],
    documents: docs.map((text, i) => ({ id: `d${i + 1}`, text })),
    wantsJson: spoken.wantsJson ?? false,
  }
}
