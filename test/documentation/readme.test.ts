import { revokeToken } from '@bearward/example-authorization-server'
import { expect, vi } from 'vitest'
import type { Express, RequestHandler } from 'express'
import express from 'express'
import type Koa from 'koa'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { scriptedServer } from '../support/scripted-server.ts'
import { listen } from '../support/servers.ts'
import { adapt, runSnippet } from './snippets.ts'
import {
  API,
  OPAQUE_API,
  machine,
  api,
  authorizationServer,
  useAuthorizationServer,
  machineToken,
  userToken,
  serve,
  issuerAddress,
  appInstead,
  expectReports,
  fastifySnippet,
  describeDocument,
  type Scenario,
} from './fixture.ts'

useAuthorizationServer()

/** Scenarios for the snippets of README.md, by heading and in the order of the document. */
const README: Readonly<Record<string, Scenario>> = {
  async 'Quick start'(code) {
    const module = await runSnippet(
      'quick-start',
      adapt(code, { ...issuerAddress(), ...appInstead }),
    )
    const call = await serve(module['app'] as Express)

    expect((await call('GET', '/reports')).status).toBe(401)
    expect((await call('GET', '/reports', await machineToken('read:reports'))).status).toBe(403)
    expect(await call('GET', '/reports', await userToken('read:reports'))).toEqual({
      status: 200,
      body: '{"reportsOf":"user-ada"}',
    })
    expect((await call('POST', '/reindex', await machineToken('read:reports'))).status).toBe(403)
    expect((await call('POST', '/reindex', await userToken('admin'))).status).toBe(403)
    expect((await call('POST', '/reindex', await machineToken('admin'))).status).toBe(202)
  },

  async 'Quick start: Koa'(code) {
    const module = await runSnippet('koa', adapt(code, { ...issuerAddress(), ...appInstead }))
    await expectReports((module['app'] as Koa).callback(), '/')
  },

  async 'Quick start: Fastify'(code) {
    await expectReports(await fastifySnippet('fastify', code), '/reports')
  },

  async 'With the environment alone'(code) {
    await expect(runSnippet('environment-missing', adapt(code, appInstead))).rejects.toThrow(
      'BEARWARD_ISSUER is not set',
    )
    process.env['BEARWARD_ISSUER'] = authorizationServer.issuer
    process.env['BEARWARD_AUDIENCE'] = API
    const module = await runSnippet('environment', adapt(code, appInstead))
    const call = await serve(module['app'] as Express)

    expect((await call('GET', '/reports')).status).toBe(401)
    expect(await call('GET', '/reports', await machineToken('read:reports'))).toEqual({
      status: 200,
      body: '["a report"]',
    })
  },

  async 'Calling an API as a service'(code) {
    vi.stubEnv('CLIENT_SECRET', 'a secret')
    const token = { access_token: 'a', token_type: 'Bearer', expires_in: 60 }
    const server = closing(
      await scriptedServer('/token', token, (url) => ({
        '/.well-known/openid-configuration': { issuer: url, token_endpoint: `${url}/token` },
        '/reports': ['a report'],
      })),
    )
    const adapted = adapt(code, {
      'https://auth.example.com': server.url,
      [`  resource: '${API}',`]: `  resource: '${API}', allowedOrigins: ['${server.url}'],`,
      [`${API}/reports`]: `${server.url}/reports`,
    })
    const { response } = await runSnippet('calling', adapted)
    expect(await (response as Response).json()).toEqual(['a report'])
    expect(server.requests[0]!.form.get('resource')).toBe(API)
  },

  async 'Deciding in your own code'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const call = await serve((await runSnippet('deciding', adapted))['app'] as Express)
    for (const scope of ['read:reports', 'admin']) {
      expect(await call('GET', '/reports', await machineToken(scope))).toEqual({
        status: 200,
        body: '{"caller":"reports-cron"}',
      })
    }
    expect((await call('GET', '/reports')).status).toBe(401)
    expect(await call('GET', '/reports', await machineToken('write:reports'))).toEqual({
      status: 403,
      body: JSON.stringify({
        error: 'insufficient_scope',
        error_description: 'The access token lacks a required scope.',
      }),
    })
    const unawaited = adapt(adapted, { 'await authorize': 'authorize' })
    const open = await serve((await runSnippet('deciding-unawaited', unawaited))['app'] as Express)
    expect((await open('GET', '/reports', await machineToken('read:reports'))).status).toBe(500)
    expect((await open('GET', '/reports')).status).toBe(500)
  },

  async 'Tokens from sockets, queues and tools'(code) {
    const module = await runSnippet('verify', adapt(code, issuerAddress()))
    const onMessage = module['onMessage'] as (message: { token: string }) => Promise<string>
    expect(await onMessage({ token: await machineToken('read:reports') })).toBe(
      'reports for reports-cron',
    )
    expect(await onMessage({ token: await machineToken('admin') })).toBe('insufficient_scope')
    expect(await onMessage({ token: 'x.y.z' })).toBe('malformed_token')
  },

  async 'In another header'(code) {
    const access = createTestIssuer({
      issuer: 'https://example.cloudflareaccess.com',
      audience: 'the-application-audience-tag',
    })
    const keys = closing(
      await listen((_, response) => {
        response.setHeader('Content-Type', 'application/json').end(JSON.stringify(access.jwks))
      }),
    )
    const certs = 'https://example.cloudflareaccess.com/cdn-cgi/access/certs'
    const module = await runSnippet('another-header', adapt(code, { [certs]: keys.url }))
    const guarded = express().use((module['requireToken'] as () => RequestHandler)())
    const { url } = closing(await listen(guarded.use((_, response) => void response.send('in'))))
    const ask = async (headers: Record<string, string>) => (await fetch(url, { headers })).status
    const token = access.token({ header: { typ: undefined }, claims: { type: 'app' } })

    expect(await ask({ 'cf-access-jwt-assertion': token })).toBe(200)
    const service = { type: 'app', sub: '', common_name: `${'a1'.repeat(16)}.access` }
    expect(await ask({ 'cf-access-jwt-assertion': access.token({ claims: service }) })).toBe(200)
    const others = { type: 'org', scope: undefined }
    expect(await ask({ 'cf-access-jwt-assertion': access.token({ claims: others }) })).toBe(401)
    const authorization = `Bearer ${token}`
    expect(await ask({ 'cf-access-jwt-assertion': token, authorization })).toBe(400)
    expect(await ask({ authorization })).toBe(401)
    expect(await ask({})).toBe(401)
  },

  async 'In a cookie, or anywhere'(code) {
    const module = await runSnippet('cookie', adapt(code, issuerAddress()))
    const guarded = express().use((module['requireToken'] as () => RequestHandler)())
    const { url } = closing(await listen(guarded.use((_, response) => void response.send('in'))))
    const ask = async (cookie: string) => (await fetch(url, { headers: { cookie } })).status
    const token = await machineToken('read:reports')

    expect(await ask(`theme=dark; access_token=${token}`)).toBe(200)
    expect(await ask(`theme=dark; access_token=${token.slice(0, -10)}`)).toBe(401)
    expect(await ask('theme=dark')).toBe(401)
  },

  async 'Opaque tokens, and revocation'(code) {
    vi.stubEnv('CLIENT_SECRET', api.secret)
    const adapted = adapt(code, {
      ...issuerAddress(),
      ...appInstead,
      [`'${API}'`]: `['${API}', '${OPAQUE_API}']`,
    })
    const call = await serve((await runSnippet('opaque', adapted))['app'] as Express)
    const opaque = await machineToken('read:reports', OPAQUE_API)

    expect((await call('GET', '/reports')).status).toBe(401)
    for (const token of [opaque, await machineToken('read:reports')]) {
      expect(await call('GET', '/reports', token)).toEqual({
        status: 200,
        body: '{"reportsFor":"reports-cron"}',
      })
    }
    expect((await call('POST', '/payments', opaque)).status).toBe(202)
    await revokeToken(authorizationServer.issuer, machine, opaque)
    expect((await call('POST', '/payments', opaque)).status).toBe(401)
  },

  async Logging(code) {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const module = await runSnippet('logger', adapt(code, issuerAddress()))
    const logging = express()
    logging.use((module['requireToken'] as () => RequestHandler)())
    const call = await serve(logging)

    expect((await call('GET', '/')).status).toBe(401)
    const lines = warned.mock.calls.map(([path, event]) => ({
      path: path as unknown,
      event: JSON.parse(event as string) as unknown,
    }))
    expect(lines).toEqual([
      {
        path: '/',
        event: expect.objectContaining({ type: 'refused', reason: 'no_credentials' }) as unknown,
      },
    ])
  },

  async 'Keys, and the worst night'(code) {
    const module = await runSnippet('readiness', adapt(code, issuerAddress()))
    const { isReady, ready } = module as { isReady(): boolean; ready(): Promise<void> }
    await ready()
    expect(isReady()).toBe(true)
    ;(module['close'] as () => void)()
  },

  async 'Testing your own routes'(code) {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    await runSnippet('own-routes', code)
    expect(logged.mock.calls).toEqual([[200, 'user-1']])
  },
}

describeDocument('README.md', README)
