// Where the characters of a block text of YAML (`|` and `>`) stand in the file. The value has no indentation, and in a folded text
// no line breaks, so a place in the value is looked for line by line.

/** A block text as it is written. */
export interface BlockText {
  /** `>`: lines that follow each other are one line of the value. */
  readonly isFolded: boolean
  /** Characters before each line. */
  readonly indent: number
  /** The length of each line without these; 0 for an empty line. */
  readonly lengths: readonly number[]
}

/** `source` begins with the header of the block. */
export function blockText(source: string, isFolded: boolean): BlockText {
  const lines = source
    .split('\n')
    .slice(1)
    .map((line) => (line.trim() === '' ? '' : line.replace(/\r$/, '')))
  const indents = lines
    .filter((line) => line !== '')
    .map((line) => line.length - line.trimStart().length)
  const indent = indents.length === 0 ? 0 : Math.min(...indents)
  return { isFolded, indent, lengths: lines.map((line) => Math.max(0, line.length - indent)) }
}

/** Lines below the header, and the column from 1, of a place in the value. */
export function placeInBlock(
  { isFolded, indent, lengths }: BlockText,
  value: string,
  offset: number,
): { readonly lines: number; readonly column: number } {
  if (!isFolded) {
    const before = value.slice(0, offset).split('\n')
    return { lines: before.length, column: indent + (before.at(-1)?.length ?? 0) + 1 }
  }
  let rest = offset
  for (const [i, length] of lengths.entries()) {
    if (length > 0 && rest <= length) return { lines: i + 1, column: indent + rest + 1 }
    // A line break is a blank, and before empty lines nothing; each of those is a line break.
    rest -= length > 0 && lengths[i + 1] === 0 ? length : length + 1
  }
  return { lines: Math.max(1, lengths.length), column: indent + 1 }
}
