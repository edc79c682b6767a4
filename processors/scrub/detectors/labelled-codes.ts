// Short codes that only their label gives away: PINs, one-time codes, recovery codes, and phone numbers in
// pairs of digits. The form of what follows a label is strict, for the label alone stands in much prose.

import { code, type Detector, token } from './detector.ts'

const utf8 = (source: string): string => Buffer.from(source, 'utf8').toString('latin1')

/** The rest of the label and a sign or copula: `_code": "`, ` code is `, `は`. */
const SIGN = utf8(
  String.raw`(?:[ _-]{0,2}(?:code|pin|password|number|nummer|no|nr|wert|value|codes?)){0,2}[\\"'\`*_)\]]{0,4} {0,2}(?:[:=]|：|是|は|が|->|→|(?:is|ist|lautet|est|es|é|è|jest|je|to|är|er|adalah|là)(?: ?:)?(?= ))\s{0,2}[\\"'\`*_<(「【]{0,4}`,
)
const ONE_TIME = String.raw`(\d{4,8}|\d{3}[ -]\d{3}|\d{4}[ -]\d{4})(?![\d.,%:/-]?\d|[A-Za-z])`

/** Anchors, and what follows them, as latin1 of UTF-8. The code is group 1. */
interface CodeForm {
  readonly anchors: readonly string[]
  readonly form: RegExp
}

// biome-ignore format: labels in several languages
const ONE_TIME_CODES: CodeForm = {
  anchors: ['otp:', 'otp=', 'otp"', 'otp is', 'otp code', 'otp_code', 'verification code', 'verification_code', 'confirmation code', 'security code', 'login code', 'auth code', 'authentication code', 'mfa code', 'mfa_code', 'mfa"', '2fa code', 'passcode', 'bestätigungscode', 'verifizierungscode', 'einmalcode', 'sicherheitscode', 'code de vérification', 'code de confirmation', 'código de verificación', 'código de verificação', 'codice di verifica', 'doğrulama kodu', 'код подтверждения', 'код из смс', 'код проверки', '验证码', '驗證碼', '校验码', '認証コード', '確認コード', '인증번호', '인증 코드', 'رمز التحقق', 'mã xác nhận'],
  form: new RegExp(`^${SIGN}${ONE_TIME}`, 'i'),
}
const PIN_END = String.raw`(\d{4,5})(?![\d.,%:/-]?\d|[A-Za-z])`
// biome-ignore format: labels in several languages
const PINS: CodeForm = {
  anchors: ['pin:', 'pin"', 'pin =', 'pin=', 'pin is', 'pin ist', 'pin lautet', 'pin est', 'pin code', 'pin-code', 'pin_code', 'geheimzahl', 'код pin', 'código pin', 'пин-код', '暗証番号'],
  form: new RegExp(`^${SIGN}${PIN_END}`, 'i'),
}
const RECOVERY = String.raw`(?:[a-z0-9]{4,6}(?:[ -][a-z0-9]{4,6}){1,7}|[a-z]{0,8}\d[a-z0-9]{5,14}|\d{6,12})`
// biome-ignore format: labels in several languages
const RECOVERY_CODES: CodeForm = {
  anchors: ['recovery code', 'recovery_code', 'backup code', 'backup_code', 'scratch code', 'wiederherstellungscode', 'codes de secours', 'códigos de recuperación', '恢复码', '备用码', 'リカバリーコード', 'バックアップコード'],
  form: new RegExp(utf8(String.raw`^s?[\\"'\`*_)\]]{0,4}(?: \([^()\n]{1,30}\))? {0,2}(?:[:=]|：|は|(?:is|are|lautet|lauten|est|sont|son|es)(?= ))\s{0,4}[\\"'\`[(*-]{0,6}\s{0,4}(${RECOVERY}(?:[\\"'\`]{0,2}(?:[,;|]|\r?\n|\\n)\s{0,4}(?:[-*•]|\d{1,2}[.)])?\s{0,3}[\\"'\`]{0,2}${RECOVERY}){0,19})`), 'i'),
}
// biome-ignore format: what such keys are called
const GROUPED_KEYS: CodeForm = {
  anchors: ['recovery key', 'recovery_key', 'product key', 'product_key', 'license key', 'license_key', 'activation key', 'wiederherstellungsschlüssel', 'lizenzschlüssel', 'clé de licence', 'clave de licencia'],
  form: /^[\\"'`*_)\]]{0,4}[^\n"'0-9A-Z]{0,24}[\\"'`]{0,4}((?:\d{6}-){7}\d{6}|(?:[A-Z0-9]{4}-){5,7}[A-Z0-9]{4}|(?:[A-Z0-9]{5}-){3,5}[A-Z0-9]{5})(?![\w-])/,
}
// biome-ignore format: what such keys are called
const SEEDS: CodeForm = {
  anchors: ['totp', 'authenticator', '2fa key', 'mfa key', '2fa seed', 'two-factor key'],
  form: /^[^\n0-9A-Z]{0,40}(?<=[\s:="'`(])((?=[A-Z2-7]{0,30}[2-7])(?=[A-Z2-7]{0,30}[A-Z])[A-Z2-7]{16,64}|(?:[A-Z2-7]{4}[ -]){3,15}[A-Z2-7]{4}|(?:[a-z2-7]{4} ){7}[a-z2-7]{4})(?![\w-])/,
}
// biome-ignore format: labels in several languages
const PHONE_PAIRS: CodeForm = {
  anchors: ['éléphone', 'tél', 'portable :', 'portable: ', 'appelez', 'numéro', 'joindre au'],
  form: new RegExp(utf8(String.raw`^[^\d\n+]{0,24}(0[1-9](?:(?: |\.|-| | )\d\d){4})(?![ .-]?\d)`)),
}

// biome-ignore format: labels in several languages
const PHONE_SLASH: CodeForm = {
  anchors: ['telefon', 'tel.:', 'tel.-nr', 'tel:', 'fax:', 'handy:', 'mobil: 0', 'rufnummer'],
  form: new RegExp(utf8(String.raw`^[^\d\n+]{0,16}(\(?0\d{1,5}\)? ?/ ?\d{4,9}(?:[ -]\d{1,5}){0,3}|\(?0\d{1,5}\)? ?[/-]? ?\d{2,4}(?: \d{2,4}){1,3})(?![.,/-]?\d)`)),
}

// biome-ignore format: labels in several languages
const PHONE_GROUPS: CodeForm = {
  anchors: ['teléfono', 'telefono', 'telefon', 'tel.:', 'tel:', 'natel 07', 'natel:', 'móvil', 'movil', 'mobilnummer', 'mobil är', 'mobil: 0', 'handynummer', 'telemóvel', 'celular', 'komórk', 'телефон', 'тел.', 'тел:', 'мобильн'],
  form: new RegExp(utf8(String.raw`^[^\d\n+]{0,24}(\d{3}([ .-])\d{3}\2\d{3}|0\d{2}[ /-]\d{3}[ -]\d\d[ -]\d\d|\d{3} \d\d \d{3}|\d\d \d\d \d\d \d\d|8[ -]?\(?\d{3}\)?[ -]\d{3}[ -]\d\d[ -]\d\d)(?![ .,/-]?\d)`)),
}

const FORMS = [
  ONE_TIME_CODES,
  PINS,
  RECOVERY_CODES,
  GROUPED_KEYS,
  SEEDS,
  PHONE_PAIRS,
  PHONE_SLASH,
  PHONE_GROUPS,
]

/** Three letters alone stand in too many words: the sign behind them belongs to the anchor, but not to the label. */
const SHORT_LABEL = /^(?:otp|pin|mfa|portable|mobile|tel|fax|handy|mobil|natel)(?=[^a-z0-9_-])/

interface LabelledForms {
  /** Bytes of the anchor that are the label. */
  readonly label: number
  readonly forms: readonly RegExp[]
}

/** By anchor what may follow its label. */
export const CODE_FORMS: ReadonlyMap<string, LabelledForms> = new Map(
  FORMS.flatMap((f) => f.anchors).map((anchor) => [
    anchor,
    {
      label: SHORT_LABEL.exec(anchor)?.[0].length ?? Buffer.byteLength(anchor),
      forms: FORMS.filter((f) => f.anchors.includes(anchor)).map((f) => f.form),
    },
  ]),
)

const row = (
  id: string,
  title: string,
  form: readonly CodeForm[],
  more: Partial<Detector>,
): Detector =>
  token({
    id,
    title,
    anchors: [...new Set(form.flatMap((f) => f.anchors))],
    shape: code('labelled_code'),
    group: 'context',
    anyCase: true,
    rank: 3,
    ...more,
  })

export const LABELLED_CODES: readonly Detector[] = [
  row(
    'password',
    'PIN, one-time code or recovery code behind its label',
    [ONE_TIME_CODES, PINS, RECOVERY_CODES, GROUPED_KEYS, SEEDS],
    { left: 'alnum', check: 'digits, groups or base32 of the length that such codes have' },
  ),
  row('phone', 'Phone number in pairs of digits', [PHONE_PAIRS], {
    left: 'any',
    check: 'a zero and five pairs, as in France',
    guessable: true,
  }),
  row('phone', 'Phone number in groups behind its label', [PHONE_SLASH, PHONE_GROUPS], {
    left: 'alnum',
    check: 'the groups that numbers of the country are written in',
    guessable: true,
  }),
]
