/** The text without what Postgres refuses, also as JSON: NUL, and half of a surrogate pair, which becomes U+FFFD. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '')
