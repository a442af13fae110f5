import { createBearward } from '@bearward/express'
import type { RequestHandler } from 'express'
import express from 'express'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts'
import { listen, type RunningServer } from '../support/servers.ts'
import { adapt, readSnippets, runSnippet } from './snippets.ts'
import {
  API,
  authorizationServer,
  issuerAddress,
  machineToken,
  serve,
  useAuthorizationServer,
} from './fixture.ts'

useAuthorizationServer()

/** Starts an app with one guard for all paths. Returns a function that sends a token and returns the status. */
async function guarded(guard: RequestHandler): Promise<(token: string) => Promise<number>> {
  const app = express()
    .use(guard)
    .use((_request, response) => void response.send('in'))
  const call = await serve(app)
  return async (token) => (await call('GET', '/', token)).status
}

async function getThumbprints(): Promise<readonly string[]> {
  const response = await fetch(`${authorizationServer.issuer}/jwks`)
  const { keys } = (await response.json()) as { keys: Record<string, string>[] }
  return Promise.all(keys.map((key) => calculateJwkThumbprint(key)))
}

describe('docs/keys-and-outages.md', () => {
  const snippets = readSnippets('docs/keys-and-outages.md')
  const emergency = 'Withdraw a key in an emergency'

  it('the page has the three snippets that are run here', () => {
    expect(snippets.map(({ heading }) => heading)).toEqual(['Numbers', emergency, emergency])
  })

  it('the options of the numbers are accepted', async () => {
    const module = await runSnippet('keys-numbers', adapt(snippets[0]!.code, issuerAddress()))
    const getStatus = await guarded((module['requireToken'] as () => RequestHandler)())
    expect(await getStatus(await machineToken('read:reports'))).toBe(200)
  })

  it('a key with a thumbprint of DISTRUSTED_KEYS is refused, and the program prints thumbprints', async () => {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    const address = { 'https://auth.example.com': authorizationServer.issuer }
    await runSnippet('keys-thumbprints', adapt(snippets[2]!.code, address))
    const printed = logged.mock.calls.map(([, thumbprint]) => String(thumbprint))
    expect(printed).toEqual(await getThumbprints())

    const token = await machineToken('read:reports')
    const code = adapt(snippets[1]!.code, issuerAddress())
    const trusting = await runSnippet('keys-trusted', code)
    const withAll = await guarded((trusting['requireToken'] as () => RequestHandler)())
    expect(await withAll(token)).toBe(200)
    vi.stubEnv('DISTRUSTED_KEYS', printed.join(' '))
    const distrusting = await runSnippet('keys-distrusted', code)
    const withNone = await guarded((distrusting['requireToken'] as () => RequestHandler)())
    expect(await withNone(token)).toBe(401)
  })
})

/** An authorization server with the keys of a test issuer, whose requests can fail. */
async function startServer(): Promise<{
  readonly server: RunningServer
  readonly issuer: () => TestIssuer
  /** The status of all responses, if it is not 200. */
  fail(status: number): void
  rotate(): void
  readonly clock: { now: number }
}> {
  let status = 200
  const clock = { now: Date.now() }
  const server = closing(
    await listen((request, response) => {
      response.setHeader('Content-Type', 'application/json').writeHead(status)
      const metadata = { issuer: server.url, jwks_uri: `${server.url}/jwks` }
      response.end(JSON.stringify(request.url === '/jwks' ? issuer.jwks : metadata))
    }),
  )
  const now = () => clock.now / 1000
  const create = () => createTestIssuer({ issuer: server.url, audience: API, now })
  let issuer = create()
  return {
    server,
    clock,
    issuer: () => issuer,
    fail: (given) => (status = given),
    rotate: () => (issuer = create()),
  }
}

function createGuard(server: RunningServer, clock: { readonly now: number }): RequestHandler {
  const { requireToken } = createBearward({
    issuer: server.url,
    audience: API,
    logger: false,
    clock: () => clock.now,
  })
  return requireToken()
}

describe('the table of failures', () => {
  it('cached keys are used for 24 hours of an outage, then requests get 503 until the server is back', async () => {
    const { server, issuer, fail, clock } = await startServer()
    const getStatus = await guarded(createGuard(server, clock))
    expect(await getStatus(issuer().token())).toBe(200)
    fail(502)
    for (const hours of [1, 22]) {
      clock.now += hours * 3_600_000
      expect(await getStatus(issuer().token())).toBe(200)
    }
    clock.now += 2 * 3_600_000
    expect(await getStatus(issuer().token())).toBe(503)
    fail(200)
    clock.now += 61_000
    // The first request gets 503, and starts the fetch.
    await vi.waitFor(async () => expect(await getStatus(issuer().token())).toBe(200))
  })

  it('an app that starts during an outage responds with 503, and needs no restart', async () => {
    const { server, issuer, fail, clock } = await startServer()
    fail(500)
    const getStatus = await guarded(createGuard(server, clock))
    expect(await getStatus(issuer().token())).toBe(503)
    fail(200)
    clock.now += 1000
    // The first request gets 503, and starts the fetch.
    await vi.waitFor(async () => expect(await getStatus(issuer().token())).toBe(200))
  })

  it('a new key is accepted at once after a rotation', async () => {
    const { server, issuer, rotate, clock } = await startServer()
    const getStatus = await guarded(createGuard(server, clock))
    const old = issuer().token()
    expect(await getStatus(old)).toBe(200)
    rotate()
    clock.now += 4000
    expect(await getStatus(issuer().token())).toBe(200)
    expect(await getStatus(old)).toBe(503)
    clock.now += 4000
    expect(await getStatus(old)).toBe(401)
  })
})
