// Tokens of services that are told by a prefix of their own and by nothing else: one row for each set of characters. Services
// whose tokens have a type of their own are in the files of their group. A row is explained in `detector.ts`.

import { body, code, type Detector, token } from './detector.ts'

const id = 'service_token'
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
  token({ id, title, anchors: ['ATTA'], shape: body('hex', 56, { digit: true }) }),
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
    anchors: ['discord', 'client.login', 'bot.run', 'bot_token'],
    shape: code('discord_bot'),
    anyCase: true,
    left: 'any',
    gluable: false,
    check: 'its first part is the base64 of a number',
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
