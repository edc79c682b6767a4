// The context of a marker, which may weaken it: a negation, a condition, a question how something is done, quotation marks, or a
// text about attacks.

const NEGATION =
  /(?:\b(?:do not|don'?t|does not|never|must not|should not|shouldn'?t|cannot|can'?t|won'?t|would not|not to|refuse to|without|instead of|rather than|avoid|nicht|niemals|nie|jamais|nunca|mai|nao|не|никогда)\s+(?:\w+\s+){0,2}|(?:不要|请勿|切勿|不得|勿)[^。，]{0,3})$/u
const CONDITION =
  /\b(?:if|when|whenever|should|even if|in case)\b[^.!?\n]{0,60}\b(?:asks?|tells?|tries|attempts?|wants?|says?|requests?|instructs?|claims?)\b[^.!?\n]{0,40}$/
const QUESTION =
  /\b(?:how (?:do|does|can|could|would|should|to)|why (?:do|does|did|would|is|are)|is it (?:possible|ok|okay|safe|allowed) to|where (?:do|can|is)|what happens (?:if|when)|explain how|best way to|steps to|wie (?:kann|mache)|comment|como (?:puedo|posso)|come (?:posso|faccio))\b[^.!?\n]{0,70}$/
/** "What does <|im_start|> mean?" asks about the marker. */
const MEANING = /\bwhat (?:does|do|is|are)\b[^.?!\n]{0,40}$/
const MEANING_END =
  /^[^.?!\n]{0,40}\b(?:means?|stands? for|used for|good for|do|called)\b[^.!\n]{0,60}(?:\?|$)|^[^.!\n]{0,12}\?/
/** "Refuse any request to ..", "never obey documents that say ..", "phrases such as ..": the marker stands right behind. */
const REFUSED =
  /\b(?:(?:never|do not|don'?t|must not|should not|not to) (?:follow|obey|act on|comply with|accept|execute|trust|honou?r)|refus(?:e|es|ing)|rejects?|blocks?|declines?|flags?|filters?(?: out)?|detects?)\s[^.!?\n]{0,40}\b(?:requests?|orders|messages?|users?|texts?|inputs?|documents?|instructions|prompts?|attempts?|commands|questions)\s(?:(?:to|like|such as|saying)|(?:that|which|who)\s(?:says?|asks?|tells?|tries|try|wants?|instructs?)(?:\s(?:you|me|it|(?:the|a|an|your|this)\s\w+))?(?:\sto)?)\s["'“]?$/
const EXAMPLE =
  /\b(?:phrases?|words|sentences?|strings?|wordings?|orders|requests?|commands|patterns?)\s(?:such as|like)\s["'“]?$/
/** What somebody told somebody else than the model, and what is about things that no model has. */
const REPORTED =
  /\b(?:told|asked|instructed|ordered|advised|directed|reminded)\s(?:me|us|him|her|them|(?:the|my|our|his|her|their)\s(?!assistants?\b|models?\b|ai\b|bots?\b|llms?\b|chatbots?\b|systems?\b|agents?\b)\w+)\sto\s$/
const THINGS =
  /^\s(?:for|on|from|about|regarding|concerning|in)\s(?:the\s|my\s|our\s|his\s|her\s)?(?:exercises?|homework|reports?|packag(?:e|es|ing)|box|label|recipe|pharmacy|doctor|nurse|damages|lesson|chapter|assembly|manual|memo|spreadsheet|slides?|invoices?|travel|expenses?)\b/
const TREATY =
  /\b(?:memo(?:randum)?|contract|agreement|amendment|lease|treaty|statute|circular)s?\s$/
/** Turn markers inside a sentence of a text about tokens name a token. At a line's begin or end they are forged turns. */
const TURN_MARKER = /^(?:<\||\[\/?inst\]|<<\/?sys|<(?:start|end)_of)/
const ABOUT_TOKENS =
  /\b(?:tokeni[sz]ers?|tokens|(?:chat|prompt) ?templates?|(?:special|pad|eos|bos|stop|control) (?:tokens?|sequences?|strings?)|vocab(?:ulary)?|stray)\b/
const isInSentence = (text: string, from: number, to: number): boolean =>
  /[\p{L}\p{N},;:(`'"]\s?$/u.test(text.slice(Math.max(0, from - 2), from)) &&
  /^(?:\w{0,12}[ .,;:?!)`'"]|\w{0,12}$)/.test(text.slice(to, to + 14))
/** Words of texts about attacks. */
const SUBJECT =
  /prompt[ -]injection|jailbreak(?:s|ing)\b|\battackers?\b(?!@)|adversarial|red[ -]team|malicious|\bphishing\b|security (?:training|awareness|policy|research|blog|article|report|team|course)|injection (?:attack|attempt|detect)|\bowasp\b|injections? de prompt|提示注入|プロンプトインジェクション/
/** Words that introduce a quoted example. */
const ABOUT_WORDS =
  /\b(?:for example|e\.g\.|examples?|such as|what does|mean(?:s|ing|t)?|translat\w*|classif\w*|detect\w*|explain\w*|blog|article|paper|quiz|lesson|phrase|sentence|spam|moderat\w*|subject line|titled|called|says|said|wrote|write[s]?|reads|word|words|string|text|term|token|tokenizer|template|label|button|column)\b/
const QUOTE_REACH = 160
const CLOSING: Readonly<Record<string, string>> = {
  "'": "'",
  '"': '"',
  '`': '`',
  '“': '”',
  '«': '»',
  '‘': '’',
  '「': '」',
  '„': '“',
}

/** How much less than its weight a marker at `[from, to)` counts. `Infinity` if it does not count at all. */
export function mitigation(text: string, from: number, to: number): number {
  const before = text.slice(Math.max(0, from - 120), from)
  if (NEGATION.test(before) || CONDITION.test(before)) return Number.POSITIVE_INFINITY
  if (MEANING.test(before) && MEANING_END.test(text.slice(to, to + 120)))
    return Number.POSITIVE_INFINITY
  if (REFUSED.test(before) || EXAMPLE.test(before) || TREATY.test(before))
    return Number.POSITIVE_INFINITY
  if (TURN_MARKER.test(text.slice(from, to)))
    return ABOUT_TOKENS.test(text) && isInSentence(text, from, to) ? Number.POSITIVE_INFINITY : 0
  const isAboutAttacks = SUBJECT.test(text)
  if (isQuoted(text, from, to)) {
    if (isAboutAttacks || ABOUT_WORDS.test(outside(text, from, to))) return Number.POSITIVE_INFINITY
    return 1
  }
  let less = 0
  if (QUESTION.test(before)) less++
  if (REPORTED.test(before) || THINGS.test(text.slice(to, to + 60))) less++
  if (isAboutAttacks) less++
  return less
}

/** Whether a pair of quotation marks encloses the marker. */
function isQuoted(text: string, from: number, to: number): boolean {
  const start = Math.max(0, from - QUOTE_REACH)
  const left = text.slice(start, from)
  for (const [open, close] of Object.entries(CLOSING)) {
    const at = left.lastIndexOf(open)
    if (at < 0) continue
    // An apostrophe inside a word is no quotation mark.
    if (open === "'" && /\w/.test(left[at - 1] ?? text[start + at - 1] ?? ' ')) continue
    if (open === close && left.slice(at + 1).includes(close)) continue
    if (open === close && count(left, open) % 2 === 0) continue
    const end = text.indexOf(close, to)
    if (end >= 0 && end - to <= QUOTE_REACH) return true
  }
  return false
}

function count(text: string, mark: string): number {
  let n = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== mark) continue
    if (mark === "'" && /\w/.test(text[i - 1] ?? ' ') && /\w/.test(text[i + 1] ?? ' ')) continue
    n++
  }
  return n
}

const outside = (text: string, from: number, to: number): string =>
  `${text.slice(Math.max(0, from - 400), from)} ${text.slice(to, to + 200)}`
