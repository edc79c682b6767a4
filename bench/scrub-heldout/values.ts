// Makes well-formed fake secrets, one function for each labelled type. Personal data is made in personal.ts. None of the
// values was ever issued.

import { crcTail } from './checksums.ts'
import {
  creditCard,
  email,
  fold,
  iban,
  type Maker,
  phone,
  ssn,
  type Vocabulary,
} from './personal.ts'
import { ALNUM, BASE64, BASE64URL, DIGITS, HEX, LOWER, type Random, UPPER } from './random.ts'
import type { SecretType } from './types.ts'

const OPENAI_MARKER = ['T3Blbk', 'FJ'].join('')

/**
 * Base64url that begins and ends with an alphanumeric character, because tokens are often followed by quotes or punctuation.
 */
const urlSafe = (random: Random, length: number): string =>
  random.chars(ALNUM, 1) + random.chars(BASE64URL, length - 2) + random.chars(ALNUM, 1)

const base64url = (text: string): string => Buffer.from(text, 'utf8').toString('base64url')

function entropyBits(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** Draws until the value looks as random as real ones do, so that no label depends on an unlikely value. */
function mixed(draw: () => string, minimumBits: number): string {
  for (;;) {
    const value = draw()
    if (/\d/.test(value) && /[a-zA-Z]/.test(value) && entropyBits(value) >= minimumBits)
      return value
  }
}

function openaiKey(random: Random, _: Vocabulary, variant: string): string {
  const form =
    variant || random.pick(['legacy', 'proj', 'proj', 'proj', 'svcacct', 'admin', 'short'])
  const around = (prefix: string, half: number): string =>
    prefix + urlSafe(random, half) + OPENAI_MARKER + urlSafe(random, half)
  switch (form) {
    case 'legacy':
      return `sk-${random.chars(ALNUM, 20)}${OPENAI_MARKER}${random.chars(ALNUM, 20)}`
    case 'short':
      return `sk-proj-${random.chars(ALNUM, 20)}${OPENAI_MARKER}${random.chars(ALNUM, 20)}`
    case 'svcacct':
      return around('sk-svcacct-', random.pick([58, 74]))
    case 'admin':
      return around('sk-admin-', random.pick([58, 74]))
    case 'cut':
      return around('sk-proj-', 74).slice(0, random.int(90, 140))
    default:
      return around('sk-proj-', random.pick([58, 74]))
  }
}

function anthropicKey(random: Random, _: Vocabulary, variant: string): string {
  const prefix = random.pick(['sk-ant-api03-', 'sk-ant-api03-', 'sk-ant-admin01-', 'sk-ant-oat01-'])
  const key = `${prefix}${urlSafe(random, 93)}AA`
  return variant === 'cut' ? key.slice(0, random.int(60, 95)) : key
}

function githubToken(random: Random, _: Vocabulary, variant: string): string {
  const form =
    variant || random.pick(['ghp', 'ghp', 'ghp', 'gho', 'ghu', 'ghs', 'ghr', 'pat', 'pat'])
  if (form === 'pat') return `github_pat_${random.chars(ALNUM, 22)}_${random.chars(ALNUM, 59)}`
  const body = random.chars(ALNUM, 30)
  return `${form}_${body}${crcTail(body)}`
}

function awsAccessKeyId(random: Random): string {
  const prefix = random.pick(['AKIA', 'AKIA', 'AKIA', 'ASIA', 'ABIA'])
  return prefix + mixed(() => random.chars(`${UPPER}234567`, 16), 3.2)
}

function awsSecretKey(random: Random): string {
  return mixed(
    () => random.chars(ALNUM, 1) + random.chars(BASE64, 38) + random.chars(ALNUM, 1),
    4.2,
  )
}

const NAME_CLAIMS = ['sub', 'tid', 'org', 'workspace', 'device'] as const

function jwt(random: Random): string {
  const alg = random.pick(['HS256', 'RS256', 'ES256', 'HS512', 'EdDSA'])
  const header = random.pick([
    { alg, typ: 'JWT' },
    { typ: 'JWT', alg },
    { alg, kid: random.chars(HEX, 16), typ: 'at+jwt' },
    { alg },
  ])
  const issued = random.int(1_690_000_000, 1_790_000_000)
  const claims = {
    [random.pick(NAME_CLAIMS)]: random.chars(LOWER + DIGITS, 12),
    iat: issued,
    exp: issued + 3600,
    scope: random.pick(['read', 'read write', 'chat:send', 'admin']),
  }
  const bytes =
    alg === 'RS256' ? 342 : alg === 'HS512' || alg === 'ES256' || alg === 'EdDSA' ? 86 : 43
  const tail = urlSafe(random, bytes)
  return `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}.${tail}`
}

function bearerToken(random: Random, _: Vocabulary, variant: string): string {
  const form =
    variant || random.pick(['opaque', 'opaque', 'hex', 'jwt', 'padded', 'prefixed', 'uuid'])
  switch (form) {
    case 'hex':
      return mixed(() => random.chars(HEX, random.pick([32, 40, 64])), 2.8)
    case 'jwt':
      return jwt(random)
    case 'padded':
      return `${mixed(() => random.chars(BASE64, random.pick([42, 54])), 4)}==`
    case 'prefixed':
      return `${random.pick(['mcp_at_', 'tok-', 'sess_', 'v2.local.', 'oat_'])}${mixed(() => urlSafe(random, 40), 4)}`
    case 'uuid':
      return uuid(random)
    default:
      return mixed(() => urlSafe(random, random.int(22, 64)), 3.8)
  }
}

export function uuid(random: Random): string {
  const h = random.chars(HEX, 30)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(12, 15)}-${random.pick('89ab'.split(''))}${h.slice(15, 18)}-${h.slice(18, 30)}`
}

const SYMBOLS = '!#$*-_.'

/** A password that always has a digit and at least 8 characters, so that it cannot be taken for a word. */
function password(random: Random, vocabulary: Vocabulary, variant: string): string {
  const word = random.pick(vocabulary.words('passphrase'))
  const forms: Readonly<Record<string, () => string>> = {
    human: () => `${word}${random.int(10, 9999)}${random.pick('!#*'.split(''))}`,
    random: () => mixed(() => random.chars(ALNUM, random.int(10, 20)), 2.8),
    symbols: () =>
      mixed(
        () =>
          `${random.chars(ALNUM, 5)}${random.chars(ALNUM + SYMBOLS, 8)}${random.chars(ALNUM, 2)}`,
        3,
      ),
    url: () => mixed(() => random.chars(ALNUM, random.int(9, 22)), 2.8),
    pct: () =>
      `${random.chars(ALNUM, 5)}%40${mixed(() => random.chars(ALNUM, 5), 1)}%23${random.chars(ALNUM, 2)}`,
  }
  const make = forms[variant] ?? forms[random.pick(['human', 'human', 'random', 'symbols'])]
  return (make as () => string)() // every name picked above is a key of forms
}

const PEM_LABELS = ['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY']

function privateKey(random: Random, _: Vocabulary, variant: string): string {
  const label = variant === 'encrypted' ? 'ENCRYPTED PRIVATE KEY' : random.pick(PEM_LABELS)
  const opening =
    label === 'OPENSSH PRIVATE KEY' ? 'b3BlbnNzaC1rZXktdjEA' : random.pick(['MIIE', 'MIIJ', 'MHcC'])
  const body = opening + random.chars(BASE64, random.int(300, 900))
  const newline = variant === 'escaped' ? '\\n' : variant === 'flat' ? ' ' : '\n'
  const lines = body.match(/.{1,64}/g) ?? []
  const begin = `-----BEGIN ${label}-----${newline}`
  if (variant === 'indent')
    return ['    ' + begin.trim(), ...lines.map((l) => `    ${l}`), `    -----END ${label}-----`]
      .join('\n')
      .trimStart()
  if (variant === 'cut') return begin + lines.slice(0, random.int(3, 5)).join(newline)
  return `${begin}${lines.join(newline)}${newline}-----END ${label}-----`
}

function slackToken(random: Random): string {
  const n = (): string =>
    random.pick(['1', '2', '4', '6']) + random.chars(DIGITS, random.int(10, 12))
  return random.pick([
    `xoxb-${n()}-${n()}-${random.chars(ALNUM, 24)}`,
    `xoxp-${n()}-${n()}-${n()}-${random.chars(HEX, 32)}`,
    `xapp-1-A${random.chars(UPPER + DIGITS, 10)}-${n()}-${random.chars(HEX, 64)}`,
  ])
}

/** Vendors beyond the labelled types. The detector table has the prefix or context of each. */
const OTHER_VENDOR_TOKENS: readonly ((random: Random) => string)[] = [
  (r) => `pypi-AgEIcHlwaS5vcmc${urlSafe(r, 140)}`,
  (r) => `dckr_pat_${urlSafe(r, 27)}`,
  (r) => `hvs.${urlSafe(r, 95)}`,
  (r) => `dp.pt.${r.chars(ALNUM, 43)}`,
  (r) => `glsa_${r.chars(ALNUM, 32)}_${r.chars(HEX, 8)}`,
  (r) => `sntryu_${r.chars(HEX, 64)}`,
  (r) => `PMAK-${r.chars(HEX, 24)}-${r.chars(HEX, 34)}`,
  (r) => `figd_${urlSafe(r, 40)}`,
  (r) => `sbp_${r.chars(HEX, 40)}`,
]

function genericApiKey(random: Random, _: Vocabulary, variant: string): string {
  switch (variant) {
    case 'vendor':
      return random.pick(OTHER_VENDOR_TOKENS)(random)
    case 'hex40':
      return mixed(() => random.chars(HEX, 40), 3.3)
    case 'hex32':
      return mixed(() => random.chars(HEX, 32), 3.3)
    case 'session':
      return `IQoJb3JpZ2luX2Vj${random.chars(BASE64, random.int(240, 400))}==`
    default:
      return mixed(() => random.chars(ALNUM, random.pick([28, 32, 36, 40, 48])), 3.9)
  }
}

function sessionCookie(random: Random, _: Vocabulary, variant: string): string {
  const form = variant || random.pick(['php', 'express', 'java', 'opaque'])
  switch (form) {
    case 'php':
      return mixed(() => random.chars(LOWER + DIGITS, 26), 3.4)
    case 'express':
      return `s%3A${urlSafe(random, 32)}.${mixed(() => random.chars(ALNUM, 43), 4)}`
    case 'java':
      return mixed(() => random.chars(HEX.toUpperCase(), 32), 3)
    default:
      return mixed(() => urlSafe(random, 43), 4)
  }
}

/** A basic credential always decodes to printable `user:pass`. */
function basicHeader(random: Random, vocabulary: Vocabulary): string {
  const user = fold(random.pick(vocabulary.words('account')))
  return Buffer.from(`${user}:${password(random, vocabulary, 'random')}`).toString('base64')
}

function azureSas(random: Random): string {
  const signature = `${random.chars(BASE64, 43)}=`
  return encodeURIComponent(signature)
}

const MAKERS: Readonly<Record<SecretType, Maker>> = {
  openai_key: openaiKey,
  aws_access_key_id: awsAccessKeyId,
  aws_secret_key: awsSecretKey,
  github_token: githubToken,
  bearer_token: bearerToken,
  email,
  credit_card: creditCard,
  ssn,
  anthropic_key: anthropicKey,
  aws_presign_sig: (r) => mixed(() => r.chars(HEX, 64), 3.3),
  azure_client_secret: (r) =>
    `${r.chars(ALNUM, 3)}${r.chars(DIGITS, 1)}Q~${mixed(() => r.chars(`${ALNUM}_.-~`, r.int(30, 33)), 4)}${r.chars(ALNUM, 1)}`,
  azure_sas: azureSas,
  azure_storage_key: (r) => `${mixed(() => r.chars(BASE64, 85), 4.5)}${r.pick('AQgw'.split(''))}==`,
  b64_openai_key: (r, v, variant) => Buffer.from(openaiKey(r, v, variant)).toString('base64'),
  basic_auth_header: basicHeader,
  basic_auth_url: (r, v, variant) => password(r, v, variant || 'url'),
  databricks_token: (r) => `dapi${mixed(() => r.chars(HEX, 32), 3)}${r.pick(['', '', '-2'])}`,
  db_url_password: (r, v, variant) => password(r, v, variant || r.pick(['url', 'url', 'pct'])),
  digitalocean_token: (r) => `${r.pick(['dop', 'doo', 'dor'])}_v1_${r.chars(HEX, 64)}`,
  generic_api_key: genericApiKey,
  gitlab_token: (r) => `${r.pick(['glpat-', 'glpat-', 'gldt-', 'glrt-'])}${urlSafe(r, 20)}`,
  google_api_key: (r) => `AIza${mixed(() => urlSafe(r, 35), 4.2)}`,
  groq_key: (r) => `gsk_${r.chars(ALNUM, 52)}`,
  huggingface_token: (r) => `hf_${r.chars(UPPER + LOWER, 34)}`,
  iban,
  jwt: (r) => jwt(r),
  langfuse_secret: (r) => `sk-lf-${uuid(r)}`,
  langsmith_key: (r) => `lsv2_${r.pick(['pt', 'sk'])}_${r.chars(HEX, 32)}_${r.chars(HEX, 10)}`,
  linear_key: (r) => `lin_api_${r.chars(ALNUM, 40)}`,
  npm_token: (r) => {
    const body = r.chars(ALNUM, 30)
    return `npm_${body}${crcTail(body)}`
  },
  nvidia_key: (r) => `nvapi-${urlSafe(r, 64)}`,
  openai_compat_key: (r) =>
    `sk-${mixed(() => (r.chance(0.5) ? r.chars(HEX, 32) : r.chars(ALNUM, 48)), 3.3)}`,
  openrouter_key: (r) => `sk-or-v1-${r.chars(HEX, 64)}`,
  password,
  perplexity_key: (r) => `pplx-${r.chars(ALNUM, 48)}`,
  phone,
  private_key: privateKey,
  replicate_token: (r) => `r8_${r.chars(ALNUM, 37)}`,
  sendgrid_key: (r) => `SG.${urlSafe(r, 22)}.${urlSafe(r, 43)}`,
  session_cookie: sessionCookie,
  shopify_token: (r) => `shp${r.pick(['at', 'pa'])}_${r.chars(HEX, 32)}`,
  slack_token: (r) => slackToken(r),
  slack_webhook: (r) => mixed(() => r.chars(ALNUM, 24), 3.8),
  stripe_key: (r) =>
    r.chance(0.15)
      ? `whsec_${r.chars(ALNUM, 32)}`
      : `${r.pick(['sk_live_', 'rk_live_', 'sk_test_'])}${r.chars(ALNUM, r.pick([24, 99]))}`,
  telegram_token: (r) => `${r.int(10_000_000, 9_999_999_999)}:AA${urlSafe(r, 33)}`,
  xai_key: (r) => `xai-${r.chars(ALNUM, 80)}`,
}

export const makeSecret = (
  type: SecretType,
  random: Random,
  vocabulary: Vocabulary,
  variant = '',
): string => MAKERS[type](random, vocabulary, variant)
