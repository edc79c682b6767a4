// Secrets behind escaped quotes, aligned columns, labels with adjectives in many languages, in signed addresses, wrapped tokens
// and key files without an end; numbers beside two labels; and texts that look alike.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { card, Draw } from '../../corpus/fake-secrets.ts'
import { createTextScrubber } from '../../index.ts'

const draw = new Draw(31)
const scrubber = createTextScrubber()
const DIGITS = '0123456789'
const ALNUM = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz${DIGITS}`

const password = (): string =>
  `Zk${draw.chars(ALNUM, 8)}${draw.chars(DIGITS, 2)}${draw.chars(ALNUM, 3)}`
const key = (): string => `${draw.chars(ALNUM, 14)}${draw.chars(DIGITS, 2)}${draw.chars(ALNUM, 12)}`

function cardNumber(): string {
  for (;;) {
    const digits = card(draw)
    if (digits.length === 16) return digits
  }
}

function gone(text: string, ...secrets: readonly string[]): void {
  const { text: out } = scrubber.scrub(text)
  for (const secret of secrets) assert.equal(out.includes(secret), false, `${text} => ${out}`)
}

function stays(text: string): void {
  assert.equal(scrubber.scrub(text).text, text)
}

type Form = (v: string) => string

const QUOTED: readonly Form[] = [
  (v) => String.raw`{\u0022password\u0022:\u0022${v}\u0022}`,
  (v) => String.raw`{"body":"{\u0022password\u0022: \u0022${v}\u0022}"}`,
  (v) => String.raw`{\x22password\x22:\x22${v}\x22}`,
  (v) => `{&#34;password&#34;:&#34;${v}&#34;}`,
  (v) => `{&#x22;password&#x22;:&#x22;${v}&#x22;}`,
  (v) => `password=&#39;${v}&#39;`,
  (v) => `<password><![CDATA[${v}]]></password>`,
  (v) => `password: !!str ${v}`,
]

test('a value between escaped quotes, references or in CDATA is found', () => {
  for (const form of QUOTED) {
    const v = password()
    gone(form(v), v)
  }
})

const ALIGNED: readonly Form[] = [
  (v) => `user                svc\npassword            ${v}`,
  (v) => `Password ........ ${v}`,
  (v) => `password......${v}`,
  (v) => `(user . "svc") (password . "${v}")`,
  (v) => `Password [admin]: ${v}`,
  (v) => `setx DB_PASSWORD ${v}`,
  (v) => `setenv API_SECRET "${v}"`,
  (v) => `ENV API_SECRET ${v}`,
]

test('a value in an aligned column, behind dots or set by a shell is found', () => {
  for (const form of ALIGNED) {
    const v = password()
    gone(form(v), v)
  }
})

test('a password that begins like a version is one', () => {
  for (const start of ['h2', 'q42', 'p9', 's3', 'x86', 'sha2'])
    for (const form of ALIGNED) {
      const v = `${start}Bz${draw.chars(ALNUM, 4)}7k${draw.chars(DIGITS, 1)}Vn`
      gone(form(v), v)
    }
})

const LABELS = [
  'llave secreta',
  'clé secrète',
  'chiave segreta',
  'tajny klucz',
  'API ključ',
  'gizli anahtar',
  'erişim anahtarı',
  'khóa bí mật',
  'kunci rahasia',
  'คีย์ลับ',
  'गुप्त कुंजी',
  'مفتاح سري',
  '密匙',
  '权杖',
  '存取權杖',
  '授权码',
  '凭证',
  'token di accesso',
  'Zugangscode',
  'API密钥',
  'секретный ключ',
]

test('a key behind a label with an adjective is found in many languages', () => {
  for (const label of LABELS)
    for (const form of [
      (v: string) => `${label}: ${v}`,
      (v: string) => `${label}：${v}。`,
      (v: string) => JSON.stringify({ [label]: v }),
      (v: string) => `${label} = "${v}"`,
    ]) {
      const v = key()
      gone(form(v), v)
    }
})

test('a header that carries a key of a service is found in every form of a header', () => {
  for (const header of ['X-RapidAPI-Key', 'X-Honeycomb-Team', 'Authentication', 'X-Notion-Key'])
    for (const form of [
      (v: string) => `${header}: ${v}`,
      (v: string) => JSON.stringify({ headers: [[header.toLowerCase(), v]] }),
      (v: string) => JSON.stringify({ name: header, value: v }),
    ]) {
      const v = key()
      gone(form(v), v)
    }
})

test('the signature of a signed address is found, of Google, CloudFront and older S3', () => {
  const signature = `${draw.chars(ALNUM, 60)}%2B${draw.chars(ALNUM, 20)}%3D%3D`
  const hex = draw.chars('0123456789abcdef', 256)
  gone(`https://h.example/b/f?GoogleAccessId=x&Signature=${signature}&Expires=1`, signature)
  gone(`https://h.example/f?Expires=1&Signature=${signature}__&Key-Pair-Id=K1`, signature)
  gone(
    `https://h.example/f?AWSAccessKeyId=x&Expires=1&Signature=${signature.slice(36)}`,
    signature.slice(40),
  )
  gone(`https://h.example/f?X-Goog-Date=1&X-Goog-Signature=${hex}`, hex.slice(0, 40))
  stays(`git verify: Signature=${draw.chars(ALNUM, 12)}`)
  stays('def call(self, signature=inspect.signature(function), expires=None):')
})

test('a JSON Web Token that is cut by a line break anywhere is found whole', () => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const payload = part({ sub: 'svc', exp: 1999999999, role: 'service' })
  const token = `${part({ alg: 'HS256' })}.${payload}.${key()}${key()}`
  for (let at = 30; at < token.length - 24; at += 5)
    for (const gap of ['\n', '\r\n', '\\n', '\n    ']) {
      const text = `${token.slice(0, at)}${gap}${token.slice(at)}`
      // Behind the second dot only a full line tells that the token goes on.
      if (at < token.lastIndexOf('.')) gone(text, token.slice(-20))
    }
})

test('a private key without an end, with headers or in the form of SSH2 is found', () => {
  const line = `${draw.chars(ALNUM, 62)}+/`
  const open = (label: string): string => `-----BEGIN ${label}-----`
  gone(
    `${open('RSA PRIVATE KEY')}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,CE1A\n\n${line}\n${line}`,
    line.slice(0, 20),
  )
  gone(
    `${open('RSA PRIVATE KEY')}\\nProc-Type: 4,ENCRYPTED\\nDEK-Info: AES-128-CBC,CE1A\\n\\n${line}\\n${line}`,
    line.slice(0, 20),
  )
  gone(
    `${open('PGP PRIVATE KEY BLOCK')}\nVersion: 2\nComment: x\n\n${line}\n${line}`,
    line.slice(0, 20),
  )
  gone(
    `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "x"\n${line}\n${line}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----`,
    line.slice(0, 20),
  )
})

test('of two numbers with two labels each is judged by its own', () => {
  const order = cardNumber()
  const payment = cardNumber()
  for (const [text, secret, kept] of [
    [`Visa ${payment} and order ${order}`, payment, order],
    [`Kreditkarte: ${payment} (Bestellung ${order})`, payment, order],
    ['my SSN is 432-58-3711 and the part number is 536-22-8743', '432-58-3711', '536-22-8743'],
    ['SSN 432-58-3711, Teilenummer 536-22-8743', '432-58-3711', '536-22-8743'],
  ] as const) {
    const { text: out } = scrubber.scrub(text)
    assert.equal(out.includes(secret), false, out)
    assert.equal(out.includes(kept), true, out)
  }
  gone(`cards: ${payment}, ${order}`, payment, order)
  gone('SSNs: 432-58-3711, 536-22-8743', '432-58-3711', '536-22-8743')
})

test('digits under a name of something numbered stay', () => {
  for (const name of [
    'run',
    'job',
    'tweet',
    'channel',
    'batch',
    'invoice',
    '发票号',
    'Aktenzeichen',
    'Referenz',
  ])
    for (const form of [`${name}: ${cardNumber()}`, `{"${name}": ${cardNumber()}}`]) stays(form)
})

test('what only looks like these forms stays', () => {
  for (const text of [
    'Enter your password... then press Enter2Continue',
    'password ............ required',
    'password [8-20 characters]: required',
    'palabra clave: atención2',
    'llave inglesa: 12mm',
    'ključ: vrijednost',
    'the key. It opens door 12',
    'ENV NODE_ENV production',
    'setx PATH "C:\\Tools2"',
    '<password>see <![CDATA[the manual]]></password>',
    'authentication: required',
    'authentication: oauth2ClientCredentials',
    '凭证号: 2026113000012',
    '授权码错误',
    'sha256 h2 p2p s3 x86 q4',
  ])
    stays(text)
})
