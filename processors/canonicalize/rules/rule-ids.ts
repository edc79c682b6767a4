// Short ids of rules, by which stored events name the rules that filled their fields. An id is assigned once, in the
// order of `rule-ids.generated.json`, and never reused, so that an event from an older version can be explained
// although its rule is gone.

import listed from './rule-ids.generated.json' with { type: 'json' }

/** What identifies a row of a dialect's table: source key, target and the name of the transform. */
export interface NamedRule {
  readonly dialect: string
  readonly key: string
  readonly to: string
  readonly how: string
}

export type ListedRule = readonly [dialect: string, key: string, to: string, how: string]

/** The number of characters of an id. */
export const RULE_ID_LENGTH = 2
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** How many ids of two characters exist. A longer list would need a longer form. */
export const RULE_IDS_MAX = ALPHABET.length ** RULE_ID_LENGTH

// The file has rows of four texts. It is generated from the tables, and a test compares it with them.
export const LISTED_RULES = listed as unknown as readonly ListedRule[]

const idOf = (index: number): string => `${ALPHABET[index >>> 6]}${ALPHABET[index & 63]}`
const nameOf = (rule: ListedRule): string => rule.join('\n')
const ids: ReadonlyMap<string, string> = new Map(
  LISTED_RULES.map((rule, index) => [nameOf(rule), idOf(index)]),
)
const rules: ReadonlyMap<string, ListedRule> = new Map(
  LISTED_RULES.map((rule, index) => [idOf(index), rule]),
)

/** True for rules that fill a field. Events name no others. */
export function hasRuleId({ to, how }: NamedRule): boolean {
  // Vectors are dropped, but their length is a field.
  return (to !== 'drop' || how !== 'drop') && !to.startsWith('metadata.')
}

/** '' for a rule without an id, and for a row that is not listed yet. */
export function ruleId(rule: NamedRule): string {
  if (!hasRuleId(rule)) return ''
  return ids.get(nameOf([rule.dialect, rule.key, rule.to, rule.how])) ?? ''
}

/** The rules that a text of ids names, in order. Ids of a newer version are left out. */
export function rulesOfIds(text: string): readonly NamedRule[] {
  const found: NamedRule[] = []
  for (let at = 0; at + RULE_ID_LENGTH <= text.length; at += RULE_ID_LENGTH) {
    const rule = rules.get(text.slice(at, at + RULE_ID_LENGTH))
    if (rule === undefined) continue
    const [dialect, key, to, how] = rule
    found.push({ dialect, key, to, how })
  }
  return found
}

/** The list, with the rules of the tables that it does not have appended. */
export function extendedList(all: readonly NamedRule[]): readonly ListedRule[] {
  const list = [...LISTED_RULES]
  const known = new Set(list.map(nameOf))
  for (const rule of all) {
    const row: ListedRule = [rule.dialect, rule.key, rule.to, rule.how]
    if (!hasRuleId(rule) || known.has(nameOf(row))) continue
    known.add(nameOf(row))
    list.push(row)
  }
  return list
}
