// A page without scripts that lists the operations of the API. It is served at `/docs` when the console is not built.

interface Operation {
  readonly summary?: string
  readonly tags?: readonly string[]
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export function plainDocs(document: object, toRoot: string): string {
  // The type is right: the document is made by this API.
  const { paths } = document as Document
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { summary = '' }]) =>
        `<tr><td>${method.toUpperCase()}</td><td><code>${escaped(path)}</code></td><td>${escaped(summary)}</td></tr>`,
    ),
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Observa API</title><h1>Observa API</h1>
<p>The document is <a href="${toRoot}api/v1/openapi.json">openapi.json</a>. With a console (npm run build) this page can ask the operations.</p>
<table>${rows.join('')}</table></html>`
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
