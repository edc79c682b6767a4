// What is looked for on behalf of whom: all policies of a processor share one engine and its tables, and a policy
// says which types count. It is passed with each value and stored nowhere but in the value's `ScannedValue`, because the
// next value may be another tenant's. Leaves actions and allow lists to the inspector of the tenant.

/** What numbers of one kind are reported as. */
export interface NumberRule {
  readonly type: number
  readonly rank: number
}

/** The number rules that are on; null = off. */
export interface NumberRules {
  readonly card: NumberRule | null
  readonly ssn: NumberRule | null
  readonly itin: NumberRule | null
  readonly iban: NumberRule | null
  readonly phone: NumberRule | null
}

export interface Policy {
  /** By type number: 1 = not for this tenant. Null: everything the engine knows. */
  readonly off: Uint8Array | null
  readonly numbers: NumberRules
  /** Names of types whose markers are known, and keys of pseudonyms; a marker of another name is a forged one. */
  readonly markers: ReadonlySet<string>
}

/** The number rules that a policy leaves on. */
export function numbersOf(all: NumberRules, off: Uint8Array): NumberRules {
  const kept = (rule: NumberRule | null): NumberRule | null =>
    rule !== null && off[rule.type] === 1 ? null : rule
  return {
    card: kept(all.card),
    ssn: kept(all.ssn),
    itin: kept(all.itin),
    iban: kept(all.iban),
    phone: kept(all.phone),
  }
}
