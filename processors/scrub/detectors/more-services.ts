// Tokens of services that are told by a prefix of their own and by nothing else: one row for each set of characters. Services
// whose tokens have a type of their own are in the files of their group. A row is explained in `detector.ts`.

import { body, code, type Detector, near, token, vendor } from './detector.ts'

import { LITERAL_FORMS, NEAR_FORMS } from './vendor-forms.ts'

const id = 'service_token'
const LITERALS = [...LITERAL_FORMS.keys()]
const NEAR_NAMES = [...NEAR_FORMS.keys()]
const title = 'Token of a service, by its prefix'

export const MORE_SERVICES: readonly Detector[] = [
  token({
    id,
    title,
    // biome-ignore format: a list of prefixes
    anchors: ['aio_', 'apify_api_', 'ddp_', 'snyk_uat.'],
    shape: body('word_dot_dash', 20, { digit: true, entropy: 3 }),
  }),
  token({
    id,
    title,
    anchors: ['bkat_', 'CLOJARS_', 'zpka_'],
    shape: body('word_dash', 12, { digit: true, entropy: 3 }),
  }),
  token({
    id,
    title,
    // biome-ignore format: a list of prefixes
    anchors: ['fo1_', 'GR1348941', 'sha256~', 'sq0atp-'],
    shape: body('word_dash', 20, { digit: true, entropy: 3 }),
  }),
  token({
    id,
    title,
    anchors: ['sl.u.', 'sl.B'],
    shape: body('word_dash', 60, { digit: true, entropy: 3 }),
  }),
  token({
    id,
    title: 'Token of a service that says what it is',
    // biome-ignore format: a list of what stands behind the name of a service
    anchors: ['_live_', '_prod_', '_pat_', '_secret_', '_sk_', '_api_', '_token_', '_key_', '_rw_', '_admin_', '-pat-', '-live-', '-secret-', '-token-', '-key-'],
    shape: code('branded'),
    left: 'any',
    gluable: false,
    rank: 3,
    check: '24 letters and digits, three capitals, three small letters and two digits among them',
  }),
  token({ id, title, anchors: ['ATTA'], shape: body('hex', 56, { digit: true }) }),
  token({
    id,
    title: 'Secret key of age',
    anchors: ['AGE-SECRET-KEY-1'],
    shape: body('alnum', 50, { samples: true }),
  }),
  token({
    id,
    title: 'Secret key of 1Password',
    anchors: ['A3-'],
    shape: body('word_dash', 30, { max: 42, digit: true, entropy: 3.2 }),
  }),
  token({
    id,
    title,
    anchors: ['s-s4t2ud-', 's-s4t2af-'],
    shape: body('hex', 60),
  }),
  token({ id, title, anchors: ['bb_pr_', 'bb_ma_'], shape: body('alnum', 26, { digit: true }) }),
  token({ id, title, anchors: ['endr+'], shape: body('alnum', 16) }),
  token({
    id,
    title: 'Credentials of Sidekiq Enterprise',
    anchors: ['contribsys__com'],
    shape: code('sidekiq'),
    anyCase: true,
    left: 'any',
    gluable: false,
  }),
  vendor({
    id,
    title: 'Key of a service, by its name',
    anchors: ['cloudflare', 'sourcegraph', 'sonar', 'artifactory', 'scraping_bee', 'smartsheet'],
    shape: near('alnum', [37, 40, 64, 80], 3.2),
  }),
  token({
    id,
    title: 'Access key id of Alibaba Cloud',
    anchors: ['LTAI'],
    shape: body('alnum', 12, { max: 26, digit: true, entropy: 2.8 }),
  }),
  token({
    id,
    title: 'Token of Airtable',
    anchors: ['airtable'],
    shape: code('airtable'),
    anyCase: true,
    left: 'any',
    gluable: false,
    context: 'airtable',
    guard: 'without the name: every path and pattern begins with `pat`',
  }),
  token({
    id,
    title: 'Token of a Discord bot',
    // biome-ignore format: what stands near one
    anchors: ['discord', 'client.login', 'bot.login', 'bot.run', 'bot_token'],
    shape: code('discord_bot'),
    anyCase: true,
    left: 'any',
    gluable: false,
    check: 'its first part is the base64 of a number',
  }),
  token({
    id,
    title: 'Key in an address or a form of its own',
    anchors: LITERALS,
    shape: code('literal_form'),
    left: 'any',
    gluable: false,
    check: 'the form that the vendor documents',
  }),
  token({
    id,
    title: 'Key of a form of its own near the name of its vendor',
    anchors: NEAR_NAMES,
    shape: code('near_form'),
    anyCase: true,
    left: 'any',
    gluable: false,
    rank: 4,
    context: NEAR_NAMES.join(', '),
  }),
  token({
    id,
    title: 'Secret id of Tencent Cloud',
    anchors: ['AKID'],
    shape: body('alnum', 32, { max: 32, digit: true, entropy: 3.2 }),
  }),
  token({
    id,
    title: 'Webhook of Microsoft Teams',
    anchors: ['webhook.office.com/webhookb2/'],
    shape: code('office_hook'),
    left: 'any',
    gluable: false,
    rank: 9,
  }),
]
