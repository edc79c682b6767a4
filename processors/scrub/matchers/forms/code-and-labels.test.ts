// Secrets in calls and wrappers of code, in files of services, under labels of other languages and in strings that an operator
// joins; numbers whose label says that they are no card and no social security number; and texts that look alike.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { card, Draw } from '../../corpus/fake-secrets.ts'
import { createTextScrubber } from '../../index.ts'

const draw = new Draw(29)
const scrubber = createTextScrubber()
const DIGITS = '0123456789'
const ALNUM = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz${DIGITS}`

const VALUES = {
  password: () => `Zk${draw.chars(ALNUM, 8)}${draw.chars(DIGITS, 2)}${draw.chars(ALNUM, 3)}`,
  key: () => `${draw.chars(ALNUM, 20)}${draw.chars(DIGITS, 2)}${draw.chars(ALNUM, 18)}`,
  digits: () => cardNumber(),
}

function cardNumber(): string {
  for (;;) {
    const digits = card(draw)
    if (digits.length === 16) return digits
  }
}

type Form = (v: string) => string

const SECRETS: readonly (readonly [string, 'password' | 'key', readonly Form[]])[] = [
  [
    'a wrapper of code',
    'password',
    [
      (v) => `User { name: "jo", password: Some("${v}") }`,
      (v) => `let password = String::from("${v}");`,
      (v) => `password: SecretStr("${v}")`,
      (v) => `var Password = []byte("${v}")`,
      (v) => `{"key": "password", "value": {"stringValue": "${v}"}}`,
      (v) => `{"password": {"S": "${v}"}}`,
      (v) => `password <- "${v}"`,
    ],
  ],
  [
    'a call with a user',
    'password',
    [
      (v) => `HTTPBasicAuth("svc", "${v}")`,
      (v) => `requests.get(url, auth=('svc', '${v}'))`,
      (v) => `Credentials.basic("svc", "${v}")`,
      (v) => `PlainTextAuthProvider("cassandra", "${v}")`,
      (v) => `DriverManager.getConnection(url, "svc", "${v}")`,
      (v) => `server.login("jo@x.example", "${v}")`,
      (v) => `conn.authenticate('jo', '${v}')`,
    ],
  ],
  [
    'a file or line of a service',
    'password',
    [
      (v) => `WIFI:T:WPA;S:CorpNet;P:${v};;`,
      (v) => `masterauth ${v}`,
      (v) => `bindpw ${v}`,
      (v) => `username admin password 7 ${v}`,
      (v) => `snmp-server community ${v} RO`,
      (v) => `PreSharedKey: ${v}`,
      (v) => `pre_shared_key = "${v}"`,
      (v) => `ssh admin:${v}@10.0.0.1`,
      (v) => `proxy svc:${v}@192.168.4.5 is down`,
      (v) => `password\n${v}\n`,
      (v) => `net.connect(user="u",secret="${v}")`,
      (v) => `Zugangsdaten: jo / ${v}`,
      (v) => `credenciales: jo / ${v}`,
    ],
  ],
  [
    'a field or answer',
    'password',
    [
      (v) => `<label>Password</label><input value="${v}">`,
      (v) => `<label for="p">Passwort:</label> <div><input id="p" type="text" value="${v}"/></div>`,
      (v) =>
        `[{"role":"assistant","content":"Please enter the database password."},{"role":"user","content":"${v}"}]`,
      (v) => `assistant: Please send me the admin password:\nuser: ${v}`,
    ],
  ],
  [
    'a key',
    'key',
    [
      (v) => `let apiKey = String::from("${v}");`,
      (v) => `ApiKeyAuth: ${v}`,
      (v) => `GET /v1/models?key=${v} HTTP/1.1`,
      (v) => `{"name":"remember_me","value":"${v}","path":"/","httpOnly":true}`,
      (v) => `[{"httpOnly": true, "domain": ".x.example", "value": "${v}", "name": "s"}]`,
      (v) => `_auth=${v}`,
      (v) => `Zugriffstoken: ${v}`,
      (v) => `token de acceso: ${v}`,
      (v) => `token d'accès : ${v}`,
      (v) => `秘密鍵：${v}`,
      (v) => `khóa API: ${v}`,
      (v) => `kunci API: ${v}`,
      (v) => `API kľúč: ${v}`,
      (v) => `API-avain: ${v}`,
      (v) => `κλειδί API: ${v}`,
      (v) => `مفتاح API: ${v}`,
      (v) => `מפתח API: ${v}`,
      (v) => `คีย์ API: ${v}`,
    ],
  ],
  [
    'joined strings',
    'key',
    [
      (v) => `const t = "ghp_" + "${v.slice(0, 36)}"`,
      (v) => `token = 'glpat-' + '${v.slice(0, 20)}'`,
      (v) => `t = "hf_${v.slice(0, 10)}" +\n    "${v.slice(10, 36)}"`,
      (v) => `{"code":"let t = \\"npm_\\" + \\"${v.slice(0, 36)}\\""}`,
      (v) => `$t = 'dckr_pat_' . '${v.slice(0, 27)}';`,
    ],
  ],
]

for (const [name, kind, forms] of SECRETS)
  test(`a secret in ${name} is found`, () => {
    for (const form of forms) {
      const value = VALUES[kind]()
      const text = form(value)
      const { text: out } = scrubber.scrub(text)
      const secrets = text.includes(value) ? [value] : [value.slice(0, 10), value.slice(12, 20)]
      for (const secret of secrets) assert.equal(out.includes(secret), false, `${text} => ${out}`)
    }
  })

const LABELS = [
  'part no. ',
  'Teilenummer ',
  'Bestell-Nr.: ',
  'Sendungsnummer: ',
  'Rechnung Nr. ',
  'numéro de commande ',
  'facture n° ',
  'réf. ',
  'número de pedido ',
  'pedido nº ',
  'nº de pieza ',
  'nota fiscal ',
  'número da encomenda: ',
  'numero ordine ',
  'ordine n. ',
  'codice articolo ',
  '订单号 ',
  '型号：',
  '批号',
  '注文番号：',
  '品番 ',
  '주문번호 ',
  'номер заказа ',
  'order #',
]

test('a number behind a label that says what else it is stays, in many languages', () => {
  for (const label of LABELS)
    for (const number of ['432-58-3711', '536-22-8743', VALUES.digits()]) {
      const text = `${label}${number}`
      assert.equal(scrubber.scrub(text).text, text)
    }
  for (const label of [
    'her number is ',
    'SSN ',
    'Sozialversicherung (SSN) ',
    'order of Ann, ssn: ',
  ])
    assert.match(scrubber.scrub(`${label}536-22-8743`).text, /\[REDACTED:ssn\]$/)
  for (const label of ['Kreditkarte ', 'card for the order: ', 'tarjeta ', '信用卡号 '])
    assert.match(scrubber.scrub(`${label}${VALUES.digits()}`).text, /\[REDACTED:credit_card\]$/)
})

const CLEAN = [
  'secret scanning ran on 3f7f4ab7d01f52ee3474ba9ecc46048d38437fd6',
  'the token check passed for 3f7f4ab7d01f52ee3474ba9ecc46048d38437fd6',
  'de89370400440532013000',
  'etag de89370400440532013000',
  'Some(password)',
  'String::from(password)',
  'HTTPBasicAuth(username, password)',
  'auth=(user, password)',
  'auth=("user", "password")',
  'login("jo", "en-US")',
  'wifi: connected to CorpGuest',
  'WIFI:S:CorpGuest;;',
  '?key=home.title.v2',
  '?key=uploads/2026/11/30/photo12345.jpg',
  'ApiKeyAuth: []',
  '{"name":"theme","value":"dark-2024","httpOnly":true}',
  'httpOnly: true, secure: true',
  '"a" + "b" + "configuration12345"',
  'const url = base + "/api/v1/" + id',
  '"Content-" + "Type: application/json"',
  "log('user-' + 'identifier2024')",
  'Please enter your password to continue. It must have 12 characters.',
  '[{"role":"assistant","content":"Please enter your password on the login page."},{"role":"user","content":"done, it says wrong password"}]',
  '<label>Password</label><input type="password" autocomplete="current-password">',
  'Enter password:\nLast login: Mon Nov 30 00:16:20 2026 from 10.0.0.1',
  'password\nusername\n',
  'password 5 characters or more',
  'root@10.0.0.1:22',
  'app password: required for 2FA',
  '{"password":{"type":"string"}}',
  '{"key":"password","value":{"boolValue":true}}',
]

test('code and prose that look alike stay as they are', () => {
  for (const text of CLEAN) assert.equal(scrubber.scrub(text).text, text)
})

test('an IBAN in small letters is found behind a word for an account', () => {
  assert.equal(scrubber.scrub('iban de89370400440532013000').text, 'iban [REDACTED:iban]')
  assert.equal(scrubber.scrub('Konto: de89 3704 0044 0532 0130 00').text.includes('0532'), false)
})

test('a random key may hold the letters of a word such as insert, in a mixture of cases', () => {
  const before = 'YqX3zrxB5r23Hqm6gXTjZgqlTzZ54VLD'
  const behind = 'K8uM5fL1lSdbeKfHD1lHVXLW0fRV1dLDlUDfjEehe3xVFOtCdHmFQyu'
  for (const word of ['InSErT', 'dUMmy', 'eXampLE', 'chANgeme']) {
    const key = `sk-ant-api03-${before}${word}${behind}AA`
    assert.ok(!scrubber.scrub(`x ${key} y`).text.includes(before), word)
  }
  for (const word of ['insert', 'DUMMY', 'Example']) {
    const key = `sk-ant-api03-${before}${word}${behind}AA`
    assert.ok(scrubber.scrub(`x ${key} y`).text.includes(before), word)
  }
})

test('an access key id of few different characters is one; under its name one that is no base32 goes too', () => {
  const found: readonly (readonly [text: string, id: string])[] = [
    ['x AKIA@ y', 'HUSGH5BTHH5SGHGS'],
    ['AWS_ACCESS_KEY_ID=AKIA@', '1234567890ABCDEF'],
    ['"AccessKeyId": "AKIA@", "x": 1', '08a9b1c0d9e8F7'],
    ['aws_access_key_id = ASIA@', '0011889900110'],
  ]
  // Written in two parts, so that this file holds no access key id.
  for (const [text, id] of found)
    assert.ok(!scrubber.scrub(text.replace('@', id)).text.includes(id.slice(0, 8)), text)
  for (const text of [
    'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE',
    'AWS_ACCESS_KEY_ID=AKIAXXXXXXXXXXXXXXXX',
    `x AKIA${'1234567890ABCDEF'} y`,
  ])
    assert.equal(scrubber.scrub(text).text, text)
})
