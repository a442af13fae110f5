import * as forFastify from '@bearward/fastify'
import * as forFetch from '@bearward/fetch'
import * as forHono from '@bearward/fetch/hono'
import * as forKoa from '@bearward/koa'
import { createBearward } from '@bearward/express'
import express, { type Express } from 'express'
import fastify from 'fastify'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { listen } from '../support/servers.ts'
import {
  API,
  appInstead,
  describeDocument,
  issuerAddress,
  machineToken,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

const ORIGIN = 'https://app.example.com'
const PREFLIGHT = { origin: ORIGIN, 'access-control-request-method': 'GET' }

describeDocument('docs/recipes/cors.md', {
  async CORS(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const app = (await runSnippet('recipes-cors', adapted))['app'] as Express
    const { url } = closing(await listen(app))

    const preflight = await fetch(`${url}/reports`, {
      method: 'OPTIONS',
      headers: { ...PREFLIGHT, 'access-control-request-headers': 'authorization' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, DPoP',
    )
    expect(preflight.headers.get('access-control-allow-methods')).toBe(
      'GET, HEAD, POST, PUT, PATCH, DELETE',
    )
    expect(preflight.headers.get('access-control-max-age')).toBe('7200')

    const refused = await fetch(`${url}/reports`, { headers: { origin: ORIGIN } })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(refused.headers.get('access-control-expose-headers')).toBe(
      'WWW-Authenticate, Retry-After, DPoP-Nonce',
    )

    const authorization = `Bearer ${await machineToken('read:reports')}`
    const granted = await fetch(`${url}/reports`, { headers: { origin: ORIGIN, authorization } })
    expect(granted.status).toBe(200)
    expect(granted.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(granted.headers.get('access-control-allow-credentials')).toBeNull()

    const other = { ...PREFLIGHT, origin: 'https://evil.example' }
    for (const [method, status] of [
      ['OPTIONS', 204],
      ['GET', 401],
    ] as const) {
      const response = await fetch(`${url}/reports`, { method, headers: other })
      expect(response.status).toBe(status)
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
  },
})

describe('cors of the adapters', () => {
  const options = { issuer: 'https://auth.example.com', audience: API, logger: false } as const
  const allowed = { origins: [ORIGIN] }

  /** Returns the status and the allowed origin of a preflight request, and of a request without a token. */
  async function call(handler: Parameters<typeof listen>[0]) {
    const { url } = closing(await listen(handler))
    return Promise.all(
      ['OPTIONS', 'GET'].map(async (method) => {
        const { status, headers } = await fetch(`${url}/reports`, { method, headers: PREFLIGHT })
        return [status, headers.get('access-control-allow-origin')]
      }),
    )
  }
  const expected = [
    [204, ORIGIN],
    [401, ORIGIN],
  ]

  it('cors of Koa answers a preflight request, and adds its headers to a refusal', async () => {
    const { cors, requireToken } = forKoa.createBearward(options)
    const app = new Koa().use(cors(allowed)).use(requireToken())
    expect(await call(app.callback())).toEqual(expected)
  })

  it('cors of Fastify answers a preflight request, and adds its headers to a refusal', async () => {
    const bearward = forFastify.createBearward(options)
    const app = fastify().addHook('onRequest', bearward.cors(allowed))
    app.get('/reports', { onRequest: bearward.requireToken() }, () => 'a report')
    await app.ready()
    expect(await call(app.routing)).toEqual(expected)
  })

  it('cors of Hono answers a preflight request, and adds its headers to a refusal', async () => {
    const { cors, requireToken } = forHono.createBearward(options)
    const app = new Hono().use(cors(allowed)).use(requireToken())
    expect(await call(getRequestListener(app.fetch))).toEqual(expected)
  })

  it('cors of web handlers answers a preflight request, and adds its headers to a refusal', async () => {
    const { cors, protect } = forFetch.createBearward(options)
    const handler = cors(
      allowed,
      protect({}, () => new Response()),
    )
    expect(await call(getRequestListener(handler))).toEqual(expected)
  })

  it('cors passes on an OPTIONS request that is not a preflight request', async () => {
    const { cors } = createBearward(options)
    const app = express()
      .use(cors(allowed))
      .use((_request, response) => void response.sendStatus(418))
    const { url } = closing(await listen(app))
    expect((await fetch(url, { method: 'OPTIONS' })).status).toBe(418)
  })

  it('cors after a guard does not answer a preflight request', async () => {
    const { cors, requireToken } = createBearward(options)
    const app = express().use(requireToken(), cors(allowed))
    expect(await call(app)).toEqual([
      [401, null],
      [401, null],
    ])
  })
})
