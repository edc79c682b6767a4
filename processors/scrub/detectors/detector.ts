// What a detector is: the row that the tables of this folder are made of. A row says which literals lead to it (`anchors`,
// found by the kernel), what the secret looks like (`shape`), what proves or refutes it, and whether it is on without
// being asked. How a shape is matched is in `matchers/`.

import type { SetName } from '../value/bytes.ts'

/** A literal start and a body of one character set. */
export interface TokenShape {
  readonly kind: 'token'
  readonly body: SetName
  readonly min: number
  /** A longer run is refused; default: no bound, the whole run is masked. */
  readonly max?: number
  /** Needs at least this entropy (bits a character) of the body. */
  readonly entropy?: number
  /** The body must hold a digit. */
  readonly digit?: true
  /** The body must hold this literal. */
  readonly holds?: string
  /** May go on as a JWT does: dots with more behind them. */
  readonly dotted?: true
  /** The literal is so telling that documented samples go too: runs of one character, `EXAMPLE`. */
  readonly samples?: true
  /** Tail checksum that raises confidence; the token is masked either way. */
  readonly crc?: true
}

/** A form that needs its own code, by name: see `matchers/table.ts`. */
export interface CodeShape {
  readonly kind: 'code'
  readonly run: CodeName
}

/** A value of a fixed form within `reach` bytes after a vendor's name. */
export interface NearShape {
  readonly kind: 'near'
  readonly body: SetName
  /** The shortest first. */
  readonly lengths: readonly number[]
  readonly reach: number
  readonly entropy: number
}

// biome-ignore format: a list of names
export type CodeName =
  | 'openai' | 'openai_compat' | 'aws_key_id' | 'aws_secret' | 'bearer' | 'basic' | 'jwt' | 'cookie' | 'email' | 'card' | 'ssn'
  | 'itin' | 'iban' | 'phone' | 'ipv4' | 'ipv6' | 'pem' | 'gcp' | 'azure_sas' | 'azure_secret' | 'gitlab' | 'mailgun' | 'mailchimp'
  | 'command' | 'statement' | 'login' | 'session_id' | 'iban_word' | 'iban_start' | 'auth_value' | 'email_words' | 'number_column' | 'slack_hook' | 'discord_hook' | 'telegram' | 'sendgrid' | 'atlassian' | 'terraform' | 'url' | 'password' | 'secret_value' | 'base64' | 'passport' | 'telegram_url' | 'kubernetes_secret'
  | 'dsn' | 'cookie_file' | 'cookie_object' | 'piped' | 'putty_key' | 'jwk' | 'xml_key' | 'seed_words' | 'discord_bot' | 'airtable' | 'office_hook' | 'typed_value' | 'sidekiq' | 'wallet_key' | 'branded' | 'host_login' | 'dialogue' | 'here_string' | 'account' | 'literal_form' | 'near_form' | 'der_key' | 'labelled_code' | 'national_id'

export interface Detector {
  /** Type name: in markers, metrics and configuration. */
  readonly id: string
  readonly title: string
  readonly group: 'token' | 'header' | 'personal' | 'key material' | 'context'
  /** Literals; lower-case letters match either case when `anyCase`. */
  readonly anchors: readonly string[]
  readonly anyCase?: true
  /** What must not stand left of the anchor: `alnum`, `word` ([A-Za-z0-9_-]) or `any` (no condition). */
  readonly left: 'alnum' | 'word' | 'any'
  /** A name may stand there all the same when the body looks drawn at random (`matchers/glued-tokens.ts`). */
  readonly gluable: boolean
  readonly shape: TokenShape | CodeShape | NearShape
  /** Checksum or rule that must hold, in words. */
  readonly check?: string
  /** What is not taken for it, in words. */
  readonly guard?: string
  readonly context?: string
  /** Default on. */
  readonly on: boolean
  /** Wins over a lower rank where two overlap. 0 generic .. 9 exact. */
  readonly rank: number
  /** Few possible values: a pseudonym of it could be found by trying them all, so none is made unless asked. */
  readonly guessable?: true
  /** Type name of the row's second form, where one matcher reports two. */
  readonly also?: string
}

export const code = (run: CodeName): CodeShape => ({ kind: 'code', run })
export const body = (set: SetName, min: number, more: Partial<TokenShape> = {}): TokenShape => ({
  kind: 'token',
  body: set,
  min,
  ...more,
})
export const near = (set: SetName, lengths: readonly number[], entropy: number): NearShape => ({
  kind: 'near',
  body: set,
  lengths,
  reach: 60,
  entropy,
})

/** What a row must say; for the rest there are defaults. */
type Row = Pick<Detector, 'id' | 'title' | 'anchors'> & Partial<Detector>

/** A secret that announces itself by a literal at its start, or that has a form of its own. */
export const token = (row: Row & Pick<Detector, 'shape'>): Detector => ({
  group: 'token',
  left: 'alnum',
  gluable: (row.group ?? 'token') === 'token',
  on: true,
  rank: 7,
  ...row,
})

/** A key without a literal of its own, near the name of its vendor. */
export const vendor = (row: Row & { readonly shape: NearShape }): Detector => ({
  group: 'context',
  anyCase: true,
  left: 'any',
  gluable: false,
  context: row.anchors.join(', '),
  on: true,
  rank: 4,
  ...row,
})
