// A copy of a text in which attacks look alike: compatibility forms and look-alike letters become plain ones, invisible characters
// and accents go, everything is lower case. And further readings of the same text, for words that were spaced out, written with
// digits, or encoded. Nothing here is stored.

/** Characters without a width, soft hyphens, direction marks; and the tag characters, which repeat ASCII invisibly. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
const TAGS = /[\u{e0020}-\u{e007e}]+/gu
const TAG_BASE = 0xe0000
/** A run of variation selectors has a byte in each; a single one only says how the character before it is drawn. */
const SELECTORS = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{4,}/gu
const FIRST_SELECTORS = 16
const ACCENTS = /[\u0300-\u036f]/g

/** Letters of other alphabets that look like Latin ones. They are replaced only in words that have Latin letters too. */
// biome-ignore format: pairs
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  а: 'a', в: 'b', е: 'e', ѕ: 's', і: 'i', ј: 'j', к: 'k', м: 'm', н: 'h', о: 'o', р: 'p', с: 'c', т: 't', у: 'y', х: 'x', ԁ: 'd',
  ԛ: 'q', ԝ: 'w', һ: 'h', ѵ: 'v', ӏ: 'l', г: 'r', п: 'n', α: 'a', β: 'b', ε: 'e', ι: 'i', κ: 'k', ν: 'v', ο: 'o', ρ: 'p', τ: 't', υ: 'u',
  χ: 'x', γ: 'y', η: 'n', ω: 'w', σ: 'o', ı: 'i', ɑ: 'a', ɡ: 'g', ɩ: 'i', ո: 'n', ս: 'u', օ: 'o', հ: 'h', ց: 'g', զ: 'q', յ: 'j',
}
/** Every letter of another alphabet that looks like a Latin one. */
export const LOOK_ALIKE_LETTERS: readonly string[] = Object.keys(LOOK_ALIKES)
const MIXED_WORD =
  /[\p{L}]*(?:[a-z][\u0131\u0251\u0261\u0269\u0370-\u058f]|[\u0131\u0251\u0261\u0269\u0370-\u058f][a-z])[\p{L}]*/gu
const OTHER_LETTER = /[\u0131\u0251\u0261\u0269\u0370-\u058f]/g

export function normalized(text: string): string {
  const visible = text.replace(TAGS, untagged).replace(SELECTORS, selected).replace(INVISIBLE, '')
  const plain = visible.normalize('NFKC').toLowerCase()
  if (/^[\n -~]*$/.test(plain)) return plain
  return drawnPlainly(plain)
    .normalize('NFD')
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(MIXED_WORD, (word) => word.replace(OTHER_LETTER, (c) => LOOK_ALIKES[c] ?? c))
}

/** What tag characters say. Several are a text of their own, which begins no word of the visible one before it. */
function untagged(run: string): string {
  const said = Array.from(run, (c) => String.fromCharCode((c.codePointAt(0) ?? 0) - TAG_BASE)).join(
    '',
  )
  return said.length === 1 ? said : ` ${said} `
}

function selected(run: string): string {
  const bytes = Array.from(run, (c) => {
    const code = c.codePointAt(0) ?? 0
    return code < 0xe0100 ? code - 0xfe00 : code - 0xe0100 + FIRST_SELECTORS
  })
  return ` ${Buffer.from(bytes).toString('utf8')} `
}

/** Small capitals of the phonetic alphabet, from a to z; `.` where there is none. */
const SMALL_CAPITALS = 'ᴀʙᴄᴅᴇ.ɢʜɪᴊᴋʟᴍɴᴏᴘ.ʀ.ᴛᴜᴠᴡ.ʏᴢ'
const SMALL_CAPITAL = /[ᴀ-ᴢɢɪɴʀʏʙʜʟ]/g
/** White letters on black circles and squares, which have no compatibility form. */
const WHITE_LETTER = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}]/gu
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const drawnPlainly = (text: string): string =>
  text
    .replace(SMALL_CAPITAL, (c) => LETTERS[SMALL_CAPITALS.indexOf(c)] ?? c)
    .replace(WHITE_LETTER, (c) => LETTERS[((c.codePointAt(0) ?? 0) - 0x1f150) % 32] ?? c)

const WIDE_GAP = /[\t*\r]| [ \n]|\n[ >]|<br/
const QUOTED_LINE = /\n[ \t]*(?:> ?){1,4}/g
const EMPHASIS = /\*{1,3}/g

/** One space, or one line break, where there are more, marks of quoted lines, or `<br>`; and no marks of emphasis. */
export function evenlySpaced(text: string): string {
  if (!WIDE_GAP.test(text)) return text
  const plain = text.includes('*') ? text.replace(EMPHASIS, '') : text
  return plain
    .replace(/\r\n?|<br ?\/?>/g, '\n')
    .replace(QUOTED_LINE, '\n')
    .replace(/[ \t]{2,}|\t/g, ' ')
    .replace(/ \n ?|\n /g, '\n')
}

// ---------------------------------------------------------------- spaced out

const SPACED_RUN = /(?<![\p{L}\p{N}])\p{L}(?:[ .\-_*|·]{1,3}\p{L}(?![\p{L}\p{N}])){4,200}/gu

/**
 * The text with spaced letters joined (`i g n o r e  a l l` → `ignore all`), where a wider gap ends a word; null when there are
 * none. Without wider gaps all becomes one word, which `SQUASHED` knows.
 */
export function despaced(text: string): string | null {
  if (text.search(SPACED_RUN) < 0) return null
  return text.replace(SPACED_RUN, (run) =>
    run
      .split(/[ .\-_*|·]{2,3}/)
      .map((word) => word.replace(/[ .\-_*|·]/g, ''))
      .join(' '),
  )
}

/** Attacks written as one word. */
export const SQUASHED =
  /(?:ignore|disregard|forget|bypass|override)(?:all|any|the|of|your|previous|prior|above|earlier){1,5}(?:instruction|rule|prompt|guideline|direction)|(?:reveal|show|print|output|repeat)(?:me|the|your|hidden|full){0,4}systemprompt/

// ---------------------------------------------------------------- digits for letters

// biome-ignore format: pairs
const DIGITS: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b', 9: 'g', '@': 'a', $: 's', '!': 'i', '|': 'l' }
const LEET_WORD =
  /(?=[a-z0-9@$!|]*[a-z])(?=[a-z0-9@$!|]*[0-9@$!|][a-z0-9]|[a-z]*[013457@$])[a-z0-9@$!|]{3,24}|\b[0-9]{1,2}\b/g

/** The text with digits read as letters inside words (`1gn0re` becomes `ignore`). Null if no word has both. */
export function deleeted(text: string): string | null {
  if (!/[a-z][013457@$][a-z0-9]|[013457@$][a-z]/.test(text)) return null
  const lettered = text.replace(LEET_WORD, (word) =>
    /[a-z]/.test(word) ? word.replace(/[0-9@$!|]/g, (c) => DIGITS[c] ?? c) : word,
  )
  // A 1 is read as i. In `a11` it stands for l.
  return lettered.replace(/\baii\b/g, 'all')
}

// ---------------------------------------------------------------- encoded

const RUNS_MAX = 8
const DECODED_CHARS_MAX = 4000

/** What is base64 of base64; read once more. */
const BASE64_TEXT = /^[A-Za-z0-9+/_-]{24,6000}={0,2}$/

const isReadable = (text: string): boolean => {
  if (text.length < 8) return false
  const plain = text.match(/[\n\t -~]/g)?.length ?? 0
  return plain / text.length > 0.9 && text.includes(' ')
}

const ROT13_WORDS = /\b(?:vtaber|qvfertneq|sbetrg|olcnff|erirny|vafgehpgvbaf?|flfgrz)\b/
const rot13 = (text: string): string =>
  text.replace(/[a-z]/gi, (c) => {
    const base = c <= 'Z' ? 65 : 97
    return String.fromCharCode(((c.charCodeAt(0) - base + 13) % 26) + base)
  })

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function fromBase32(text: string): string {
  let bits = 0
  let value = 0
  const out: number[] = []
  for (const c of text.replace(/=+$/, '')) {
    value = ((value << 5) | BASE32.indexOf(c)) & 0xffff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    out.push((value >> bits) & 0xff)
  }
  return Buffer.from(out).toString('latin1')
}

const unpercented = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )

const fromEntities = (text: string): string =>
  text.replace(/&#(x?)([0-9a-f]{2,6});/gi, (_, x: string, n: string) =>
    String.fromCodePoint(Math.min(Number.parseInt(n, x === '' ? 10 : 16) || 32, 0x10ffff)),
  )

// biome-ignore format: pairs
const MORSE: Readonly<Record<string, string>> = {
  '.-': 'a', '-...': 'b', '-.-.': 'c', '-..': 'd', '.': 'e', '..-.': 'f', '--.': 'g', '....': 'h', '..': 'i', '.---': 'j', '-.-': 'k',
  '.-..': 'l', '--': 'm', '-.': 'n', '---': 'o', '.--.': 'p', '--.-': 'q', '.-.': 'r', '...': 's', '-': 't', '..-': 'u', '...-': 'v',
  '.--': 'w', '-..-': 'x', '-.--': 'y', '--..': 'z',
}

const fromMorse = (text: string): string =>
  text.replace(/(?:[.-]{1,6}(?: \/ ?| {1,3}|$)){4,2000}/g, (run) =>
    run
      .split(/ \/ ?| {3}/)
      .map((word) =>
        word
          .split(' ')
          .map((c) => MORSE[c] ?? '')
          .join(''),
      )
      .join(' '),
  )

const fromBinary = (run: string): string =>
  run
    .match(/[01]{8}/g)
    ?.map((b) => String.fromCharCode(Number.parseInt(b, 2)))
    .join('') ?? ''

const fromCodes = (run: string): string =>
  String.fromCharCode(...(run.match(/\d+/g) ?? []).map((n) => Math.min(Number(n), 0xff)))

const ESCAPED =
  /\\(?:u00([2-7][0-9a-f])|u\{0{0,3}([2-7][0-9a-f])\}|x([2-7][0-9a-f])|([01]?[0-7]{2}))/gi
const fromEscapes = (text: string): string =>
  text.replace(ESCAPED, (_, u, braced, x, octal) =>
    String.fromCharCode(
      octal === undefined ? Number.parseInt(u ?? braced ?? x, 16) : Number.parseInt(octal, 8),
    ),
  )

/** How a run is recognised, and how it is read. */
const ENCODINGS: readonly (readonly [name: string, run: RegExp, read: (run: string) => string])[] =
  [
    [
      'base64',
      /[A-Za-z0-9+/_-]{24,6000}={0,2}/g,
      (r) => Buffer.from(r, 'base64').toString('latin1'),
    ],
    [
      'hex',
      /(?:(?:0x|%)?[0-9a-fA-F]{2}[ :,]{0,2}){14,3000}/g,
      (r) => Buffer.from(r.replace(/0x|[ :,%]/g, ''), 'hex').toString('latin1'),
    ],
    ['character_codes', /(?:\b\d{2,3}[ ,;]{1,2}){12,3000}\d{2,3}\b/g, fromCodes],
    ['base32', /[A-Z2-7]{24,6000}={0,6}/g, fromBase32],
    ['binary', /(?:[01]{8}[ ,]?){8,4000}/g, fromBinary],
    [
      'percent',
      /(?:[\w.,!?'@:/-]|%[0-9a-fA-F]{2}){4,2000}%20(?:[\w.,!?'@:/-]|%[0-9a-fA-F]{2}){4,4000}/g,
      unpercented,
    ],
  ]

/** What stands encoded in a text (before it was normalized), decoded one level. At most a few runs are read. */
export function decodings(text: string): { readonly encoding: string; readonly text: string }[] {
  const out: { encoding: string; text: string }[] = []
  for (const [encoding, runs, read] of ENCODINGS) {
    for (const [run] of [...text.matchAll(runs)].slice(0, RUNS_MAX)) {
      const decoded = read(run).slice(0, DECODED_CHARS_MAX)
      const said = decoded.replaceAll('\0', '')
      if (isReadable(said)) out.push({ encoding, text: normalized(said) })
      else if (encoding === 'base64' && BASE64_TEXT.test(said)) {
        const inner = Buffer.from(said, 'base64').toString('latin1')
        if (isReadable(inner)) out.push({ encoding, text: normalized(inner) })
      }
    }
  }
  if (/(?:\\(?:u00|u\{0{0,3}|x)[2-7][0-9a-f]|\\1[0-7]{2})/i.test(text))
    out.push({
      encoding: 'escapes',
      text: normalized(fromEscapes(text)).slice(0, DECODED_CHARS_MAX),
    })
  if (/&#x?[0-9a-f]{2,6};/i.test(text))
    out.push({
      encoding: 'entities',
      text: normalized(fromEntities(text)).slice(0, DECODED_CHARS_MAX),
    })
  if (/(?:[.-]{1,6} ){6}/.test(text))
    out.push({ encoding: 'morse', text: normalized(fromMorse(text)).slice(0, DECODED_CHARS_MAX) })
  if (ROT13_WORDS.test(text.toLowerCase()))
    out.push({ encoding: 'rot13', text: normalized(rot13(text)).slice(0, DECODED_CHARS_MAX) })
  if (/snoitcurtsni|tpmorp metsys/i.test(text))
    out.push({
      encoding: 'reversed',
      text: normalized(Array.from(text.slice(0, DECODED_CHARS_MAX)).toReversed().join('')),
    })
  return out
}

// ---------------------------------------------------------------- anchors of encoded words

/** Words that attacks hide in an encoding. Base64 of a capital differs, so both forms of frequent ones are listed. */
const HIDDEN_WORDS = [
  'ignore all',
  'instructions',
  'previous',
  'disregard',
  'system prompt',
  'Ignore all',
  'Disregard',
  'Ignore previous',
  'ignore previous',
]

/** Base64 of a word at each of the three places that it can have in a group, without what depends on its neighbours. */
function base64Anchors(word: string): string[] {
  return [0, 1, 2].map((skip) => {
    const encoded = Buffer.from('\0'.repeat(skip) + word)
      .toString('base64')
      .replace(/=+$/, '')
    const from = skip === 0 ? 0 : skip + 1
    const whole = Math.floor(((skip + word.length) * 8) / 6)
    return encoded.slice(from, whole)
  })
}

function base32Anchors(word: string): string[] {
  return [0, 1, 2, 3, 4].map((skip) => {
    let bits = ''
    for (const byte of Buffer.from('\0'.repeat(skip) + word))
      bits += byte.toString(2).padStart(8, '0')
    const from = Math.ceil((skip * 8) / 5)
    const to = Math.floor(bits.length / 5)
    let out = ''
    for (let i = from; i < to; i++)
      out += BASE32[Number.parseInt(bits.slice(i * 5, i * 5 + 5), 2)] ?? ''
    return out
  })
}

/** Three letters from inside a word, so that its first letter may be a capital, in writings of single characters. */
function charactersOf(letters: string): string[] {
  const codes = Array.from(letters, (c) => c.charCodeAt(0))
  const hex = codes.map((c) => c.toString(16))
  const joined = (list: readonly (string | number)[], before: string, after: string): string =>
    list.map((c) => `${before}${c}${after}`).join('')
  return [
    hex.join(' '),
    joined(hex, '0x', ' ').trim(),
    joined(hex, '0x', ', ').slice(0, -2),
    joined(hex, '%', ''),
    // JSON doubles a backslash; a client may also escape letters that need none.
    joined(hex, '\\\\x', ''),
    joined(hex, '\\\\u00', ''),
    joined(hex, '\\u00', ''),
    joined(hex, '\\\\u{', '}'),
    joined(
      codes.map((c) => c.toString(8)),
      '\\\\',
      '',
    ),
    codes.join(' '),
    codes.join(','),
    codes.join(', '),
    joined(codes, '&#', ';'),
    joined(codes, '&#0', ';'),
    joined(codes, '&#00', ';'),
    joined(hex, '&#x', ';'),
    joined(hex, '&#x00', ';'),
  ]
}

/**
 * Literals of attacks that are spaced out, written with digits, encoded or reversed. A text with one of them is decoded and
 * judged.
 */
export const WRITING_ANCHORS: readonly string[] = [
  ...HIDDEN_WORDS.flatMap(base64Anchors),
  ...['INSTRUCTIONS', 'SYSTEM PROMPT', 'Anweisungen', 'instrucciones', 'Systemprompt'].flatMap(
    base64Anchors,
  ),
  // Words in UTF-16, and base64 of base64.
  ...['ignore', 'instruct', 'previous'].flatMap((w) => base64Anchors(w.split('').join('\0'))),
  ...base64Anchors('instructions').flatMap(base64Anchors),
  ...['gno', 'nst', 'rev'].flatMap(charactersOf),
  ...['instructions', 'previous', 'ignore all'].flatMap(base32Anchors),
  ...['ignore', 'instruct', 'previous', 'disregard'].map((w) => Buffer.from(w).toString('hex')),
  ...['gno', 'nst', 'rev'].map((w) =>
    [...Buffer.from(w)].map((b) => b.toString(2).padStart(8, '0')).join(' '),
  ),
  '.. --. -. --- .-. .',
  '.. -. ... - .-. ..- -.-. -',
  'ignore%20',
  '%20instructions',
  '%20previous',
  '%20prompt',
  'vtaber nyy',
  'vafgehpgvbaf',
  'cerivbhf vaf',
  'flfgrz cebzcg',
  'snoitcurtsni',
  'tpmorp metsys',
  ...[
    'ignore',
    'instru',
    'system',
    'prompt',
    'disreg',
    'forget',
    'bypass',
    'previo',
    'reveal',
  ].flatMap((w) => [' ', '.', '-', '_', '*'].map((gap) => w.slice(0, 5).split('').join(gap))),
  '1gn0re',
  '1gnore',
  'ign0re',
  '1gn0r3',
  'ign0r3',
  'ignor3',
  '1nstruct',
  'in5truct',
  '1n5truc',
  'instruc710',
  'pr3v10u',
  'prev1ous',
  'pr3vious',
  'syst3m',
  '5yst3m',
  'sy5tem',
  'pr0mpt',
  'byp4ss',
  'byp455',
  'd1sregard',
  'disr3gard',
  'f0rget',
  'forg3t',
  'rev3al',
  'r3v34l',
  'r3veal',
  '1ns7ruc',
  '1n57ruc',
  'un4uthor',
  'restr1ct',
  'r3str1ct',
]
