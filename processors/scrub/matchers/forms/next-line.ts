// Values in the line below their name: what a command prints that reads a secret (`cat /run/secrets/db_password` and a line),
// a part of a form (`name="password"`, an empty line, the value), a complaint of Pydantic about one (`input_value='V'`),
// a label alone in its line.

import { latinText } from '../../value/bytes.ts'

/** What is asked of the value that is looked at. */
interface Looked {
  readonly b: Uint8Array
  readonly from: number
  at(p: number): number
  spend(bytes: number): void
}

/** A name in the text. */
interface Named {
  readonly from: number
  readonly to: number
}

/** How far behind the name the value begins, and the quotes before it. */
export interface LineBelow {
  readonly length: number
  readonly open: string
  /** The form alone is as sure as an assignment. */
  readonly isSure: boolean
}

const EOL = String.raw`(?:\r?\n|(?:\\+r)?\\+n)`
/** A line that is a label alone, and below it a line that is a word alone. */
const BELOW = /^[ \t]{0,4}\r?\n(?=\S{6,64}[ \t]{0,4}(?:\r?\n|$))/
/** `name="password"`, perhaps more headers, an empty line. */
const PART = new RegExp(
  String.raw`^\\*"(?:; ?[^\n\\]{0,80})?(?:${EOL}[A-Z][\w-]{1,30}: [^\n\\]{0,80}){0,3}${EOL}{2}(?=\S)`,
)
const PART_BEFORE = /form-data; ?name=\\*"[\w.[\]-]{0,40}$/i
const PYDANTIC = /^\r?\n {1,4}[^\n[]{4,120}\[type=\w{1,40}, input_value=(['"])/
/** The rest of a command, and a line that is a word alone, perhaps in quotes. */
const OUTPUT = new RegExp(
  String.raw`^[^\n\\]{0,100}?${EOL}[ \t]{0,2}(["'${'`'}]?)(?=[^\s"'${'`'}\\]{6,512}["'${'`'}]?[ \t]{0,4}(?:${EOL}|\\*["'${'`'}]|$))`,
)
const READS =
  'cat|echo|printenv|print|vault|kubectl|gcloud|aws|op|pass|security|doppler|heroku|az|bw|sops|gh|head|tail|jq|get|lpass|chamber|infisical|node -p|python3? -c|openssl|pwgen'
/** `$ `, `root@db:/# `, `>>> `, `In [3]: `, `mysql> `, or a command that reads. */
const COMMAND = new RegExp(
  String.raw`^\s{0,4}(?:(?:[\w.@:~\/ \[\]()-]{0,40}[$#%>] |>>> |In \[\d{1,4}\]: |\+ )\S|(?:sudo )?(?:${READS}) )`,
)
/** What prints names, digests and revisions. */
const PRINTS_OTHERS = /\b(?:git|svn|hg|\w{1,8}sum|docker|ls|find|grep|rg|stat|npm|pip|uuidgen)\b/
const LINE_BACK = 160
const REST_MAX = 101
const WORD_MIN = 5

/** The line below the name at `name`; `text` is what stands behind it. */
export function lineBelow(s: Looked, name: Named, text: string): LineBelow | null {
  const below = isLineStart(s, name.from) ? (BELOW.exec(text) ?? PYDANTIC.exec(text)) : null
  if (below !== null) return { length: below[0].length, open: below[1] ?? '', isSure: false }
  const part = text.startsWith('"') || text.startsWith('\\') ? PART.exec(text) : null
  if (part !== null && PART_BEFORE.test(before(s, name)))
    return { length: part[0].length, open: '', isSure: true }
  const output = endsLine(text) ? OUTPUT.exec(text) : null
  if (output === null) return null
  const line = before(s, name)
  const command = line.slice(line.lastIndexOf('\n') + 1).replace(/^.*(?:\\n|: ?")/, '')
  if (!COMMAND.test(command) || PRINTS_OTHERS.test(command)) return null
  return { length: output[0].length, open: output[1] ?? '', isSure: false }
}

/** A line ends within reach, and the next one is a word alone, as far as can be seen. */
function endsLine(text: string): boolean {
  const plain = text.indexOf('\n')
  const isPlain = plain >= 0 && plain <= REST_MAX
  const at = isPlain ? plain + 1 : text.indexOf('\\n') + 2
  if (at < (isPlain ? 1 : 2) || at > REST_MAX + 4) return false
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i)
    // A blank ends the word: what follows it must end the line.
    if (c === 0x20)
      return i > at + WORD_MIN && /^ {0,4}(?:\r?\n|\\|["'`]|$)/.test(text.slice(i, i + 8))
    if (c === 0x0a || c === 0x5c || c === 0x0d) return i > at + WORD_MIN
  }
  return true
}

function isLineStart(s: Looked, p: number): boolean {
  return p === s.from || s.at(p - 1) === 0x0a
}

function before(s: Looked, name: Named): string {
  const low = Math.max(s.from, name.from - LINE_BACK)
  s.spend(name.from - low)
  return latinText(s.b, low, name.from)
}
