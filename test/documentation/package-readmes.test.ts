import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { Express } from 'express'
import type Koa from 'koa'
import { filesBelow } from '../repository/files.ts'
import { adapt, runSnippet } from './snippets.ts'
import {
  useAuthorizationServer,
  machineToken,
  issuerAddress,
  appInstead,
  expectReports,
  fastifySnippet,
  describeDocument,
  type Scenario,
} from './fixture.ts'

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
