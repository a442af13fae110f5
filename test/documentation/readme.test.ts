import type { Handler } from '@bearward/fetch'
import { getRequestListener } from '@hono/node-server'
import type { Express } from 'express'
import type { Hono } from 'hono'
import type Koa from 'koa'
import {
  appInstead,
  describeDocument,
  expectReports,
  fastifySnippet,
  issuerAddress,
  type Scenario,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

/** Scenarios for the snippets of README.md. */
const README: Readonly<Record<string, Scenario>> = {
  async 'Quick start: Express'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const module = await runSnippet('readme-express', adapted)
    await expectReports(module['app'] as Express, '/reports')
  },

  async 'Quick start: Koa'(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const module = await runSnippet('readme-koa', adapted)
    await expectReports((module['app'] as Koa).callback(), '/')
  },

  async 'Quick start: Fastify'(code) {
    await expectReports(await fastifySnippet('readme-fastify', code), '/reports')
  },

  async 'Quick start: Hono'(code) {
    const instead = { 'serve({ fetch: app.fetch, port: 3000 })': 'export { app }' }
    const module = await runSnippet('readme-hono', adapt(code, { ...issuerAddress(), ...instead }))
    await expectReports(getRequestListener((module['app'] as Hono).fetch), '/reports')
  },

  async 'Quick start: Next.js'(code) {
    const module = await runSnippet('readme-fetch', adapt(code, issuerAddress()))
    await expectReports(getRequestListener(module['GET'] as Handler), '/reports')
  },
}

describeDocument('README.md', README)
