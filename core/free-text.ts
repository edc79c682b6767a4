// Scrubbing of text that comes by another way than telemetry, such as a comment of a person.

/** Returns the text without secrets; `field` is the name under which it was sent. */
export type ScrubText = (tenantId: string, field: string, text: string) => string

/** Where no processor scrubs, everything is kept as it came. */
export const PLAIN_TEXT: ScrubText = (_tenantId, _field, text) => text

/** One after the other: what any pipeline would remove is removed. */
export function scrubTextOfAll(all: readonly ScrubText[]): ScrubText {
  return (tenantId, field, text) => all.reduce((left, scrub) => scrub(tenantId, field, left), text)
}
