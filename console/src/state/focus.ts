// Where the focus goes when the page changes under it. It never falls to the page as a whole, from where a keyboard or a screen reader
// would have to begin anew: what closes gives it back to what stands there, and a view that opens takes it to its heading.

/** How long a button that was pressed may wait for its answer before the focus goes elsewhere. */
const PRESSED_MS = 3000
/** How long the heading of a view, or the row that somebody comes back to, is waited for. */
const WAIT_MS = 5000
const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex]'

/** What had the focus last, with everything around it, the nearest first. Empty when somebody took the focus away themselves. */
let held: readonly Element[] = []
let isChecking = false
let waiting: ReturnType<typeof setTimeout> | undefined

/** Watches the page; called once. */
export function keepFocus(): void {
  document.addEventListener('focusin', (event) => {
    clearTimeout(waiting)
    waiting = undefined
    held = event.composedPath().filter((node) => node instanceof Element)
  })
  // A click beside everything means that nothing shall have the focus.
  document.addEventListener('pointerdown', (event) => {
    const at = event.target
    if (at instanceof Element && at.closest(`${FOCUSABLE}, label, dialog`) === null) held = []
  })
  new MutationObserver(() => {
    if (isChecking) return
    isChecking = true
    requestAnimationFrame(() => {
      isChecking = false
      giveBack()
    })
  }).observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['disabled', 'open', 'hidden'],
  })
}

const isNowhere = (): boolean =>
  document.activeElement === null || document.activeElement === document.body

function giveBack(): void {
  const [last] = held
  if (last === undefined || !isNowhere() || document.querySelector('dialog[open]') !== null) return
  // A button that waits for its answer gets the focus back when it can be pressed again.
  if (last.isConnected && last.matches(':disabled') && isSeen(last)) {
    waiting ??= setTimeout(() => giveBackFrom(held), PRESSED_MS)
    return
  }
  giveBackFrom(held)
}

function giveBackFrom(around: readonly Element[]): void {
  waiting = undefined
  if (!isNowhere()) return
  const next = around
    .filter((element) => element.isConnected && isSeen(element) && element !== document.body)
    .map((element) => firstFocusable(element))
    .find((element) => element !== null)
  next?.focus({ preventScroll: true })
}

const isSeen = (element: Element): boolean => element.checkVisibility()

function firstFocusable(within: Element): HTMLElement | null {
  if (within.id === 'main') return headingOf(within)
  if (within instanceof HTMLElement && within.matches(FOCUSABLE) && !within.matches(':disabled'))
    return within
  for (const element of within.querySelectorAll<HTMLElement>(FOCUSABLE))
    if (isSeen(element)) return element
  return null
}

/** The heading of a view, which can take the focus though nobody gets there with the tabulator; the view itself while it has none. */
function headingOf(view: Element): HTMLElement | null {
  const heading = view.querySelector<HTMLElement>('h1')
  if (heading === null) return view instanceof HTMLElement ? view : null
  heading.tabIndex = -1
  return heading
}

/** Waits for the heading of a view that has opened; if somebody comes back to a list, for the row they came from. */
export function focusView(view: HTMLElement | null, cameFrom: string | null): void {
  if (view === null || !isFree(view)) return
  view.focus({ preventScroll: true })
  const seek = (): boolean => {
    if (!isFree(view)) return true
    const row = cameFrom === null ? null : rowOf(view, cameFrom)
    if (row !== null) row.focus()
    else headingOf(view)?.focus({ preventScroll: true })
    return row !== null || (cameFrom === null && document.activeElement !== view)
  }
  if (seek()) return
  const observer = new MutationObserver(() => {
    if (seek()) observer.disconnect()
  })
  observer.observe(view, { subtree: true, childList: true })
  setTimeout(() => observer.disconnect(), WAIT_MS)
}

/** Whether nobody has moved the focus into the view. */
function isFree(view: HTMLElement): boolean {
  const at = document.activeElement
  return isNowhere() || at === view || !view.contains(at) || at?.tagName === 'H1'
}

function rowOf(view: HTMLElement, path: string): HTMLElement | null {
  for (const row of view.querySelectorAll<HTMLAnchorElement>('a[data-row]'))
    if (row.pathname === path) return row
  return null
}
