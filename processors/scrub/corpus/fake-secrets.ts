// For tests and benchmarks: secrets that nobody ever issued, well formed by the rules of their issuers and drawn
// from a seed, so that none has to stand in the repository. Checksums are right, names are random syllables.

import { crc32, isIban, isSsn, issuerOf, passesLuhn } from '../value/checksums.ts'
import { isAwsSecretLike } from '../value/randomness.ts'

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const DIGITS = '0123456789'
const ALNUM = LOWER + UPPER + DIGITS
const HEX = '0123456789abcdef'
const BASE62 = DIGITS + UPPER + LOWER

/** Small seeded generator (xorshift32). */
export class Draw {
  #s: number

  constructor(seed: number) {
    this.#s = (seed * 2_654_435_761) | 0 || 1
    for (let i = 0; i < 8; i++) this.below(2)
  }

  below(n: number): number {
    let s = this.#s
    s ^= s << 13
    s ^= s >>> 17
    s ^= s << 5
    this.#s = s
    return (s >>> 0) % n
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  chars(set: string, n: number): string {
    let t = ''
    for (let i = 0; i < n; i++) t += set[this.below(set.length)]
    return t
  }

  word(): string {
    const syllables = [
      'ba',
      'con',
      'del',
      'fi',
      'gor',
      'hul',
      'ja',
      'kem',
      'lo',
      'mi',
      'nu',
      'pe',
      'qua',
      'ri',
      'sto',
      'tal',
      'uv',
      'wen',
      'xi',
      'zor',
    ]
    return this.of(syllables) + this.of(syllables) + (this.below(2) === 0 ? this.of(syllables) : '')
  }
}

function githubToken(d: Draw, prefix: string): string {
  const body = d.chars(ALNUM, 30)
  let c = crc32(Buffer.from(body), 0, 30)
  let tail = ''
  for (let i = 0; i < 6; i++) {
    tail = BASE62[c % 62] + tail
    c = Math.floor(c / 62)
  }
  return prefix + body + tail
}

function jwt(d: Draw): string {
  const part = (o: object): string => Buffer.from(JSON.stringify(o)).toString('base64url')
  return `${part({ alg: d.of(['HS256', 'RS256', 'ES256']), typ: 'JWT' })}.${part({ sub: d.chars(DIGITS, 9), iss: `https://${d.word()}.test/`, exp: 1_900_000_000 })}.${d.chars(`${ALNUM}_-`, 43)}`
}

const CARD_HEADS: readonly (readonly [string, number])[] = [
  ['4', 16],
  ['51', 16],
  ['55', 16],
  ['2221', 16],
  ['2720', 16],
  ['34', 15],
  ['37', 15],
  ['6011', 16],
  ['65', 16],
  ['644', 16],
  ['3530', 16],
  ['3589', 16],
  ['36', 14],
  ['38', 14],
  ['305', 14],
  ['62', 16],
  ['62', 19],
]

export function card(d: Draw): string {
  const [head, n] = d.of(CARD_HEADS)
  for (;;) {
    const text = head + d.chars(DIGITS, n - head.length)
    const digits = Uint8Array.from(text, Number)
    if (issuerOf(digits, n) === 2 && passesLuhn(digits, n)) return text
  }
}

function grouped(text: string, by: string): string {
  const sizes = text.length === 15 ? [4, 6, 5] : text.length === 14 ? [4, 6, 4] : [4, 4, 4, 4, 3]
  const out: string[] = []
  let i = 0
  for (const size of sizes) {
    if (i >= text.length) break
    out.push(text.slice(i, i + size))
    i += size
  }
  return out.join(by)
}

function ssn(d: Draw): string {
  for (;;) {
    const text = d.chars(DIGITS, 9)
    if (isSsn(Uint8Array.from(text, Number))) return text
  }
}

function iban(d: Draw): string {
  const [country, n] = d.of([
    ['DE', 22],
    ['FR', 27],
    ['ES', 24],
    ['NL', 18],
    ['GB', 22],
    ['NO', 15],
    ['PL', 28],
  ] as const)
  const bank = country === 'NL' || country === 'GB' ? d.chars(UPPER, 4) : d.chars(DIGITS, 4)
  const rest = bank + d.chars(DIGITS, n - 8)
  for (let check = 2; check < 99; check++) {
    const text = country + String(check).padStart(2, '0') + rest
    if (isIban(text)) return text
  }
  return iban(d)
}

function awsSecret(d: Draw): string {
  for (;;) {
    const text = d.chars(`${ALNUM}/+`, 40)
    if (isAwsSecretLike(Buffer.from(text), 0, 40)) return text
  }
}

function pem(d: Draw): string {
  const kind = d.of(['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED '])
  const lines = Array.from({ length: 4 + d.below(8) }, () => d.chars(`${ALNUM}+/`, 64))
  return `-----BEGIN ${kind}PRIVATE KEY-----\n${lines.join('\n')}\n${d.chars(ALNUM, 30)}==\n-----END ${kind}PRIVATE KEY-----`
}

function password(d: Draw): string {
  return `${d.of(['T', 'K', 'V'])}${d.word()}${d.of(['!', '#', '$', '_', '.', '%'])}${d.chars(DIGITS, 3)}${d.chars(LOWER, 2)}`
}

const JOINT = 'T3Blbk' + 'FJ'

/** One drawn value by type name; null for a type that has no free-standing form. */
// biome-ignore format: a table, one row a type
export const FAKES: Readonly<Record<string, (d: Draw) => string>> = {
  openai_key: (d) => d.below(3) === 0 ? `sk-${d.chars(ALNUM, 20)}${JOINT}${d.chars(ALNUM, 20)}` : `sk-${d.of(['proj', 'svcacct', 'admin'])}-${d.chars(`${ALNUM}_-`, 58)}${JOINT}${d.chars(`${ALNUM}_-`, 57)}${d.chars(ALNUM, 1)}`,
  openai_compat_key: (d) => d.below(2) === 0 ? `sk-${d.chars(HEX, 32)}` : `sk-${d.chars(ALNUM, 48)}`,
  anthropic_key: (d) => `sk-ant-${d.of(['api03', 'admin01', 'oat01'])}-${d.chars(`${ALNUM}_-`, 93)}AA`,
  aws_access_key_id: (d) => `${d.of(['AKIA', 'ASIA'])}${d.chars(`${UPPER}234567`, 16)}`,
  aws_secret_key: awsSecret,
  github_token: (d) => d.below(3) === 0 ? `github_pat_${d.chars(ALNUM, 22)}_${d.chars(ALNUM, 59)}` : githubToken(d, d.of(['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'])),
  bearer_token: (d) => d.below(3) === 0 ? jwt(d) : d.below(2) === 0 ? d.chars(HEX, 40) : d.chars(`${ALNUM}-._~`, 31) + '7',
  basic_auth_header: (d) => Buffer.from(`${d.word()}:${password(d)}`).toString('base64'),
  jwt,
  email: (d) => `${d.word()}${d.of(['.', '_', '-', '+', ''])}${d.word()}${d.below(2) === 0 ? d.below(100) : ''}@${d.word()}.${d.of(['com', 'de', 'co.uk', 'io', 'org', 'fr', 'com.br', 'jp'])}`,
  credit_card: (d) => { const c = card(d); return d.below(2) === 0 ? c : grouped(c, d.of([' ', '-', '\u00a0'])) },
  ssn: (d) => { const s = ssn(d); return `${s.slice(0, 3)}-${s.slice(3, 5)}-${s.slice(5)}` },
  iban: (d) => { const i = iban(d); return d.below(2) === 0 ? i : (i.match(/.{1,4}/g) as string[]).join(' ') },
  phone: (d) => d.of([`+1 ${d.of(['212', '415', '646'])} 555 01${d.chars(DIGITS, 2)}`, `(${d.of(['312', '503'])}) 555-01${d.chars(DIGITS, 2)}`, `+44 20 7946 0${d.chars(DIGITS, 3)}`, `+4930${d.chars('123456789', 1)}${d.chars(DIGITS, 7)}`, `+33 1 99 00 ${d.chars(DIGITS, 2)} ${d.chars(DIGITS, 2)}`]),
  private_key: pem,
  google_api_key: (d) => `AIza${d.chars(`${ALNUM}_-`, 34)}${d.chars(ALNUM, 1)}`,
  google_oauth_token: (d) => d.below(2) === 0 ? `ya29.${d.chars(`${ALNUM}_-`, 60)}` : `GOCSPX-${d.chars(`${ALNUM}_-`, 28)}`,
  azure_client_secret: (d) => `${d.chars(ALNUM, 3)}${d.chars(DIGITS, 1)}Q~${d.chars(`${ALNUM}_~`, 33)}${d.chars(ALNUM, 1)}`,
  huggingface_token: (d) => `hf_${d.chars(LOWER + UPPER, 34)}`,
  groq_key: (d) => `gsk_${d.chars(ALNUM, 52)}`,
  xai_key: (d) => `xai-${d.chars(ALNUM, 80)}`,
  openrouter_key: (d) => `sk-or-v1-${d.chars(HEX, 64)}`,
  replicate_token: (d) => `r8_${d.chars(ALNUM, 37)}`,
  perplexity_key: (d) => `pplx-${d.chars(ALNUM, 48)}`,
  nvidia_key: (d) => `nvapi-${d.chars(`${ALNUM}_-`, 63)}${d.chars(ALNUM, 1)}`,
  databricks_token: (d) => `dapi${d.chars(HEX, 32)}`,
  langfuse_secret: (d) => `sk-lf-${uuid(d)}`,
  langsmith_key: (d) => `lsv2_${d.of(['pt', 'sk'])}_${d.chars(HEX, 32)}_${d.chars(HEX, 10)}`,
  elevenlabs_key: (d) => `sk_${d.chars(HEX, 48)}`,
  pinecone_key: (d) => `pcsk_${d.chars(ALNUM, 60)}`,
  stripe_key: (d) => `${d.of(['sk', 'rk'])}_${d.of(['live', 'test'])}_${d.chars(ALNUM, 24)}`,
  slack_token: (d) => `xoxb-${d.chars('123456789', 12)}-${d.chars('123456789', 12)}-${d.chars(ALNUM, 24)}`,
  slack_webhook: (d) => `https://hooks.slack.com/services/T${d.chars(UPPER + DIGITS, 8)}/B${d.chars(UPPER + DIGITS, 10)}/${d.chars(ALNUM, 24)}`,
  discord_webhook: (d) => `https://discord.com/api/webhooks/${d.chars('123456789', 18)}/${d.chars(`${ALNUM}_-`, 67)}${d.chars(ALNUM, 1)}`,
  telegram_token: (d) => `${d.chars('123456789', 10)}:AA${d.chars(`${ALNUM}_-`, 32)}${d.chars(ALNUM, 1)}`,
  npm_token: (d) => githubToken(d, 'npm_'),
  pypi_token: (d) => `pypi-AgEIcHlwaS5vcmc${d.chars(`${ALNUM}_-`, 120)}${d.chars(ALNUM, 1)}`,
  gitlab_token: (d) => `glpat-${d.chars(`${ALNUM}_-`, 19)}${d.chars(ALNUM, 1)}`,
  docker_token: (d) => `dckr_pat_${d.chars(`${ALNUM}_-`, 26)}${d.chars(ALNUM, 1)}`,
  digitalocean_token: (d) => `dop_v1_${d.chars(HEX, 64)}`,
  shopify_token: (d) => `shpat_${d.chars(HEX, 32)}`,
  sendgrid_key: (d) => `SG.${d.chars(`${ALNUM}_-`, 22)}.${d.chars(`${ALNUM}_-`, 42)}${d.chars(ALNUM, 1)}`,
  mailgun_key: (d) => `key-${d.chars(HEX, 32)}`,
  atlassian_token: (d) => `ATATT3xFfGF0${d.chars(`${ALNUM}_-`, 170)}=${d.chars(HEX.toUpperCase(), 8)}`,
  vault_token: (d) => `hvs.${d.chars(`${ALNUM}_-`, 94)}${d.chars(ALNUM, 1)}`,
  terraform_token: (d) => `${d.chars(ALNUM, 14)}.atlasv1.${d.chars(`${ALNUM}_-`, 66)}${d.chars(ALNUM, 1)}`,
  doppler_token: (d) => `dp.pt.${d.chars(ALNUM, 43)}`,
  grafana_token: (d) => `glsa_${d.chars(ALNUM, 32)}_${d.chars(HEX, 8)}`,
  sentry_token: (d) => `sntryu_${d.chars(HEX, 64)}`,
  postman_key: (d) => `PMAK-${d.chars(HEX, 24)}-${d.chars(HEX, 34)}`,
  linear_key: (d) => `lin_api_${d.chars(ALNUM, 40)}`,
  figma_token: (d) => `figd_${d.chars(`${ALNUM}_-`, 39)}${d.chars(ALNUM, 1)}`,
  supabase_key: (d) => `sbp_${d.chars(HEX, 40)}`,
  password,
}

export function uuid(d: Draw): string {
  return [8, 4, 4, 4, 12].map((n) => d.chars(HEX, n)).join('-')
}

/** One value of a type. */
export function fake(type: string, d: Draw): string {
  const make = FAKES[type]
  if (make === undefined) throw new Error(`no fake of type ${type}`)
  return make(d)
}
