import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { settled } from '../support/fake-clock.ts'
import { watchProcess } from '../support/watch-process.ts'
import {
  type Expected,
  type Found,
  type McpComposition,
  PROTECTED,
  type Situation,
  SITUATIONS,
} from './by-hand/composition.ts'
import { expressCompositions } from './by-hand/express.ts'
import { fastifyCompositions } from './by-hand/fastify.ts'
import { koaCompositions } from './by-hand/koa.ts'
import { fetchCompositions, honoCompositions } from './by-hand/web.ts'
import { BEARWARD, RULES, TOKENS } from './fixture.ts'
import { PURGE } from './messages.ts'
import { send, type Sent } from './requests.ts'

const SENT: Readonly<Record<Situation, Sent>> = {
  'a good token': { body: PURGE, token: TOKENS.admin },
  'no token': { body: PURGE },
  'a token without the scope of the tool': { body: PURGE, token: TOKENS.reader },
  'a body that is not JSON': { body: '{', token: TOKENS.admin },
}

const FRAMEWORKS: readonly (readonly [name: string, compositions: readonly McpComposition[]])[] = [
  ['Express 5', expressCompositions(express5)],
  ['Express 4', expressCompositions(express4)],
  ['Koa 3', koaCompositions(() => new Koa3())],
  ['Koa 2', koaCompositions(() => new Koa2())],
  ['Fastify 5', fastifyCompositions],
  ['Hono 4', honoCompositions],
  ['fetch on Node', fetchCompositions],
]

const processFaults = watchProcess()

/** Returns the behavior of an API as a part of a title. */
function describeExpected({ status, handled }: Expected): string {
  const response = status === undefined ? 'sends a response' : `responds with ${status}`
  return `${response} and ${handled === 0 ? 'does not run' : 'runs'} the handler`
}

describe.each(FRAMEWORKS)('the MCP guard called by hand on %s', (_framework, compositions) => {
  describe.each(compositions.map((one) => [one.name, one] as const))('%s', (name, composition) => {
    const rows = SITUATIONS.map((situation) => {
      const expected = composition.expected?.[situation] ?? PROTECTED[situation]
      return [describeExpected(expected), situation, expected] as const
    })

    it.each(rows)(`an API %s if the code ${name} (%s)`, async (_, situation, expected) => {
      const found: Found[] = []
      const server = closing(
        await composition.start(BEARWARD, RULES, (one) => void found.push(one)),
      )
      const { status } = await send(server.port, SENT[situation])
      // The outcome of a guard that is not awaited can arrive after the response.
      await settled()
      await settled()
      expect({ status: expected.status && status, handled: found.length }).toEqual(expected)
      if (situation !== 'a good token') {
        // A handler that runs without protection finds nothing that looks like a grant.
        expect(found.map(({ authInfo }) => authInfo)).toEqual(found.map(() => undefined))
      }
      expect(await processFaults.faults()).toEqual([])
    })
  })
})
