// Check digits of the numbers that states give to persons. All take the letters and digits of a number alone.

function weighted(digits: string, weights: readonly number[]): number {
  return weights.reduce((sum, w, i) => sum + w * Number(digits[i]), 0)
}

/** Canada: the sum of Luhn over nine digits. */
export function hasLuhnCheck(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const d = Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 1 : 2)
    sum += d > 9 ? d - 9 : d
  }
  return sum % 10 === 0 && !/^(\d)\1*$/.test(digits)
}

/** Brazil: two digits, each the sum of those before it, weighted downwards to two. */
export function hasCpfCheck(digits: string): boolean {
  if (/^(\d)\1*$/.test(digits)) return false
  return [9, 10].every((n) => {
    const weights = Array.from({ length: n }, (_, i) => n + 1 - i)
    return ((weighted(digits, weights) * 10) % 11) % 10 === Number(digits[n])
  })
}

/** Spain: the letter is the remainder of 23; X, Y and Z stand for 0, 1 and 2. */
export function hasDniLetter(text: string): boolean {
  const first = 'XYZ'.indexOf(text[0] ?? '')
  const digits = first < 0 ? text.slice(0, -1) : `${first}${text.slice(1, -1)}`
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(digits) % 23] === text.at(-1)
}

/** Australia. */
export function hasTfnCheck(digits: string): boolean {
  return weighted(digits, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0
}

/** The Netherlands. */
export function hasElevenCheck(digits: string): boolean {
  return weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0
}

/** Poland. */
export function hasPeselCheck(digits: string): boolean {
  return weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
}

/** Germany: ISO 7064, modulo 11 and 10. */
export function hasSteuerIdCheck(digits: string): boolean {
  let product = 10
  for (let i = 0; i < 10; i++) {
    const sum = (Number(digits[i]) + product) % 10
    product = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return (11 - product) % 10 === Number(digits[10])
}

/** France: 97 less the remainder of the number; the departments of Corsica count as 19 and 18. */
export function hasNirKey(text: string): boolean {
  const digits = text.replace('2A', '19').replace('2B', '18')
  return 97 - Number(BigInt(digits.slice(0, 13)) % 97n) === Number(digits.slice(13))
}

/** China: weights are the powers of two, modulo 11. */
export function hasResidentCheck(text: string): boolean {
  const sum = weighted(text, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
  return '10X98765432'[sum % 11] === text.at(-1)?.toUpperCase()
}

/** The group of order ten that Verhoeff's scheme counts in: what two digits make. */
function inGroup(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b - 5) % 5) + 5
  return b < 5 ? ((a - 5 - b + 5) % 5) + 5 : (a - b + 5) % 5
}

const PERMUTED = '1576283094'

/** India: Verhoeff's scheme. */
export function hasAadhaarCheck(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    let d = Number(digits[digits.length - 1 - i])
    for (let n = 0; n < i % 8; n++) d = Number(PERMUTED[d])
    sum = inGroup(sum, d)
  }
  return sum === 0
}
