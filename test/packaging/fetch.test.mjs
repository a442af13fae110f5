import assert from 'node:assert/strict'
import { cp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AUDIENCE, createIssuer } from './api.mjs'
import { compile, RESOLUTIONS } from './compiler.mjs'
import {
  createProject,
  createTemporaryDirectory,
  evaluate,
  packAll,
  withVersions,
} from './tarballs.mjs'

let directory
let project
let server
let url
let token

before(async () => {
  directory = await createTemporaryDirectory()
  const { core, client, express } = await packAll(directory.path)
  const names = ['@types/express', '@types/node', 'express', 'node-fetch', 'undici']
  const others = await withVersions(...names)
  project = await createProject(join(directory.path, 'fetch'), core, client, express, ...others)
  const types = fileURLToPath(new URL('types/fetch.test-d.ts', import.meta.url))
  await cp(types, join(project, 'fetch.test-d.ts'))
  await serveIssuer()
})
after(async () => {
  server.close()
  server.closeAllConnections()
  await directory.remove()
})

/** Starts an authorization server with keys, a token endpoint, a redirect and a document that is too large. */
async function serveIssuer() {
  const responses = {
    '/keys': (response) => response.end(JSON.stringify(jwks)),
    '/large': (response) => response.end(JSON.stringify({ ...jwks, padding: ' '.repeat(600_000) })),
    '/redirect': (response) => response.writeHead(302, { location: '/keys' }).end(),
    '/token': (response) =>
      response.end('{"access_token":"a","token_type":"bearer","expires_in":600}'),
  }
  server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json')
    const respond = responses[request.url] ?? (() => response.writeHead(404).end())
    respond(response)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${server.address().port}`
  const { jwks, mint } = await createIssuer(url)
  token = await mint()
}

for (const name of ['nodenext', 'TypeScript 5, node']) {
  test(`fetch: globalThis.fetch, undici and custom functions match the type Fetch (${name})`, async () => {
    const all = { ...RESOLUTIONS[name], types: ['node'], noEmit: true }
    assert.equal(await compile(project, ['fetch.test-d.ts'], all), '')
  })
}

test('fetch: node-fetch matches the type Fetch', async () => {
  const program = `import type { Fetch } from '@bearward/core'
    import fetch from 'node-fetch'
    export const fetches: readonly Fetch[] = [fetch, (url, init) => fetch(url, { ...init, size: 9 })]\n`
  await writeFile(join(project, 'node-fetch.ts'), program)
  const options = { ...RESOLUTIONS.nodenext, types: ['node'], noEmit: true }
  assert.equal(await compile(project, ['node-fetch.ts'], options), '')
})

const FETCHES = {
  'the global fetch': '',
  undici: `import { fetch } from 'undici'`,
  'node-fetch': `import fetch from 'node-fetch'`,
}

for (const [name, statement] of Object.entries(FETCHES)) {
  test(`fetch: with ${name}, keys and a token are fetched, and a redirect, a large response and 404 are failures`, async () => {
    const program = `import { createResourceServer } from '@bearward/core'
      import { clientCredentials } from '@bearward/client'
      ${statement}
      const issuer = '${url}'
      const request = { method: 'GET', url: '/', headers: { authorization: 'Bearer ${token}' } }
      const results = []
      for (const path of ['/keys', '/redirect', '/large', '/missing']) {
        const jwksUri = issuer + path
        const onEvent = ({ type, failure }) => type === 'keys_failed' && results.push(failure)
        const options = { issuer, audience: '${AUDIENCE}', jwksUri, fetch, onEvent }
        const server = createResourceServer(options)
        results.push((await server.authorize(request)).kind)
        server.close()
      }
      const source = clientCredentials({
        tokenEndpoint: issuer + '/token',
        clientId: 'orders',
        clientAuthentication: { method: 'client_secret_basic', secret: 'a secret' },
        fetch,
      })
      results.push((await source.getToken()).value)
      process.stdout.write(results.join())`
    assert.equal(
      await evaluate(project, program),
      'granted,redirect,refused,too_large,refused,status,refused,a',
    )
  })
}
