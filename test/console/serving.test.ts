// Tests how the console is served: its page for its own paths only, hashed files, a strict content security policy, any path prefix.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { buildConsole } from '../../console/build.ts'
import { LIST_VIEWS, ONE_VIEWS } from '../../console/src/view-names.ts'
import { Instance, until } from '../instance.ts'
import { freePort } from '../ports.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from './browser.ts'

const BUILT = join(import.meta.dirname, '../../console/dist')
const FIRST_LOAD_BYTES_MAX = 200_000

let instance: Instance

before(async () => {
  await buildConsole()
  instance = await Instance.start()
  await until(async () => (await fetch(instance.url('/', 'http'))).status === 200, 'served')
})
after(async () => {
  await instance?.stop()
})

const get = async (path: string): Promise<Response> =>
  await fetch(instance.url(path, 'http'), { redirect: 'manual' })

test('every path of the console answers its page, whose base leads to the root', async () => {
  for (const [path, base] of [
    ['/', './'],
    ['/?range=1h', './'],
    ['/traces', './'],
    ['/traces/0123?span=1', '../'],
    ['/users/a%2Fb', '../'],
    ['/issues/', '../'],
  ] as const) {
    const res = await get(path)
    assert.equal(res.status, 200, path)
    assert.match(
      await res.text(),
      new RegExp(`<base href="${base.replaceAll('.', '\\.')}" />`),
      path,
    )
  }
})

test('other paths stay those of the API: 404 as JSON, and 405 for other methods', async () => {
  for (const path of ['/nowhere', '/assets/none.js', '/assets/..%2findex.html', '/traces.html']) {
    const res = await get(path)
    assert.equal(res.status, 404, path)
    assert.match(res.headers.get('content-type') ?? '', /json/)
  }
  const posted = await fetch(instance.url('/traces', 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  assert.equal(posted.status, 405)
})

test('a browser that opens an unknown address gets the console, which says so, with 404; programs get JSON', async () => {
  const ask = async (path: string, accept: string): Promise<Response> =>
    await fetch(instance.url(path, 'http'), { headers: { accept } })
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
  for (const [path, base] of [
    ['/nowhere', './'],
    ['/traces/a/b', '../../'],
    ['/traces/a/b/c/d?range=1h', '../../../../'],
    ['/costs/x', '../'],
    ['/nope/', '../'],
    ['/users/%zz', '../'],
    ['/traces.html', './'],
  ] as const) {
    const page = await ask(path, browser)
    assert.equal(page.status, 404, path)
    assert.match(page.headers.get('content-type') ?? '', /html/, path)
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self'/, path)
    const text = await page.text()
    assert.match(text, new RegExp(`<base href="${base.replaceAll('.', '\\.')}" />`), path)
    for (const accept of ['*/*', 'application/json']) {
      const res = await ask(path, accept)
      assert.ok(res.status === 404 || res.status === 400, path)
      assert.match(res.headers.get('content-type') ?? '', /json/, `${path} ${accept}`)
    }
  }
  for (const path of ['/api/v1/nowhere', '/assets/none.js', '/health/nowhere', '/v1/nowhere'])
    assert.match((await ask(path, browser)).headers.get('content-type') ?? '', /json/, path)
})

test('the paths of the console are those of its views', async () => {
  for (const name of LIST_VIEWS) assert.equal((await get(`/${name}`)).status, 200, name)
  for (const name of ONE_VIEWS) assert.equal((await get(`/${name}/x`)).status, 200, name)
  for (const name of ONE_VIEWS.filter((one) => !LIST_VIEWS.some((list) => one === list)))
    assert.equal((await get(`/${name}`)).status, 404, name)
  for (const name of LIST_VIEWS.filter((list) => !ONE_VIEWS.some((one) => one === list)))
    if (name !== '') assert.equal((await get(`/${name}/x`)).status, 404, name)
})

test('the policy of the page allows nothing inline, nothing from elsewhere and no markup from text', async () => {
  const policy = (await get('/')).headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
  assert.doesNotMatch(policy, /unsafe|https?:|\*/)
  assert.match(policy, /require-trusted-types-for 'script'/)
  const page = await (await get('/')).text()
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)|<style|\son\w+=|https?:/)
})

test('files are named by their content and kept for good; the page is asked for again', async () => {
  const page = await get('/')
  assert.equal(page.headers.get('cache-control'), 'no-cache')
  const [asset] = /assets\/[\w-]+\.js/.exec(await page.text()) ?? []
  const res = await get(`/${asset}`)
  assert.equal(res.status, 200)
  assert.match(res.headers.get('cache-control') ?? '', /immutable/)
  assert.match(res.headers.get('content-type') ?? '', /javascript/)
})

test(`the first load is at most ${FIRST_LOAD_BYTES_MAX} bytes, compressed`, () => {
  const page = readFileSync(join(BUILT, 'index.html'))
  const loaded = page.toString().match(/assets\/[\w-]+\.(js|css)/g) ?? []
  assert.ok(loaded.length >= 2)
  const sizes = [page, ...loaded.map((file) => readFileSync(join(BUILT, file)))].map(
    (bytes) => gzipSync(bytes).length,
  )
  const sum = sizes.reduce((a, b) => a + b, 0)
  assert.ok(sum <= FIRST_LOAD_BYTES_MAX, `${sum} bytes`)
  assert.ok(sum > 20_000, 'less than a console can be')
})

/** A reverse proxy that strips a prefix and passes `Host` on. */
function proxy(prefix: string, port: number): Server {
  return createServer((req, res) => {
    if (req.url?.startsWith(prefix) !== true) {
      res.writeHead(404).end('outside the prefix')
      return
    }
    const path = req.url.slice(prefix.length - 1)
    const passed = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: req.method,
        headers: req.headers,
      },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(res)
      },
    )
    passed.once('error', () => res.writeHead(502).end())
    req.pipe(passed)
  })
}

const executablePath = chromiumPath()

test('the console works behind a path prefix, links into it too', {
  skip: executablePath === null ? NO_CHROMIUM : false,
}, async (t) => {
  if (executablePath === null) return
  const port = await freePort()
  const server = proxy('/tools/observa/', instance.ports.http)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.after(() => server.close())
  const browser = await launch(executablePath)
  t.after(async () => await browser.close())
  const { page, complaints, strays } = await openPage(browser, {
    origin: `http://127.0.0.1:${port}`,
  })
  await page.goto('/tools/observa/operations')
  await page.getByRole('cell', { name: /to send$/ }).waitFor()
  await page.getByRole('link', { name: 'Set up' }).click()
  await page.waitForURL('**/tools/observa/set-up')
  await page.goto('/tools/observa/users/somebody')
  await page.getByRole('alert').waitFor()
  await page.getByRole('link', { name: 'Operations' }).click()
  await page.getByRole('cell', { name: /to send$/ }).waitFor()
  assert.deepEqual(complaints, [])
  assert.deepEqual(strays, [])
  server.closeAllConnections()
})
