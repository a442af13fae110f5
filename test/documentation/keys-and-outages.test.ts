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

/** Returns the thumbprints of the published keys, computed with jose. */
async function getThumbprints(): Promise<readonly string[]> {
  const response = await fetch(`${authorizationServer.issuer}/jwks`)
  const { keys } = (await response.json()) as { keys: Record<string, string>[] }
  return Promise.all(keys.map((key) => calculateJwkThumbprint(key)))
}

describe('docs/keys-and-outages.md', () => {
  const snippets = readSnippets('docs/keys-and-outages.md')
  const emergency = 'Withdraw a key in an emergency'

  it('docs/keys-and-outages.md has three snippets, under two headings', () => {
    expect(snippets.map(({ heading }) => heading)).toEqual(['Numbers', emergency, emergency])
  })

  it('a guard with the options under "Numbers" grants a token', async () => {
    const module = await runSnippet('keys-numbers', adapt(snippets[0]!.code, issuerAddress()))
    const getStatus = await guarded((module['requireToken'] as () => RequestHandler)())
    expect(await getStatus(await machineToken('read:reports'))).toBe(200)
  })

  it('a program prints the thumbprint of each key, and a guard refuses a token of a key in DISTRUSTED_KEYS', async () => {
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

/** Starts an authorization server that publishes the key of a test issuer. Its responses can fail. */
async function startServer(): Promise<{
  readonly server: RunningServer
  readonly issuer: () => TestIssuer
  /** Sets the status of all later responses. */
  fail(status: number): void
  /** Replaces the issuer by an issuer with a new key. */
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

/** Creates a guard for this server. `clock` has the time in milliseconds. */
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
  it('a guard uses cached keys after 23 hours of an outage, and responds with 503 after 25 hours until the server is back', async () => {
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

  it('a guard that starts in an outage responds with 503, and with 200 after the outage', async () => {
    const { server, issuer, fail, clock } = await startServer()
    fail(500)
    const getStatus = await guarded(createGuard(server, clock))
    expect(await getStatus(issuer().token())).toBe(503)
    fail(200)
    clock.now += 1000
    // The first request gets 503, and starts the fetch.
    await vi.waitFor(async () => expect(await getStatus(issuer().token())).toBe(200))
  })

  it('a token with the new key gets 200 immediately after a rotation, and a token with the old key gets 503, then 401', async () => {
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
