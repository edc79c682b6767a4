// Finds typical phrases of prompt injection in input messages. The bytes are first searched for words that such phrases
// contain. Only around a hit is text decoded and a regular expression run, over a window of bounded size.

const WINDOW_BEFORE = 120
const WINDOW_AFTER = 60
/**
 * Most hits examined for one word. Common words such as "functions" hit often, so the limit must be high enough not to miss a
 * phrase after them.
 */
const HITS_MAX = 128

/**
 * Words to search for, each with the phrases it occurs in. The byte search stops at every occurrence of a word's first
 * letter, so each word begins with a rare one. Quantifiers are bounded, because the window is 200 characters.
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

/** Name of the first injection phrase found in the range, or null. */
export function injectionMarker(buf: Buffer, off: number, len: number): string | null {
  // A view of the range only: a search in the whole arena would continue past the end of the range.
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
