// Number plans: which country codes exist and how long their national numbers are. Enough to tell a phone
// number from any other run of digits after a plus sign; not a dialling guide.

/** Country code -> shortest and longest national number (ITU E.164 national plans). */
// biome-ignore format: a table
const PLANS: Readonly<Record<string, readonly [number, number]>> = {
  1: [10, 10], 7: [10, 10], 20: [8, 10], 27: [9, 9], 30: [10, 10], 31: [9, 9], 32: [8, 9], 33: [9, 9], 34: [9, 9],
  36: [8, 9], 39: [8, 11], 40: [9, 9], 41: [9, 9], 43: [7, 13], 44: [9, 10], 45: [8, 8], 46: [7, 10], 47: [8, 8],
  48: [9, 9], 49: [7, 12], 51: [8, 9], 52: [10, 11], 53: [8, 8], 54: [10, 11], 55: [10, 11], 56: [9, 9], 57: [8, 10],
  58: [10, 10], 60: [8, 10], 61: [9, 9], 62: [8, 12], 63: [8, 10], 64: [8, 10], 65: [8, 8], 66: [8, 9], 81: [9, 10],
  82: [8, 11], 84: [9, 10], 86: [10, 11], 90: [10, 10], 91: [10, 10], 92: [9, 10], 93: [9, 9], 94: [9, 9], 95: [8, 10],
  98: [10, 10], 211: [9, 9], 212: [9, 9], 213: [8, 9], 216: [8, 8], 218: [9, 9], 220: [7, 7], 221: [9, 9], 222: [8, 8],
  223: [8, 8], 224: [8, 9], 225: [8, 10], 226: [8, 8], 227: [8, 8], 228: [8, 8], 229: [8, 10], 230: [7, 8], 231: [7, 9],
  232: [8, 8], 233: [9, 9], 234: [8, 10], 237: [9, 9], 241: [7, 8], 242: [9, 9], 243: [9, 9], 244: [9, 9], 248: [7, 7],
  250: [9, 9], 251: [9, 9], 252: [7, 9], 253: [8, 8], 254: [9, 9], 255: [9, 9], 256: [9, 9], 257: [8, 8], 258: [8, 9],
  260: [9, 9], 261: [9, 10], 262: [9, 9], 263: [9, 9], 264: [8, 9], 265: [7, 9], 266: [8, 8], 267: [7, 8], 268: [8, 8],
  297: [7, 7], 350: [8, 8], 351: [9, 9], 352: [6, 9], 353: [7, 9], 354: [7, 9], 355: [8, 9], 356: [8, 8], 357: [8, 8],
  358: [6, 11], 359: [8, 9], 370: [8, 8], 371: [8, 8], 372: [7, 8], 373: [8, 8], 374: [8, 8], 375: [9, 9], 376: [6, 9],
  377: [8, 9], 378: [8, 10], 380: [9, 9], 381: [8, 9], 382: [8, 8], 383: [8, 9], 385: [8, 9], 386: [8, 8], 387: [8, 8],
  389: [8, 8], 420: [9, 9], 421: [9, 9], 423: [7, 9], 501: [7, 7], 502: [8, 8], 503: [8, 8], 504: [8, 8], 505: [8, 8],
  506: [8, 8], 507: [7, 8], 509: [8, 8], 591: [8, 8], 592: [7, 7], 593: [8, 9], 595: [9, 9], 597: [6, 7], 598: [8, 8],
  670: [7, 8], 673: [7, 7], 675: [7, 8], 676: [5, 7], 679: [7, 7], 852: [8, 8], 853: [8, 8], 855: [8, 9], 856: [8, 10],
  880: [8, 10], 886: [8, 9], 960: [7, 7], 961: [7, 8], 962: [8, 9], 963: [8, 9], 964: [8, 10], 965: [8, 8], 966: [8, 9],
  967: [7, 9], 968: [8, 8], 970: [8, 9], 971: [8, 9], 972: [8, 9], 973: [8, 8], 974: [8, 8], 975: [7, 8], 976: [8, 8],
  977: [8, 10], 992: [9, 9], 993: [8, 8], 994: [9, 9], 995: [9, 9], 996: [9, 9], 998: [9, 9],
}

/**
 * True if the digits are an international number: a known country code and as many digits as its plan allows. `d` has the
 * values of the digits, 0 to 9, and not their characters.
 */
export function isPhoneNumber(d: Uint8Array, count: number): boolean {
  let code = 0
  for (let len = 1; len <= 3 && len < count; len++) {
    code = code * 10 + (d[len - 1] as number)
    const plan = PLANS[code]
    if (plan === undefined) continue
    let national = count - len
    // "+44 (0)20 ...": the trunk zero is written but not dialled.
    if (d[len] === 0 && code !== 39 && national > plan[0]) national--
    if (national < plan[0] || national > plan[1]) continue
    // In North America the area code and the exchange begin with 2 to 9.
    return code !== 1 || ((d[1] as number) >= 2 && (d[4] as number) >= 2)
  }
  return false
}

/** North American 10 (or 11 with 1), or a number with the trunk zero: for use with context only. */
export function isNationalPhone(d: Uint8Array, count: number): boolean {
  if (count === 10 && (d[0] as number) >= 2) return (d[3] as number) >= 2 || d[0] !== d[3]
  if (count === 11 && d[0] === 1) return (d[1] as number) >= 2
  return d[0] === 0 && count >= 9 && count <= 12
}
