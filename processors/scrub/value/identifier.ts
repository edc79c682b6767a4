// Tells a name, as code and prose make them of words, from a random key.

// biome-ignore format: the pairs of letters that English words are made of
const PAIRS = new Set('fl mm tt ff ws ds gn ia ie aw ew ht th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra ld ur ro ri io me ne ic ce co ma ta li ll ch ec om di el la ho no us ut ot ss so tr ge pe ac wi un em pr ai be ct fo id il im ir lo mi mo na ni nc ns oo op ow pa pl po rs rt sh su tu ul um up wa we wh ts ty ay av ab ad ag am ap au bl bo br bu by ca ci ck cl cr cu da do dr du ee ef ei ep ev ex ey fi fr ft fu ga gh gi gl go gr gs gu if ig ke ki ks ls lt lu ly mp mu my nf nk nl nn nu ny ob oc od og oi ok ol ov pi pp pt pu qu rc rd rg rk rl rm rn rp rr ru rv ry sc sk sl sm sp sw ub ud ue ug ui va vi wn wo ys ze'.split(' '))

/**
 * Made of words, as names in code are: few digits, most letters in pieces of three and more with a vowel, and
 * most neighbours among those of English. One random key of 20 characters in ten thousand looks like that.
 */
export function isIdentifier(text: string): boolean {
  let letters = 0
  let spoken = 0
  let digits = 0
  let pairs = 0
  let usual = 0
  for (const m of text.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|\d+/g)) {
    const piece = m[0].toLowerCase()
    if (/\d/.test(piece)) {
      digits += piece.length
      continue
    }
    letters += piece.length
    if (piece.length >= 3 && /[aeiouy]/.test(piece)) spoken += piece.length
    for (let i = 1; i < piece.length; i++) {
      pairs++
      if (PAIRS.has(piece.slice(i - 1, i + 1))) usual++
    }
  }
  if (letters < 6 || digits > 0.2 * text.length) return false
  return spoken >= 0.75 * letters && pairs >= 4 && usual >= 0.7 * pairs
}
