// Which methods a path has, for 405 answers: the router only says that it has no route for a method and a path.

import type { Api } from './typed-fastify.ts'

/** Collects routes as they are added; call it before the first. Gives the methods of a path, none for no path at all. */
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

/** Routes of the API have whole segments as parameters; a wildcard stands at the end. */
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
