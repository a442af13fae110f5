import type { Express } from 'express'
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
}

describeDocument('README.md', README)
