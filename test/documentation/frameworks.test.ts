import express, { type Express } from 'express'
import type { FastifyInstance } from 'fastify'
import type Koa from 'koa'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createBearward } from '@bearward/express'
import { describe, expect, it, vi } from 'vitest'
import {
  API,
  appInstead,
  authorizationServer,
  describeDocument,
  expectReports,
  fastifySnippet,
  issuerAddress,
  machineToken,
  type Scenario,
  serve,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

/** Imports a program for Express or Koa with the authorization server of the test. Returns its app. */
async function importApp(name: string, code: string): Promise<unknown> {
  return (await runSnippet(name, adapt(code, { ...issuerAddress(), ...appInstead })))['app']
}

/** Checks a program that accepts each of two scopes and responds with the caller. */
async function expectEitherScope(
  handler: Parameters<typeof serve>[0],
  path = '/reports',
): Promise<void> {
  const call = await serve(handler)
  for (const scope of ['read:reports', 'admin']) {
    expect(await call('GET', path, await machineToken(scope))).toEqual({
      status: 200,
      body: '{"caller":"reports-cron"}',
    })
  }
  expect((await call('GET', path)).status).toBe(401)
  expect(await call('GET', path, await machineToken('write:reports'))).toEqual({
    status: 403,
    body: JSON.stringify({
      error: 'insufficient_scope',
      error_description: 'The access token lacks a required scope.',
    }),
  })
}

const GETTING_STARTED: Readonly<Record<string, Scenario>> = {
  async 'Protect a route: Express'(code) {
    await expectReports((await importApp('getting-started', code)) as Express, '/reports')
  },

  async 'Configure it from the environment'(code) {
    await expect(runSnippet('getting-started-missing', adapt(code, appInstead))).rejects.toThrow(
      'BEARWARD_ISSUER',
    )
    process.env['BEARWARD_ISSUER'] = authorizationServer.issuer
    process.env['BEARWARD_AUDIENCE'] = API
    const module = await runSnippet('getting-started-environment', adapt(code, appInstead))
    const call = await serve(module['app'] as Express)
    expect((await call('GET', '/reports')).status).toBe(401)
    expect((await call('GET', '/reports', await machineToken('read:reports'))).status).toBe(200)
  },
}

const EXPRESS: Readonly<Record<string, Scenario>> = {
  async Express(code) {
    const app = (await importApp('page-express', code)) as Express
    await expectReports(app, '/reports')
    const call = await serve(app)
    expect(await call('GET', '/healthz')).toEqual({ status: 200, body: 'ok' })
    for (const scope of ['read:reports', 'admin']) {
      expect((await call('DELETE', '/reports/1', await machineToken(scope))).status).toBe(403)
    }
    const both = await machineToken('read:reports admin')
    expect((await call('DELETE', '/reports/1', both)).status).toBe(204)
  },

  async 'Decide in a handler'(code) {
    await expectEitherScope((await importApp('page-express-decide', code)) as Express)
    const unawaited = adapt(code, { 'await authorize': 'authorize' })
    const call = await serve((await importApp('page-express-unawaited', unawaited)) as Express)
    expect((await call('GET', '/reports', await machineToken('read:reports'))).status).toBe(500)
    expect((await call('GET', '/reports')).status).toBe(500)
  },
}

const KOA: Readonly<Record<string, Scenario>> = {
  async Koa(code) {
    await expectReports(((await importApp('page-koa', code)) as Koa).callback(), '/')
  },

  async 'Protect one route'(code) {
    const app = (await importApp('page-koa-router', code)) as Koa
    await expectReports(app.callback(), '/reports')
    const call = await serve(app.callback())
    expect(await call('GET', '/healthz')).toEqual({ status: 200, body: 'ok' })
  },

  async 'Decide in a middleware'(code) {
    const app = (await importApp('page-koa-decide', code)) as Koa
    await expectEitherScope(app.callback())
  },
}

const FASTIFY: Readonly<Record<string, Scenario>> = {
  async Fastify(code) {
    const routing = await fastifySnippet('page-fastify', code)
    await expectReports(routing, '/reports')
    expect(await (await serve(routing))('GET', '/healthz')).toEqual({ status: 200, body: 'ok' })
  },

  async 'Decide in a handler'(code) {
    const instead = { 'await app.listen({ port: 3000 })': 'await app.ready()\nexport { app }' }
    const adapted = adapt(code, { ...issuerAddress(), ...instead })
    const { app } = await runSnippet('page-fastify-decide', adapted)
    await expectEitherScope((app as FastifyInstance).routing)
  },
}

describeDocument('docs/getting-started.md', GETTING_STARTED)
describeDocument('docs/express.md', EXPRESS)
describeDocument('docs/koa.md', KOA)
describeDocument('docs/fastify.md', FASTIFY)

describe('docs/express.md', () => {
  it('the promise of an Express guard that has refused a request is garbage-collected', async () => {
    const { requireToken } = createBearward({
      issuer: 'https://auth.example.com',
      audience: API,
      logger: false,
    })
    const guard = requireToken()
    const promises: WeakRef<object>[] = []
    async function callGuard(promise: Promise<void>): Promise<void> {
      promises.push(new WeakRef(promise))
      await promise
      throw new Error('The code behind the guard ran, although the guard refused the request.')
    }
    const app = express().use((request, response, next) => {
      void callGuard(guard(request, response, next) as Promise<void>)
    })
    const call = await serve(app)
    for (let i = 0; i < 5; i++) expect((await call('GET', '/')).status).toBe(401)
    expect(promises).toHaveLength(5)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await vi.waitFor(() => {
      collect()
      expect(promises.filter((reference) => reference.deref() !== undefined)).toEqual([])
    })
  })
})
