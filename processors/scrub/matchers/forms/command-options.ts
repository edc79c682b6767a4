// The table of commands, ready to be asked: for a name the rows that it has, and for a word of its line what it says.

import { COMMAND_FORMS, COMMON_OPTIONS, type CommandForm, type Proof } from './command-forms.ts'

export interface CommandRow {
  readonly names: RegExp
  readonly sub: RegExp | null
  readonly proof: Proof
  readonly isGrouped: boolean
  readonly isLeading: boolean
  /** By option: the form of the word behind it. */
  readonly next: ReadonlyMap<string, RegExp>
  /** What such words begin with whose rest is the password. */
  readonly joined: readonly string[]
  /** Forms that any word may have. */
  readonly forms: readonly RegExp[]
  /** Which of the words that are no options. */
  readonly places: readonly number[]
  readonly special: 'share' | 'last' | null
  /** A password may stand there without an option. */
  readonly isPlain: boolean
}

/** The password is group 1. */
const FORMS: Readonly<Record<string, RegExp>> = {
  _: /^(.+)$/s,
  'u:_': /^[^:\s]{0,128}:(.+)$/s,
  'u%_': /^[^%\s]{1,128}%(.+)$/s,
  'u,_': /^[^,\s]{1,64},(.+)$/s,
  'u/_': /^(?:userid=|target[ =])?["\\]{0,2}[\w$#.]{1,40}\/\\*"?([^\s@/"\\]{4,})\\*"?(?:@.*)?$/i,
  'u/_@': /^(?:userid=|target[ =])?["\\]{0,2}[\w$#.]{1,40}\/(?!\/)\\*"?([^\s@/"\\]{3,})\\*"?@/i,
  // Of impacket: a domain may stand before the user.
  'u:_@': /^(?:[\w.-]{1,64}\/)?[\w.$-]{1,64}:(.{3,128})@[\w.:-]{1,128}$/,
  'pass:_': /^pass:(.+)$/s,
  's:_': /^s:(.+)$/,
  'user=u:_': /(?:^|,)user=[^:,]{1,64}:([^,]+)/,
  'k=_': /^[\w.:-]{1,64}=(.{6,128})$/,
  eyJ_: /^(eyJ[\w+/=-]{40,}(?:\.[\w-]+){0,2})$/,
  'open-u': /^open -u [^,\s]{1,64},(\S+)/,
  'password=_': /(?:^|,)password=([^,]+)/,
  'pass=_': /(?:^|,)pass=([^,]+)/,
}

function formOf(name: string): RegExp {
  const form = FORMS[name]
  if (form === undefined) throw new RangeError(`no form ${name}`)
  return form
}

function rowOf(row: CommandForm): CommandRow {
  const next = new Map<string, RegExp>()
  const joined: string[] = []
  const forms: RegExp[] = []
  const places: number[] = []
  let special: CommandRow['special'] = null
  for (const option of row.options) {
    const [flag = '', value] = option.split(' ')
    if (value !== undefined) next.set(flag, formOf(value))
    else if (flag === 'share' || flag === 'last') special = flag
    else if (/^\d$/.test(flag)) places.push(Number(flag))
    else if (FORMS[flag] !== undefined) forms.push(formOf(flag))
    else joined.push(flag.slice(0, -1))
  }
  return {
    names: new RegExp(String.raw`^(?:${row.names})(?:64)?(?:\.(?:exe|py|sh|bat|cmd))?$`, 'i'),
    sub: row.sub ?? null,
    proof: row.proof ?? 'any',
    isGrouped: row.grouped === true,
    isLeading: row.leading === true,
    next,
    joined,
    forms,
    places,
    special,
    isPlain:
      forms.length + places.length > 0 ||
      special !== null ||
      [...next.keys(), ...joined].some((flag) => /^\w/.test(flag)),
  }
}

const ROWS = COMMAND_FORMS.map(rowOf)
const COMMON = rowOf({ names: '', options: COMMON_OPTIONS, proof: 'quoted' })
const KNOWN_MAX = 512
const known = new Map<string, readonly CommandRow[]>()

/** The rows of a name, the one of every command last. */
export function rowsOf(name: string): readonly CommandRow[] {
  const before = known.get(name)
  if (before !== undefined) return before
  if (known.size >= KNOWN_MAX) known.clear()
  const rows = [...ROWS.filter((r) => r.names.test(name)), COMMON]
  known.set(name, rows)
  return rows
}
