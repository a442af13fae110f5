import { clientCredentials, TokenError } from '@bearward/client'
import express from 'express'
import fastify from 'fastify'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { scriptedServer } from '../support/scripted-server.ts'
import { listen } from '../support/servers.ts'

/** Handler of a service. Its promise is always rejected. */
type Handler = () => Promise<never>

/** Creates a service in each framework, without error handling. */
const SERVICES: Record<string, (handler: Handler) => Promise<Parameters<typeof listen>[0]>> = {
  async express(handler) {
    return express().get('/', (_request, _response, next) => void handler().catch(next))
  },
  async koa(handler) {
    const app = new Koa()
    app.silent = true
    return app.use(handler).callback()
  },
  async fastify(handler) {
    const app = fastify()
    app.get('/', handler)
    await app.ready()
    return app.routing
  },
}

describe.each(Object.entries(SERVICES))('an uncaught TokenError in %s', (name, serve) => {
  it.each([
    ['a wrong client secret', 401],
    ['a refused request', 403],
    ['a wrong URL', 404],
    ['too many requests', 429],
    ['an outage', 503],
  ])(
    `a service in ${name} responds with 500, without the port of the authorization server, after %s`,
    async (_case, status) => {
      const server = closing(
        await scriptedServer('/token', status, (url) => ({
          '/.well-known/openid-configuration': { issuer: url, token_endpoint: `${url}/token` },
        })),
      )
      const source = closing(
        clientCredentials({
          issuer: server.url,
          clientId: 'orders',
          clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
          maxWait: 0,
        }),
      )
      let thrown: unknown
      const handler = async (): Promise<never> => {
        await source.getToken().catch((error: unknown) => (thrown = error))
        throw thrown
      }
      const { url } = closing(await listen(await serve(handler)))
      const response = await fetch(url)
      const body = await response.text()
      expect(thrown).toBeInstanceOf(TokenError)
      expect(thrown).toMatchObject({ serverStatus: status })
      expect(response.status).toBe(500)
      expect(response.headers.get('retry-after')).toBeNull()
      expect(body + [...response.headers].join()).not.toContain(String(server.port))
    },
  )
})
