import type { BearwardEvent, Fetch } from '@bearward/core'
import { createBearward, type ExpressRequirements } from '@bearward/express'
import express, { type RequestHandler } from 'express'
import { beforeEach, describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { bearer } from '../support/requests.ts'
import { listen, type RunningServer } from '../support/servers.ts'
import { watchProcess } from '../support/watch-process.ts'

const issuer = createTestIssuer()
const good = () => issuer.token()
const bad = () => issuer.token({ claims: { aud: 'https://other.example.com' } })

const faults = watchProcess()
let keyServer: RunningServer

beforeEach(async () => {
  keyServer = closing(
    await listen((_, response) => {
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(issuer.jwks))
    }),
  )
})

/** Asks an application with one guard: the status, whether the handler has run, what nobody caught. */
async function ask(
  token: string,
  options: object,
  requirements: object = {},
  ...before: RequestHandler[]
): Promise<{ status: number | undefined; handled: boolean; uncaught: readonly unknown[] }> {
  const { requireToken } = createBearward({ issuer: ISSUER, audience: AUDIENCE, ...options })
  let handled = false
  const app = express()
  app.use(...before, requireToken(requirements as ExpressRequirements), (_, response) => {
    handled = true
    response.end()
  })
  const server = closing(await listen(app))
  const signal = AbortSignal.timeout(2_000)
  const status = await fetch(server.url, { ...bearer(token), signal }).then(
    (response) => response.status,
    () => undefined,
  )
  return { status, handled, uncaught: await faults.faults() }
}

const outcome = (status: number, handled: boolean) => ({ status, handled, uncaught: [] })

const boom = () => {
  throw new Error('a hook of the application has failed')
}
const rejecting = async () => boom()
/** Something that `await` takes for a promise, and that fails. */
class Failing {
  // The rule is against objects that become promises by mistake. Here one that does is what a hook returns, to see
  // that it is waited for and that its failure lets nobody pass.
  // oxlint-disable-next-line unicorn/no-thenable -- a thenable that fails is what is tested
  then(_fulfilled: unknown, rejected: (error: Error) => void): void {
    rejected(new Error('a hook of the application has failed'))
  }
}

/** The same where the answer is known at once, and where it has to wait for the keys. */
describe.each([
  ['with keys at hand', () => ({ jwks: issuer.jwks })],
  ['with keys that have to be fetched', () => ({ jwksUri: `${keyServer.url}/jwks` })],
])('INV-7: %s', (_where, keys) => {
  it.each<[string, unknown]>([
    ['throws', boom],
    ['rejects', rejecting],
    ['gives null', () => null],
    ['gives 1', () => 1],
    ['gives a text', () => 'true'],
    ['gives an object', () => ({ granted: true })],
    ['gives a function', () => () => true],
    ['promises a text', async () => 'true'],
    ['promises a function', async () => () => true],
    ['gives a boxed true', () => Object(true) as unknown],
    ['gives something that fails when it is awaited', () => new Failing()],
  ])('a check that %s lets nobody pass', async (_what, check) => {
    expect(await ask(good(), keys(), { check })).toEqual(outcome(500, false))
  })

  it.each<[string, unknown]>([
    ['gives nothing', () => {}],
    ['promises nothing', async () => {}],
  ])('a check that %s lets nobody pass', async (_what, check) => {
    expect(await ask(good(), keys(), { check })).toEqual(outcome(403, false))
  })

  it.each<[string, (token: { claims: { act?: object } }) => unknown]>([
    ['to the token', (token) => Object.assign(token, { scopes: ['admin'] })],
    ['to the claims', ({ claims }) => Object.assign(claims, { scope: 'admin' })],
    ['into a claim', ({ claims }) => Object.assign(claims.act!, { sub: 'admin' })],
  ])('a check that writes %s lets nobody pass', async (_what, write) => {
    const check = (token: { claims: object }) => Boolean(write(token))
    const token = issuer.token({ claims: { act: { sub: 'alice' } } })
    expect(await ask(token, keys(), { check })).toEqual(outcome(500, false))
  })

  it.each<[string, unknown]>([
    ['throws', boom],
    ['promises something', async () => ({ body: 'x' })],
    ['gives a header line too many', () => ({ body: 'x', contentType: 'text/html\r\nX-Y: z' })],
    ['gives no media type', () => ({ body: 'x', contentType: 'x' })],
    ['gives a circle', circle],
    ['gives a number that JSON does not have', () => ({ body: { big: 1n } })],
    ['gives what has no JSON', () => ({ body: { toJSON: () => undefined } })],
    [
      'gives a body that throws',
      () => ({
        get body() {
          return boom()
        },
      }),
    ],
  ])('an errorBody that %s is an error, and no way in', async (_what, errorBody) => {
    expect(await ask(bad(), { ...keys(), errorBody })).toEqual(outcome(500, false))
  })

  it.each<[string, unknown]>([
    ['gives nothing', () => {}],
    ['writes to what it is told', (told: object) => void Object.assign(told, { status: 200 })],
  ])('an errorBody that %s changes no verdict', async (_what, errorBody) => {
    expect(await ask(bad(), { ...keys(), errorBody })).toEqual(outcome(401, false))
  })

  it.each<[string, unknown]>([
    ['throws', boom],
    ['rejects', rejecting],
    ['writes to the event', (event: BearwardEvent) => Object.assign(event, { type: 'verified' })],
  ])('an onEvent that %s changes no verdict', async (_what, onEvent) => {
    expect(await ask(good(), { ...keys(), onEvent })).toEqual(outcome(200, true))
    expect(await ask(bad(), { ...keys(), onEvent })).toEqual(outcome(401, false))
  })

  it.each<[string, () => number, number]>([
    ['has no time', () => Number.NaN, 401],
    ['stands at the end of time', () => Infinity, 401],
    ['throws', boom, 500],
  ])('a clock that %s lets nobody pass', async (_what, time, status) => {
    const clock = { now: time, monotonic: () => performance.now(), after: () => () => {} }
    expect(await ask(good(), { ...keys(), clock })).toEqual(outcome(status, false))
  })

  it('a request that cannot be written to is an error, and no way in', async () => {
    const sealing: RequestHandler = (request, _response, next) => {
      Object.defineProperty(request, 'auth', { get: () => undefined })
      next()
    }
    expect(await ask(good(), keys(), {}, sealing)).toEqual(outcome(500, false))
  })
})

function circle(): unknown {
  const body: Record<string, unknown> = {}
  body['body'] = body
  return { body }
}

describe('INV-7: a fetch of the application', () => {
  const answer = (body: BodyInit | null, type = 'application/json') =>
    new Response(body, { headers: { 'Content-Type': type } })

  it.each<[string, () => unknown]>([
    ['throws', boom],
    ['rejects', rejecting],
    ['rejects with nothing', () => Promise.reject()],
    ['gives nothing', () => {}],
    ['promises nothing', async () => {}],
    ['promises no response', async () => ({ status: 200 })],
    ['promises an empty response', async () => answer(null)],
    ['promises a body that breaks off', async () => answer(new ReadableStream({ pull: boom }))],
    [
      'promises a body of text',
      async () => answer(new ReadableStream({ start: (body) => body.enqueue('text') })),
    ],
    ['promises a page', async () => answer('<html>', 'text/html')],
  ])('that %s makes the keys unavailable, and lets nobody pass', async (_what, fetch) => {
    const options = { jwksUri: 'https://as.example.com/jwks', fetch: fetch as Fetch }
    expect(await ask(good(), { ...options, fetchTimeout: 0.5 })).toEqual(outcome(503, false))
  })
})
