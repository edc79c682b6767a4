// Finds the methods that a path has, for 405 responses. The router only reports that it has no route for a method and
// a path.

import type { Api } from './typed-fastify.ts'

/**
 * Collects the routes that are added after this call. The returned function gives the methods of a path; an unknown
 * path has none.
 */
export function collectMethods(app: Api): (path: string) => readonly string[] {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', (route) => {
    const known = methods.get(route.url) ?? new Set()
    methods.set(route.url, known)
    for (const method of [route.method].flat()) known.add(method)
  })
  return (path) => {
    const found = [...methods].filter(([pattern]) => matches(pattern, path))
    return [...new Set(found.flatMap(([, of]) => [...of]))].toSorted()
  }
}

/** Parameters of routes are whole segments. A wildcard is at the end. */
function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  const isWild = wanted.at(-1) === '*'
  if (isWild ? given.length < wanted.length : given.length !== wanted.length) return false
  return wanted.every(
    (segment, i) =>
      segment === '*' || segment === given[i] || (segment.startsWith(':') && given[i] !== ''),
  )
}
