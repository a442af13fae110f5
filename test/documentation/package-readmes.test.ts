import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { Handler } from '@bearward/fetch'
import type { RedisReplayStore } from '@bearward/redis'
import { getRequestListener } from '@hono/node-server'
import type { Express } from 'express'
import type { Hono } from 'hono'
import type Koa from 'koa'
import { filesBelow } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { startRedisServer } from '../support/redis-server.ts'
import { listen } from '../support/servers.ts'
import { adapt, runSnippet } from './snippets.ts'
import {
  useAuthorizationServer,
  machineToken,
  MCP,
  issuerAddress,
  appInstead,
  expectReports,
  expectReportsAt,
  fastifySnippet,
  describeDocument,
  type Scenario,
} from './fixture.ts'
import { startSnippetAsWorker } from './workers.ts'

useAuthorizationServer()

/** Scenarios for the snippets of each README.md, by path. `client-readme.test.ts` tests the README of the client. */
const PACKAGES: Readonly<Record<string, Readonly<Record<string, Scenario>>>> = {
  'packages/express/README.md': {
    async '@bearward/express'(code) {
      const module = await runSnippet('express', adapt(code, { ...issuerAddress(), ...appInstead }))
      await expectReports(module['app'] as Express, '/reports')
    },
  },
  'packages/koa/README.md': {
    async '@bearward/koa'(code) {
      const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
      const module = await runSnippet('koa-package', adapted)
      await expectReports((module['app'] as Koa).callback(), '/')
    },
  },
  'packages/fastify/README.md': {
    async '@bearward/fastify'(code) {
      await expectReports(await fastifySnippet('fastify-package', code), '/reports')
    },
  },
  'packages/fetch/README.md': {
    async '@bearward/fetch'(code) {
      const module = await runSnippet('fetch-package', adapt(code, issuerAddress()))
      await expectReports(getRequestListener(module['GET'] as Handler), '/reports')
    },
    async Hono(code) {
      const module = await runSnippet('hono-package', adapt(code, issuerAddress()))
      await expectReports(getRequestListener((module['app'] as Hono).fetch), '/reports')
    },
    async 'Cloudflare Workers'(code) {
      const { url } = closing(await startSnippetAsWorker('worker-package', code))
      await expectReportsAt(`${url}/reports`)
    },
  },
  'packages/mcp/README.md': {
    async '@bearward/mcp'(code) {
      const module = await runSnippet(
        'mcp-package',
        adapt(code, { ...issuerAddress(), ...appInstead }),
      )
      const { url } = closing(await listen(module['app'] as Express))
      const call = async (name: string, scope?: string) => {
        const headers = {
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          ...(scope && { authorization: `Bearer ${await machineToken(scope, MCP)}` }),
        }
        const params = { name, arguments: {} }
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
        return fetch(`${url}/mcp`, { method: 'POST', headers, body })
      }
      expect((await call('search')).status).toBe(401)
      expect(await (await call('search', 'notes:read')).text()).toContain('a note')
      expect((await call('purge', 'notes:read')).status).toBe(403)
      expect((await call('export', 'notes:read notes:admin')).status).toBe(403)
    },
  },
  'packages/redis/README.md': {
    async '@bearward/redis'(code) {
      const server = closing(await startRedisServer())
      const adapted = adapt(code, { 'redis://redis.internal:6379': server.url })
      const module = await runSnippet('redis-package', adapted)
      closing({ close: () => (module['client'] as { destroy(): void }).destroy() })
      expect((module['replay'] as RedisReplayStore).configuration()).toBe('verified')
    },
  },
  'packages/core/README.md': {
    async '@bearward/core'(code) {
      const adapted = adapt(code, {
        ...issuerAddress(),
        'createServer(async': 'export const httpServer = createServer(async',
        '.listen(3000)': ".listen(0, '127.0.0.1')",
      })
      const server = (await runSnippet('core', adapted))['httpServer'] as Server
      if (!server.listening) await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const headers = { authorization: `Bearer ${await machineToken('read:reports')}` }
      expect((await fetch(url)).status).toBe(401)
      expect(await (await fetch(url, { headers })).text()).toBe('hello reports-cron')
      server.close()
      server.closeAllConnections()
    },
  },
}

for (const [document, scenarios] of Object.entries(PACKAGES)) describeDocument(document, scenarios)

it('the README.md of each package has scenarios for its snippets', () => {
  const packages = filesBelow('packages').filter((path) => /^packages\/\w+\/README\.md$/.test(path))
  const tested = [...Object.keys(PACKAGES), 'packages/client/README.md']
  expect(tested.sort()).toEqual(packages.sort())
})
