// Numbers that states give to persons, behind their names: the form of each country, and its check digits where it has any. What
// the check is, is in `value/check-digits.ts`.

import {
  hasAadhaarCheck,
  hasCpfCheck,
  hasDniLetter,
  hasElevenCheck,
  hasLuhnCheck,
  hasNirKey,
  hasPeselCheck,
  hasResidentCheck,
  hasSteuerIdCheck,
  hasTfnCheck,
} from '../value/check-digits.ts'
import { code, type Detector, token } from './detector.ts'

/** A number of one country. */
export interface NationalForm {
  readonly anchors: readonly string[]
  /** Group 1 is the number. */
  readonly form: RegExp
  /** Is asked with the letters and digits of the number. */
  readonly check?: (digits: string) => boolean
}

/** The rest of a label and a sign: few characters and no other number. */
const behind = (number: string): RegExp =>
  new RegExp(String.raw`^[^\d\n]{0,28}?(?<![A-Za-z0-9])(${number})(?![A-Za-z0-9]|[-.]\d)`)

const THREE_GROUPS = String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`

// biome-ignore format: labels and forms, one country after another
const FORMS: readonly NationalForm[] = [
  { anchors: ['ni number', 'national insurance', 'nino:', 'nino '], form: behind('[A-CEGHJ-PR-TW-Z]{2} ?\\d\\d ?\\d\\d ?\\d\\d ?[A-D]') },
  { anchors: ['aadhaar', 'aadhar card', 'आधार'], form: behind('[2-9]\\d{3}[ -]?\\d{4}[ -]?\\d{4}'), check: hasAadhaarCheck },
  { anchors: ['cpf:', 'cpf ', 'cpf"', 'cpf='], form: behind('\\d{3}\\.?\\d{3}\\.?\\d{3}-?\\d\\d'), check: hasCpfCheck },
  { anchors: ['dni:', 'dni ', 'dni"', 'nie: x', 'nie: y', 'nie: z', 'nif:', 'nif '], form: behind('(?:\\d{8}|[XYZ]-?\\d{7})-?[A-Z]'), check: hasDniLetter },
  { anchors: ['social insurance', 'sin number', 'sin is'], form: behind(THREE_GROUPS), check: hasLuhnCheck },
  { anchors: ['tax file number', 'tfn:', 'tfn '], form: behind(THREE_GROUPS), check: hasTfnCheck },
  { anchors: ['bsn:', 'bsn ', 'burgerservicenummer'], form: behind('\\d{9}|\\d{4}[. ]\\d\\d[. ]\\d{3}'), check: hasElevenCheck },
  { anchors: ['pesel:', 'pesel '], form: behind('\\d{11}'), check: hasPeselCheck },
  { anchors: ['codice fiscale', 'cod. fiscale', 'cod. fisc'], form: behind('[A-Z]{6}\\d\\d[A-EHLMPRST]\\d\\d[A-Z]\\d{3}[A-Z]') },
  { anchors: ['steuer-id', 'steuerid', 'steueridentifikationsnummer', 'steuer-identifikationsnummer'], form: behind('\\d\\d ?\\d{3} ?\\d{3} ?\\d{3}'), check: hasSteuerIdCheck },
  { anchors: ['sozialversicherungsnummer', 'rentenversicherungsnummer', 'sv-nummer'], form: behind('\\d\\d ?\\d{6} ?[A-Z] ?\\d{3}') },
  { anchors: ['sécurité sociale', 'securite sociale', 'n° sécu'], form: behind('[12] ?\\d\\d ?[01]\\d ?(?:\\d\\d|2[AB]) ?\\d{3} ?\\d{3} ?\\d\\d'), check: hasNirKey },
  { anchors: ['ahv-', 'ahv:', 'ahv 756', 'n° avs', 'avs-'], form: behind('756[. ]?\\d{4}[. ]?\\d{4}[. ]?\\d\\d') },
  { anchors: ['curp: ', 'curp es', 'curp del', '"curp"'], form: behind('[A-Z]{4}\\d{6}[HM][A-Z]{5}[A-Z0-9]\\d') },
  { anchors: ['personnummer', 'cpr-nummer', 'cpr nr', 'fødselsnummer'], form: behind('(?:\\d\\d)?\\d{6}[-+ ]?\\d{4,5}') },
  { anchors: ['nric:', 'nric '], form: behind('[STFGM]\\d{7}[A-Z]') },
  { anchors: ['pan card', 'pan number', 'pan no'], form: behind('[A-Z]{5}\\d{4}[A-Z]') },
  { anchors: ['身份证', '身分證', '居民身份'], form: behind('[1-9]\\d{16}[\\dXx]'), check: hasResidentCheck },
  { anchors: ['주민등록번호', '주민번호'], form: behind('\\d{6}-[1-8]\\d{6}') },
  { anchors: ['マイナンバー', '個人番号'], form: behind('\\d{4}[ -]?\\d{4}[ -]?\\d{4}') },
]

/** By the anchor, in lower case; `label` is how much of it stands before the number, of which some anchors hold the beginning. */
export const NATIONAL_FORMS: ReadonlyMap<string, NationalForm & { readonly label: number }> =
  new Map(
    FORMS.flatMap((form) =>
      form.anchors.map((anchor) => {
        const label = Buffer.byteLength(anchor.replace(/(?<=[ :])(?:\d+|[xyz])$/, ''))
        return [anchor, { ...form, label }]
      }),
    ),
  )

export const NATIONAL_IDS: readonly Detector[] = [
  token({
    id: 'national_id',
    title: 'Number that a state gives to a person',
    anchors: [...NATIONAL_FORMS.keys()],
    shape: code('national_id'),
    group: 'personal',
    anyCase: true,
    left: 'alnum',
    rank: 6,
    guessable: true,
    check: 'form and check digits of the country',
    context: 'its name before it',
  }),
]
