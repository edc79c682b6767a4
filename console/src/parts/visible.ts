// Untrusted text as it is shown: characters that nobody sees, or that change how what follows is drawn, become visible marks. What a
// script or an emoji needs to be read stays as it is.

/** Everything that is drawn as nothing or steers the drawing; Unicode says so itself, so that new characters are covered too. */
const HIDDEN =
  /(?![\t\n\r])[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800\u{13430}-\u{1343f}]/u

/** Emoji with their joiners, variation and skin; keycaps; the flags of England, Scotland and Wales, which are spelt in tags. */
const PICTURE =
  '\\p{Extended_Pictographic}(?:[\\ufe0e\\ufe0f]|\\p{Emoji_Modifier})?(?:\\u200d\\p{Extended_Pictographic}(?:\\ufe0f|\\p{Emoji_Modifier})?)*'
const KEYCAP = '[0-9#*]\\ufe0f?\\u20e3'
const FLAG =
  '\\u{1f3f4}\\u{e0067}\\u{e0062}(?:\\u{e0065}\\u{e006e}\\u{e0067}|\\u{e0073}\\u{e0063}\\u{e0074}|\\u{e0077}\\u{e006c}\\u{e0073})\\u{e007f}'

/** Scripts whose spelling needs joiners and non-joiners between letters. */
const JOINING =
  'Arabic Syriac Mandaic Nko Mongolian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Tibetan Myanmar Khmer Javanese Balinese Chakma'
const LETTER = `(?=[\\p{L}\\p{M}])[${JOINING.split(' ')
  .map((name) => `\\p{Script_Extensions=${name}}`)
  .join('')}]`
const JOINER = `(?<=${LETTER})[\\u200c\\u200d](?=${LETTER})`
/** Forms of Mongolian letters, and of Han characters in names. */
const FORM =
  '(?<=\\p{Script=Mongolian})[\\u180b-\\u180d\\u180f]|(?<=\\p{Script=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]'

const NEEDED = [FLAG, PICTURE, KEYCAP, JOINER, FORM].join('|')
const NEEDED_OR_HIDDEN = new RegExp(`(${NEEDED})|(?:(?!${NEEDED})${HIDDEN.source})+`, 'gu')

/** So many marks of a run are shown one by one: a long one would push everything else aside. */
const MARKS_MAX = 8

/** Replaces characters that are invisible, or change how the following text is drawn, by visible marks. */
export function visible(text: string): string {
  if (!HIDDEN.test(text)) return text
  return text.replace(NEEDED_OR_HIDDEN, (found, needed: string | undefined) =>
    needed === undefined ? marksOf(found) : found,
  )
}

function marksOf(run: string): string {
  const marks = Array.from(run, markOf)
  const left = marks.length - MARKS_MAX
  const shown = marks.slice(0, MARKS_MAX).join('')
  return left > 0 ? `${shown}⟨${left} more⟩` : shown
}

function markOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
}

/** Returns an untrusted text in one line, cut between characters. */
export function oneLine(text: string, charactersMax = 300): string {
  const cut =
    text.length > charactersMax
      ? `${text.slice(0, charactersMax).replace(/[\ud800-\udbff]$/, '')}…`
      : text
  return visible(cut).replace(/\s+/g, ' ')
}
