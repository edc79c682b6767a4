// Closes the panel of a span. The focus goes back to the spans, where the next one is chosen.

import { setParams } from '../../state/location.ts'

export function closeSpan(): void {
  document.querySelector<HTMLElement>('.waterfall-rows')?.focus({ preventScroll: true })
  setParams({ span: null, tab: null })
}
