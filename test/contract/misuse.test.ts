import type { ResourceServerOptions } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { FRAMEWORKS } from '../frameworks.ts'
import { settled } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer } from '../support/issuer.ts'
import { getWithLines, listen } from '../support/servers.ts'
import { watchProcess } from '../support/watch-process.ts'
import {
  type Composition,
  type Expected,
  PROTECTED,
  type Situation,
} from '../frameworks/composition.ts'

const SITUATIONS = Object.keys(PROTECTED) as Situation[]

/** Starts a server that sends the keys a few turns of the event loop after the request. */
async function serveKeys(jwks: object) {
  return listen(async (_request, response) => {
    await settled()
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(jwks))
  })
}

/** Sends one request, and waits until all its work is done. */
async function play(composition: Composition, situation: Situation) {
  const issuer = createTestIssuer()
  const keys = await serveKeys(issuer.jwks)
  const isLoaded = situation.endsWith('loaded')
  const { jwks, issuer: identifier } = issuer
  const options: ResourceServerOptions = {
    issuer: identifier,
    audience: AUDIENCE,
    ...(isLoaded ? { jwks } : { jwksUri: keys.url }),
  }
  let handled = 0
  const tokens: unknown[] = []
  const server = await composition.start(options, (auth) => {
    handled++
    try {
      tokens.push(auth())
    } catch {
      tokens.push('auth() threw')
    }
  })
  const isGood = situation.startsWith('good')
  const token = isGood ? issuer.token() : issuer.token({ header: { kid: 'unknown' } })
  const { status } = await getWithLines(server.port, '/', [`Authorization: Bearer ${token}`])
  // The outcome of a guard that is not awaited can arrive after the response.
  await settled()
  await settled()
  await Promise.all([server.close(), keys.close()])
  return { status, handled, tokens }
}

/** Returns what an API does, for a title. */
function describeExpected({ status, handled }: Expected, situation: Situation): string {
  const response = status === undefined ? 'sends a response' : `responds with ${status}`
  if (handled === 0) return `${response} and does not run the handler`
  return `${response} and runs the handler${situation.startsWith('good') ? '' : ' without a token'}`
}

const processFaults = watchProcess()

describe.each(FRAMEWORKS)('guards called by hand on $name', ({ byHand }) => {
  describe.each(byHand.map((one) => [one.name, one] as const))('%s', (name, composition) => {
    const rows = SITUATIONS.map((situation) => {
      const expected = composition.expected?.[situation] ?? PROTECTED[situation]
      return [describeExpected(expected, situation), situation, expected] as const
    })

    it.each(rows)(`an API %s if the code ${name} (token %s)`, async (_, situation, expected) => {
      const { status, handled, tokens } = await play(composition, situation)
      expect({ status: expected.status && status, handled }).toEqual(expected)
      // auth() never returns a token that was not granted, even if the handler runs.
      if (!situation.startsWith('good'))
        expect(tokens.filter((one) => typeof one === 'object')).toEqual([])
      expect(await processFaults.faults()).toEqual([])
    })
  })
})

/** Values that a `check` throws. Some of them let the request pass if they are given to `next` of a framework. */
const THROWN = [undefined, null, '', 0, false, 'route', 'router', new Error('from the check')]

/** Returns a thrown value as a title shows it. */
function describeThrown(thrown: unknown): string {
  return thrown instanceof Error ? 'an error' : (JSON.stringify(thrown) ?? 'undefined')
}

describe.each(FRAMEWORKS)('functions of the application that fail on $name', (framework) => {
  const issuer = createTestIssuer()
  const throwing = THROWN.flatMap((thrown) => [
    [
      'throws',
      describeThrown(thrown),
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- that is the fault
        throw thrown
      },
    ] as const,
    ['rejects with', describeThrown(thrown), () => Promise.reject(thrown)] as const,
  ])

  it.each(throwing)(
    'a guard responds with 500 and does not run the handler if check %s %s',
    async (_how, _thrown, check) => {
      let handled = 0
      const server = await framework.start({
        options: { issuer: issuer.issuer, audience: AUDIENCE, jwks: issuer.jwks },
        routes: [
          { path: '/', requirements: { check }, handle: async () => ({ handled: ++handled }) },
        ],
        maxHeaderSize: 65_536,
      })
      const { status } = await getWithLines(server.port, '/', [
        `Authorization: Bearer ${issuer.token()}`,
      ])
      await server.close()
      expect({ status, handled }).toEqual({ status: 500, handled: 0 })
    },
  )

  const functions = [
    [
      'throws undefined',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- that is the fault
        throw undefined
      },
    ],
    [
      'is async and rejects',
      (async () => {
        throw new Error('late')
      }) as never,
    ],
    ['returns a number', () => 7 as never],
  ] as const
  const misused = (['errorBody', 'credentials'] as const).flatMap((option) =>
    functions.map(([what, own]) => [option, what, { [option]: own }] as const),
  )

  it.each(misused)(
    'a guard responds with 500 and does not run the handler if the function of the option %s %s',
    async (...given) => {
      let handled = 0
      const options = { issuer: issuer.issuer, audience: AUDIENCE, jwks: issuer.jwks, ...given[2] }
      const server = await framework.start({
        options,
        routes: [
          {
            path: '/',
            requirements: { optional: 'credentials' in given[2] },
            handle: async () => ({ handled: ++handled }),
          },
        ],
        maxHeaderSize: 65_536,
      })
      const { status } = await getWithLines(server.port, '/', [])
      await server.close()
      expect({ status, handled }).toEqual({ status: 500, handled: 0 })
      expect(await processFaults.faults()).toEqual([])
    },
  )
})
