// Which code matches which shape: the one place that ties the table's names to functions.

import type { CodeName, Detector } from '../detectors/detector.ts'
import type { Matcher } from './active-detector.ts'
import { matchPassword, matchSecretValue, matchTypedValue } from './assignments.ts'
import { matchNumberColumn } from './columns.ts'
import { matchCommand, matchLogin, matchSessionId, matchStatement } from './commands.ts'
import { matchEmail, matchEmailInWords } from './email.ts'
import { matchCookieFile, matchCookieObject } from './forms/cookie-lists.ts'
import { matchAccount, matchDialogue } from './forms/dialogues.ts'
import { matchDsn, matchHostLogin } from './forms/dsn.ts'
import { matchJwk, matchPuttyKey, matchWalletKey, matchXmlKey } from './forms/key-files.ts'
import { matchHereString, matchPiped } from './forms/pipes.ts'
import { matchSeedWords } from './forms/seed-words.ts'
import {
  matchAirtable,
  matchBranded,
  matchDiscordBot,
  matchLiteralForm,
  matchNearForm,
  matchOfficeHook,
  matchSidekiq,
} from './forms/service-tokens.ts'
import {
  matchAuthValue,
  matchBasic,
  matchBearer,
  matchCookie,
  matchHook,
  matchJwt,
  matchSignature,
  matchUrl,
} from './headers.ts'
import { matchBase64, matchDerKey, matchGcp, matchPem } from './key-material.ts'
import { matchKubernetesSecret } from './kubernetes.ts'
import { matchIbanStart, matchIbanWord } from './numbers/ibans.ts'
import { matchLabelledCode } from './numbers/labelled-codes.ts'
import { matchNationalId } from './numbers/national-ids.ts'
import { matchPlus } from './numbers/phones.ts'
import { matchIpv4, matchIpv6, matchPassport } from './off-by-default.ts'
import {
  matchAtlassian,
  matchAwsKeyId,
  matchAwsSecret,
  matchAzureSecret,
  matchGitlab,
  matchMailchimp,
  matchMailgun,
  matchNear,
  matchOpenai,
  matchOpenaiCompat,
  matchSendgrid,
  matchTelegram,
  matchTelegramUrl,
  matchTerraform,
  matchToken,
} from './tokens.ts'

const nothing: Matcher = () => {}

const CODE: Readonly<Record<CodeName, Matcher>> = {
  openai: matchOpenai,
  openai_compat: matchOpenaiCompat,
  aws_key_id: matchAwsKeyId,
  aws_secret: matchAwsSecret,
  bearer: matchBearer,
  basic: matchBasic,
  auth_value: matchAuthValue,
  jwt: matchJwt,
  cookie: matchCookie,
  email: matchEmail,
  email_words: matchEmailInWords,
  number_column: matchNumberColumn,
  command: matchCommand,
  statement: matchStatement,
  login: matchLogin,
  session_id: matchSessionId,
  // Digit runs lead to these four through `matchNumber`.
  card: nothing,
  ssn: nothing,
  itin: nothing,
  iban: nothing,
  iban_word: matchIbanWord,
  iban_start: matchIbanStart,
  phone: (s, p, _len, active) => matchPlus(s, p, active),
  ipv4: matchIpv4,
  ipv6: matchIpv6,
  pem: matchPem,
  gcp: matchGcp,
  azure_sas: matchSignature,
  azure_secret: matchAzureSecret,
  gitlab: matchGitlab,
  mailgun: matchMailgun,
  mailchimp: matchMailchimp,
  slack_hook: matchHook,
  discord_hook: matchHook,
  telegram: matchTelegram,
  telegram_url: matchTelegramUrl,
  kubernetes_secret: matchKubernetesSecret,
  sendgrid: matchSendgrid,
  atlassian: matchAtlassian,
  terraform: matchTerraform,
  url: matchUrl,
  password: matchPassword,
  secret_value: matchSecretValue,
  typed_value: matchTypedValue,
  sidekiq: matchSidekiq,
  base64: matchBase64,
  passport: matchPassport,
  cookie_file: matchCookieFile,
  cookie_object: matchCookieObject,
  dsn: matchDsn,
  piped: matchPiped,
  putty_key: matchPuttyKey,
  jwk: matchJwk,
  xml_key: matchXmlKey,
  seed_words: matchSeedWords,
  discord_bot: matchDiscordBot,
  airtable: matchAirtable,
  office_hook: matchOfficeHook,
  wallet_key: matchWalletKey,
  branded: matchBranded,
  host_login: matchHostLogin,
  dialogue: matchDialogue,
  here_string: matchHereString,
  account: matchAccount,
  literal_form: matchLiteralForm,
  near_form: matchNearForm,
  der_key: matchDerKey,
  labelled_code: matchLabelledCode,
  national_id: matchNationalId,
}

export function matcherOf(detector: Detector): Matcher {
  switch (detector.shape.kind) {
    case 'token':
      return matchToken
    case 'near':
      return matchNear
    case 'code':
      return CODE[detector.shape.run]
  }
}
