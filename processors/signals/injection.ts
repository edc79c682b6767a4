// Markers of prompt injection in input messages. Literals that nearly every phrase of this kind holds
// are searched in the bytes; only around a hit is text decoded and an expression run, over a bounded window.

const WINDOW_BEFORE = 120
const WINDOW_AFTER = 60
/** Words such as "functions" hit too: enough of them must not hide a phrase behind them. */
const HITS_MAX = 128

/**
 * Literals and the phrases they announce. The search stops at every byte that equals a literal's first, so each
 * begins with a rare letter.
 * Quantifiers are bounded: the window is 200 characters.
 */
const MARKERS: readonly {
  readonly anchor: Buffer
  readonly phrase: RegExp
  readonly name: string
}[] = [
  {
    anchor: Buffer.from('uctions'),
    phrase:
      /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|all|your|system|the)\b.{0,40}\binstructions/i,
    name: 'ignore_instructions',
  },
  {
    anchor: Buffer.from('ystem prompt'),
    phrase:
      /\b(?:reveal|print|show|repeat|output|leak|tell me|ignore|disregard)\b.{0,40}\bsystem prompt/i,
    name: 'reveal_system_prompt',
  },
  {
    anchor: Buffer.from('ything now'),
    phrase: /\bdo anything now/i,
    name: 'do_anything_now',
  },
]

/** Name of the first marker in the range, or null. */
export function injectionMarker(buf: Buffer, off: number, len: number): string | null {
  // A view of the range: searching the whole arena would read on to its end.
  const range = buf.subarray(off, off + len)
  for (const marker of MARKERS) {
    let at = range.indexOf(marker.anchor)
    for (let hits = 0; at >= 0 && hits < HITS_MAX; hits++) {
      const to = Math.min(len, at + marker.anchor.length + WINDOW_AFTER)
      if (marker.phrase.test(range.utf8Slice(Math.max(0, at - WINDOW_BEFORE), to)))
        return marker.name
      at = range.indexOf(marker.anchor, at + 1)
    }
  }
  return null
}
