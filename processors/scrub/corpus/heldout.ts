// A second corpus, drawn at run time: other sentences, containers and languages than the development corpus, and
// none of the detectors was written against it. For the tests and for `bench/scrub`.

import { Draw, FAKES, fake, uuid } from './fake-secrets.ts'
import type { Label, Labelled } from './score.ts'

type Encode = (text: string) => string

/** A sentence or line with a hole for a secret; `\u0001` marks it. */
const HOLE = '\u0001'

// biome-ignore format: a list
const TOKEN_CARRIERS: readonly string[] = [
  `Can you rotate ${HOLE} before Friday? It was in the screenshot.`,
  `curl -sS https://api.vendor.test/v2/jobs -H "X-Auth: ${HOLE}" | jq .`,
  `VENDOR_CREDENTIAL=${HOLE}\nLOG_LEVEL=debug\n`,
  `export A=1; export SECRET_ONE='${HOLE}'; ./run.sh`,
  `- name: deploy\n  env:\n    RELEASE: "${HOLE}"\n    STAGE: prod\n`,
  `<config><entry name="vendor">${HOLE}</entry><retries>3</retries></config>`,
  `| service | value |\n|---|---|\n| vendor | ${HOLE} |\n| region | eu |\n`,
  `2026-11-20T07:11:09.120Z WARN  [http] upstream rejected ${HOLE} status=401 attempt=2`,
  `const client = new Vendor({ auth: '${HOLE}', timeout: 30_000 })`,
  `GET /callback?state=abc&code=${HOLE}&scope=read HTTP/1.1`,
  `新しい値は「${HOLE}」になりました。確認をお願いします。`,
  `密码错误？我用的是${HOLE}，一直失败`,
  `Ключ ${HOLE} больше не работает, что делать?`,
  `Le nouveau jeton : ${HOLE}. Merci de confirmer.`,
  `> pasted:\n> ${HOLE}\n>\nthat one`,
  `data: {"id":"c-1","choices":[{"delta":{"content":"try ${HOLE} now"}}]}\n\ndata: [DONE]\n\n`,
  `vendor:${HOLE}`, `(${HOLE})`, `[${HOLE}]`, `{${HOLE}}`, `,${HOLE},`, `${HOLE}`, `👉${HOLE}👈`, `old=${HOLE};new=none`, `"${HOLE}"`, `\`${HOLE}\``, `**${HOLE}**`, `see:${HOLE}.`,
  `apiVersion: v1\nkind: ConfigMap\ndata:\n  vendor: ${HOLE}\n`,
  `docker run -e VENDOR=${HOLE} --rm image:latest`,
  `Traceback (most recent call last):\n  File "a.py", line 3\nValueError: bad credential ${HOLE}\n`,
]

// biome-ignore format: a list
const PERSONAL_CARRIERS: Readonly<Record<string, readonly string[]>> = {
  email: [`please cc ${HOLE} on the reply`, `<${HOLE}>`, `Reply-To: ${HOLE}\r\nX-Mailer: k\r\n`, `お問い合わせは${HOLE}まで`, `contact;${HOLE};Berlin`, `"owner":"${HOLE}"`, `SELECT * FROM u WHERE mail='${HOLE}'`, `user=${HOLE}&page=2`, `(${HOLE})`, `почта ${HOLE}, спасибо`, `mailto:${HOLE}`, `${HOLE}`],
  credit_card: [`the number on the front is ${HOLE}`, `PAN: ${HOLE} exp 04/29`, `"account_number": "${HOLE}"`, `卡号${HOLE}，请扣款`, `charge it to ${HOLE} please.`, `payment_method=${HOLE}&cvc=***`, `Kartennummer ${HOLE}`, `refund to ${HOLE}`, `cc# ${HOLE}`, `<pan>${HOLE}</pan>`, `\n${HOLE}\n`, `card:${HOLE},name:Ada`],
  ssn: [`applicant's social security no. ${HOLE}`, `SSN# ${HOLE}`, `"ssn":"${HOLE}"`, `employee ${HOLE} started on Monday`, `<ssn>${HOLE}</ssn>`, `W-2 for ${HOLE}`, `soc sec ${HOLE}, DOB 1971`, `社会保障号码${HOLE}`, `| Ada | ${HOLE} |`],
  iban: [`wire it to ${HOLE} today`, `"iban": "${HOLE}"`, `Kontonummer: ${HOLE}`, `<IBAN>${HOLE}</IBAN>`, `${HOLE}`],
  phone: [`ring me: ${HOLE}`, `phone=${HOLE}`, `"mobile":"${HOLE}"`, `Tel. ${HOLE}`, `call ${HOLE} after six`, `電話 ${HOLE}`],
  password: [`DB_PASSWORD=${HOLE}\n`, `"password": "${HOLE}"`, `password: ${HOLE}`, `mysql -u root --password=${HOLE} app`, `the password is ${HOLE}`, `<password>${HOLE}</password>`, `spring.datasource.password=${HOLE}`, `Passwort: ${HOLE}`, `PGPASSWORD='${HOLE}' psql`, `passwd = "${HOLE}"`, `{"user":"ada","pwd":"${HOLE}"}`, `密码：${HOLE}`, `login ada / password ${'='} ${HOLE}`, `- name: DB_PASSWORD\n  value: ${HOLE}\n`],
  bearer_token: [`Authorization: Bearer ${HOLE}`, `-H 'authorization: bearer ${HOLE}'`, `"Authorization": "Bearer ${HOLE}"`, `headers.set('Authorization', 'Bearer ${HOLE}')`, `auth_header="Bearer ${HOLE}";`, `proxy-authorization: Bearer ${HOLE}\r\n`],
  basic_auth_header: [`Authorization: Basic ${HOLE}`, `"authorization":"Basic ${HOLE}"`, `-H "Authorization: Basic ${HOLE}"`],
  aws_secret_key: [`AWS_SECRET_ACCESS_KEY=${HOLE}`, `aws_secret_access_key: ${HOLE}`, `"SecretAccessKey": "${HOLE}"`, `secretKey = '${HOLE}'`, `the secret key was ${HOLE}`, `<SecretAccessKey>${HOLE}</SecretAccessKey>`],
  db_url_password: [`postgres://svc:${HOLE}@db.internal:5432/app`, `mongodb+srv://svc:${HOLE}@c0.mongo.test/app?w=majority`, `redis://:${HOLE}@cache:6379/0`, `mysql://root:${HOLE}@10.0.0.4/x`, `amqps://u:${HOLE}@mq.test/v`],
  basic_auth_url: [`git clone https://bot:${HOLE}@git.vendor.test/a/b.git`, `http://admin:${HOLE}@router.test/`, `proxy=https://u:${HOLE}@proxy.test:3128`],
}

const json: Encode = (t) => JSON.stringify(t).slice(1, -1)
const ascii: Encode = (t) =>
  json(t).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** What a text is wrapped in: name, field, and how its inner text is written. */
// biome-ignore format: a list
const CONTAINERS: readonly { readonly field: string; readonly before: string; readonly after: string; readonly encode: Encode }[] = [
  { field: 'note', before: '', after: '', encode: (t) => t },
  { field: 'log.body', before: 'svc-7 | ', after: '', encode: (t) => t },
  { field: 'gen_ai.input.messages', before: '[{"role":"system","parts":[{"type":"text","content":"Answer briefly."}]},{"role":"user","parts":[{"type":"text","content":"', after: '"}]}]', encode: json },
  { field: 'input.value', before: '{"messages":[{"content":"', after: '","role":"user"}],"stream":true}', encode: ascii },
  { field: 'gen_ai.tool.call.arguments', before: '{"path":"notes/a.txt","body":"', after: '"}', encode: json },
  { field: 'traceloop.entity.output', before: '{"outputs":{"x":"{\\"content\\":\\"', after: '\\"}"}}', encode: (t) => json(json(t)) },
  { field: 'output.value', before: '{"a":"{\\"b\\":\\"{\\\\\\"c\\\\\\":\\\\\\"', after: '\\\\\\"}\\"}"}', encode: (t) => json(json(json(t))) },
  { field: 'gen_ai.output.messages', before: '[{"role":"assistant","parts":[{"content":"', after: '', encode: json },
]

// biome-ignore format: a list
const CLEAN: readonly ((d: Draw) => string)[] = [
  (d) => `ticket ${d.chars('0123456789', 7)} was closed after ${d.below(90)} minutes`,
  (d) => `commit ${d.chars('0123456789abcdef', 40)} fixes the flaky test`,
  (d) => `chatcmpl-${d.chars('ABCDEFGHabcdefgh0123456789', 29)} finished with stop`,
  (d) => `call_${d.chars('ABCDEFGHabcdefgh0123456789', 24)} -> toolu_01${d.chars('ABCDEFGHabcdefgh0123456789', 22)}`,
  (d) => `prompt_cache_key: ${uuid(d)}`,
  (d) => `"next_page_token": "${d.chars('ABCDEFGHabcdefgh0123456789', 32)}"`,
  (d) => `Idempotency-Key: ${uuid(d)}`,
  (d) => `usage: {"prompt_tokens": ${d.below(90_000)}, "completion_tokens": ${d.below(9000)}, "total_tokens": ${d.below(99_000)}}`,
  (d) => `part number ${d.chars('12345678', 3)}-${d.chars('12345678', 2)}-${d.chars('12345678', 4)} is on back order`,
  (d) => `SKU: ${d.chars('12345678', 3)}-${d.chars('12345678', 2)}-${d.chars('12345678', 4)}`,
  (d) => `embedding: [${Array.from({ length: 6 }, () => `0.${d.chars('0123456789', 16)}`).join(', ')}]`,
  (d) => `started_at=${1_790_000_000 + d.below(9_999_999)} finished_at=${1_790_000_000_000 + d.below(9_999_999)}`,
  () => 'The password field must contain at least twelve characters and one digit.',
  () => 'Use a bearer token in the header; the token expires after one hour.',
  () => 'password: string; token?: string; apiKey: string | undefined',
  () => 'const apiKey = process.env.VENDOR_API_KEY',
  () => 'Set OPENAI_API_KEY to your own key (sk-...) and restart.',
  () => 'See risk-assessment-and-task-management-for-long-running-jobs in the handbook.',
  () => 'git clone git@github.com:acme/site.git && npm i left-pad@1.3.0',
  () => 'background: url(sprite@3x.png)',
  () => 'write to jane@example.com or admin@localhost',
  () => 'postgres://user:${DB_PASSWORD}@db:5432/app',
  () => 'Basic understanding of Kubernetes is required; basic knowledge is enough.',
  (d) => `sha256:${d.chars('0123456789abcdef', 64)}`,
  (d) => `trace_id=${d.chars('0123456789abcdef', 32)} span_id=${d.chars('0123456789abcdef', 16)}`,
  (d) => `data:image/png;base64,${d.chars('ABCDEFGHIJKLMNOPabcdefghijkl0123456789+/', 400)}`,
  (d) => `order_number=${d.chars('123', 1)}${d.chars('0123456789', 11)} shipped on 2026-11-0${1 + d.below(8)}`,
  (d) => `ami-0${d.chars('0123456789abcdef', 16)} in us-east-1, account arn:aws:iam::${d.chars('123456789', 12)}:user/ci`,
  (d) => `v${d.below(20)}.${d.below(20)}.${d.below(2000)} (Chrome/${d.below(150)}.0.${d.below(9000)}.${d.below(200)})`,
  () => '{"type":"object","properties":{"password":{"type":"string"},"api_key":{"type":"string","description":"your key"}}}',
  () => '第一段说明了如何设置令牌的权限，第二段介绍密码策略。',
  () => 'トークンの数を減らすと料金が下がります。',
  () => 'The primary key of the table and the foreign key must match.',
  () => 'Meeting 10:00-11:30, room 4.12, +2 guests, budget 12 500 000 EUR',
  (d) => `ISBN 978-3-${d.chars('0123456789', 2)}-${d.chars('0123456789', 6)}-${d.below(10)}`,
]

function build(d: Draw, id: number, type: string | null, inner: string, secret: string): Labelled {
  const c = d.of(CONTAINERS)
  const [left = '', right = ''] = inner.split(HOLE)
  const pad =
    d.below(3) === 0
      ? `${d.of(['Thanks for waiting.', 'Voici la suite.', '続きです。', 'ok'])} `
      : ''
  const head = c.before + c.encode(pad + left)
  const body = type === null ? '' : c.encode(secret)
  const text = head + body + c.encode(right) + c.after
  const spans: Label[] =
    type === null
      ? []
      : [
          {
            start: head.length,
            end: head.length + body.length,
            type,
            core: coreOf(type, head.length, body, secret),
          },
        ]
  return {
    id: `h${id}`,
    text,
    field: c.field,
    kind: type === null ? 'neg' : 'pos',
    spans,
    optional: [],
  }
}

function coreOf(type: string, at: number, body: string, secret: string): readonly [number, number] {
  if (type === 'email') return [at, at + body.indexOf('@')]
  if (type.endsWith('_webhook')) return [at + body.length - 24, at + body.length]
  const prefix = /^[a-z]{2,10}[-_]/i.exec(secret)?.[0].length ?? 0
  return body.length > 30 ? [at + prefix, at + body.length] : [at, at + body.length]
}

/** `count` labelled texts, four in ten of them without a secret. */
export function heldOut(seed: number, count: number): Labelled[] {
  const d = new Draw(seed)
  const types = Object.keys(FAKES)
  const own = Object.keys(PERSONAL_CARRIERS)
  return Array.from({ length: count }, (_, i) => {
    if (d.below(10) < 4) return build(d, i, null, d.of(CLEAN)(d), '')
    const type = d.below(2) === 0 ? d.of(own) : d.of(types)
    const carriers = PERSONAL_CARRIERS[type] ?? TOKEN_CARRIERS
    const url = type === 'db_url_password' || type === 'basic_auth_url'
    const secret = url ? d.chars('ABCDEFGHJKLMabcdefghijkmnp23456789', 14) : fake(type, d)
    return build(d, i, type, d.of(carriers), secret)
  })
}
