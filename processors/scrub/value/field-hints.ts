// What the name of a field says about its value beyond being a secret or not: bits that number rules ask for.

/** What the name of the field says about its value, as bits. */
export const HINT = { SSN: 1, CARD: 2, PHONE: 4, ITIN: 8, PASSPORT: 16, AZURE_OPENAI: 32 } as const
