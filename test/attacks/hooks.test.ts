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

/** Sends a request to an application with one guard. Returns the status, whether the handler ran, and uncaught errors. */
async function send(
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
  throw new Error('A function of the application failed.')
}
const rejecting = async () => boom()
/** A thenable that is always rejected. */
class Failing {
  // Most thenables are mistakes, so the lint rule reports them. In these tests, the requirement `check` returns a thenable.
  // oxlint-disable-next-line unicorn/no-thenable -- the test needs a thenable that fails
  then(_fulfilled: unknown, rejected: (error: Error) => void): void {
    rejected(new Error('A function of the application failed.'))
  }
}

// With static keys, a guard decides immediately. With fetched keys, it decides later.
describe.each([
  ['with static keys', () => ({ jwks: issuer.jwks })],
  ['with fetched keys', () => ({ jwksUri: `${keyServer.url}/jwks` })],
])('functions of the application %s', (_where, keys) => {
  it.each<[string, unknown]>([
    ['throws', boom],
    ['rejects', rejecting],
    ['returns null', () => null],
    ['returns 1', () => 1],
    ['returns a string', () => 'true'],
    ['returns an object', () => ({ granted: true })],
    ['returns a function', () => () => true],
    ['resolves to a string', async () => 'true'],
    ['resolves to a function', async () => () => true],
    ['returns a boxed true', () => Object(true) as unknown],
    ['returns a rejected thenable', () => new Failing()],
  ])('a guard responds with 500 and does not run the handler if check %s', async (_what, check) => {
    expect(await send(good(), keys(), { check })).toEqual(outcome(500, false))
  })

  it.each<[string, unknown]>([
    ['returns undefined', () => {}],
    ['resolves to undefined', async () => {}],
  ])('a guard responds with 403 and does not run the handler if check %s', async (_what, check) => {
    expect(await send(good(), keys(), { check })).toEqual(outcome(403, false))
  })

  it.each<[string, (token: { claims: { act?: object } }) => unknown]>([
    ['to the token', (token) => Object.assign(token, { scopes: ['admin'] })],
    ['to the claims', ({ claims }) => Object.assign(claims, { scope: 'admin' })],
    ['into a nested claim', ({ claims }) => Object.assign(claims.act!, { sub: 'admin' })],
  ])(
    'a guard responds with 500 and does not run the handler if check writes %s',
    async (_what, write) => {
      const check = (token: { claims: object }) => Boolean(write(token))
      const token = issuer.token({ claims: { act: { sub: 'alice' } } })
      expect(await send(token, keys(), { check })).toEqual(outcome(500, false))
    },
  )

  it.each<[string, unknown]>([
    ['throws', boom],
    ['returns a promise', async () => ({ body: 'x' })],
    [
      'returns a contentType with a line break',
      () => ({ body: 'x', contentType: 'text/html\r\nX-Y: z' }),
    ],
    ['returns an invalid contentType', () => ({ body: 'x', contentType: 'x' })],
    ['returns a cyclic body', circle],
    ['returns a body with a bigint', () => ({ body: { big: 1n } })],
    [
      'returns a body whose toJSON returns undefined',
      () => ({ body: { toJSON: () => undefined } }),
    ],
    [
      'returns an object whose getter body throws',
      () => ({
        get body() {
          return boom()
        },
      }),
    ],
  ])(
    'a guard responds with 500 instead of 401 and does not run the handler if errorBody %s',
    async (_what, errorBody) => {
      expect(await send(bad(), { ...keys(), errorBody })).toEqual(outcome(500, false))
    },
  )

  it.each<[string, unknown]>([
    ['returns undefined', () => {}],
    ['writes to its argument', (view: object) => void Object.assign(view, { status: 200 })],
  ])(
    'a guard keeps the status 401 and does not run the handler if errorBody %s',
    async (_what, errorBody) => {
      expect(await send(bad(), { ...keys(), errorBody })).toEqual(outcome(401, false))
    },
  )

  it.each<[string, unknown]>([
    ['throws', boom],
    ['rejects', rejecting],
    ['writes to the event', (event: BearwardEvent) => Object.assign(event, { type: 'verified' })],
  ])(
    'a guard grants a valid token, and responds with 401 to a token for another API, if onEvent %s',
    async (_what, onEvent) => {
      expect(await send(good(), { ...keys(), onEvent })).toEqual(outcome(200, true))
      expect(await send(bad(), { ...keys(), onEvent })).toEqual(outcome(401, false))
    },
  )

  it.each<[number, string, () => number]>([
    [401, 'returns NaN', () => Number.NaN],
    [401, 'returns Infinity', () => Infinity],
    [500, 'throws', boom],
  ])(
    'a guard responds with %i to a valid token and does not run the handler if clock.now() %s',
    async (status, _what, time) => {
      const clock = { now: time, monotonic: () => performance.now(), after: () => () => {} }
      expect(await send(good(), { ...keys(), clock })).toEqual(outcome(status, false))
    },
  )

  it('a guard responds with 500 and does not run the handler if the token cannot be attached to the request', async () => {
    const sealing: RequestHandler = (request, _response, next) => {
      Object.defineProperty(request, 'auth', { get: () => undefined })
      next()
    }
    expect(await send(good(), keys(), {}, sealing)).toEqual(outcome(500, false))
  })
})

function circle(): unknown {
  const body: Record<string, unknown> = {}
  body['body'] = body
  return { body }
}

describe('the option fetch', () => {
  const createResponse = (body: BodyInit | null, type = 'application/json') =>
    new Response(body, { headers: { 'Content-Type': type } })

  it.each<[string, () => unknown]>([
    ['throws', boom],
    ['rejects', rejecting],
    ['rejects with undefined', () => Promise.reject()],
    ['returns undefined', () => {}],
    ['resolves to undefined', async () => {}],
    ['resolves to an object that is not a Response', async () => ({ status: 200 })],
    ['resolves to a response without a body', async () => createResponse(null)],
    [
      'resolves to a response whose body fails',
      async () => createResponse(new ReadableStream({ pull: boom })),
    ],
    [
      'resolves to a response whose body is a stream of strings',
      async () => createResponse(new ReadableStream({ start: (body) => body.enqueue('text') })),
    ],
    ['resolves to an HTML page', async () => createResponse('<html>', 'text/html')],
  ])('a guard responds with 503 and does not run the handler if fetch %s', async (_what, fetch) => {
    const options = { jwksUri: 'https://as.example.com/jwks', fetch: fetch as Fetch }
    expect(await send(good(), { ...options, fetchTimeout: 0.5 })).toEqual(outcome(503, false))
  })
})
