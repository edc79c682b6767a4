// The texts inside lists and maps of an attribute, with the path that leads to each: the texts of one path may be pieces
// of one text (`["ab","cd"]`, `{"chunk.0":"ab","chunk.1":"cd"}`).

import { FIELD_LENGTH_DELIMITED, field } from './any-value.ts'

export interface NestedText {
  /** Names of the fields on the way, without numbers. */
  readonly path: string
  /** Number of the field or place in the list that came last. */
  readonly index: number
  readonly off: number
  readonly len: number
}

const DEPTH_MAX = 16

/** Adds the texts and bytes of an ArrayValue, or of a KeyValueList when `isMap`, in `b[from, to)`. */
export function addNestedTexts(
  out: NestedText[],
  b: Uint8Array,
  from: number,
  to: number,
  isMap: boolean,
  max: number,
  path = '',
  depth = 0,
): void {
  let index = 0
  for (let p = from; p < to && out.length < max; ) {
    const f = field(b, p, to)
    p = f.end
    if (f.number !== 1 || f.wire !== FIELD_LENGTH_DELIMITED || depth > DEPTH_MAX) continue
    if (!isMap) addText(out, b, f.from, f.end, max, { path: `${path}[]`, index: index++, depth })
    else addPair(out, b, f.from, f.end, max, { path, index: index++, depth })
  }
}

interface Step {
  readonly path: string
  readonly index: number
  readonly depth: number
}

function addPair(
  out: NestedText[],
  b: Uint8Array,
  from: number,
  to: number,
  max: number,
  step: Step,
): void {
  let name = ''
  for (let p = from; p < to; ) {
    const f = field(b, p, to)
    p = f.end
    if (f.wire !== FIELD_LENGTH_DELIMITED) continue
    if (f.number === 1) name = Buffer.from(b.subarray(f.from, f.end)).toString('utf8')
    else if (f.number === 2) {
      const number = /\d{1,6}(?=\D*$)/.exec(name)?.[0]
      const path = `${step.path}.${name.replace(/\d+/g, '#')}`
      const index = number === undefined ? step.index : Number(number)
      addText(out, b, f.from, f.end, max, { path, index, depth: step.depth })
    }
  }
}

/** AnyValue: string 1, array 5, kvlist 6, bytes 7. */
function addText(
  out: NestedText[],
  b: Uint8Array,
  from: number,
  to: number,
  max: number,
  step: Step,
): void {
  if (from >= to) return
  const f = field(b, from, to)
  if (f.wire !== FIELD_LENGTH_DELIMITED) return
  if (f.number === 1 || f.number === 7)
    out.push({ path: step.path, index: step.index, off: f.from, len: f.end - f.from })
  else if (f.number === 5 || f.number === 6)
    addNestedTexts(out, b, f.from, f.end, f.number === 6, max, step.path, step.depth + 1)
}
