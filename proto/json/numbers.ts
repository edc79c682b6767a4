// Reads integers of JSON text exactly. OTLP has 64 bits, a JavaScript number only 53.

/** More digits than any valid integer has, so that a megabyte of digits does not cost a second. */
const DIGITS_MAX = 64

/** The integer that `text` denotes (`12`, `-3`, `1e3`, `5.0`), or null if it is no integer. */
export function parseInteger(text: string): bigint | null {
  if (text.length <= 20 && /^-?\d+$/.test(text)) return BigInt(text)
  if (text.length > DIGITS_MAX) return null
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (m === null) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = m
  const digits = (whole + fraction).replace(/0+$/, '')
  if (digits === '') return 0n
  const shift =
    Number(exponent) - fraction.length + (whole.length + fraction.length - digits.length)
  if (shift < 0 || shift > DIGITS_MAX) return null
  return BigInt(`${sign}${digits}${'0'.repeat(shift)}`)
}
