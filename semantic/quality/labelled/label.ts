// Defines labelled texts and their split: one half is for development, the held-out half is only for measuring.

import type { Exchange } from '../exchange.ts'

export interface Label {
  /** The name of the check that the label is for. */
  readonly check: string
  readonly isFault: boolean
  /** `template` texts come from the generator. `written` texts are written by hand, often to resemble the opposite class. */
  readonly origin: 'template' | 'written'
  readonly exchange: Exchange
}

export type Half = 'working' | 'held_out'

export interface Spoken {
  readonly ask?: string
  readonly answer?: string
  /** The turns before the last question, alternating between user and assistant. */
  readonly before?: readonly string[]
  readonly system?: string
  readonly docs?: readonly string[]
  readonly finish?: string
  readonly wantsJson?: boolean
}

/** Returns the half of a label. The labels of each check are numbered in the order of generation; those with even numbers are held out. */
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
