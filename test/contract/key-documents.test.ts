import { type BearwardEvent, createResourceServer, type Guard } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, ISSUER } from '../support/issuer.ts'
import { requestWith } from '../support/requests.ts'
import { listen, type RunningServer } from '../support/servers.ts'
import { toTitle } from './contract-case.ts'
import type { DocumentCase } from './documents/document-case.ts'
import { material } from './documents/material.ts'
import { keyUses } from './documents/key-uses.ts'
import { unusableDocuments } from './documents/unusable.ts'
import { claiming, KEYS, NOW, token } from './fixture.ts'

// Adapters do not read a JWKS, so these tests call the core. The JWKS is served over HTTP.
describe('the JWKS of an issuer', () => {
  let document = ''
  let server: RunningServer

  beforeAll(async () => {
    server = await listen((_, response) => {
      response.setHeader('Content-Type', 'application/jwk-set+json')
      response.end(document)
    })
  })
  afterAll(() => server.close())

  function open() {
    const clock = fakeClock(NOW)
    const events: BearwardEvent[] = []
    const api = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri: `${server.url}/jwks.json`,
      clock,
      onEvent: (event) => events.push(event),
    })
    return { api, guard: api.guard(), clock, events }
  }

  it.each(toRows([...keyUses, ...material]))('%s', async (_, one: DocumentCase) => {
    const { keys, ignored = [], tokens } = one
    document = JSON.stringify({ keys: [KEYS.es256.jwk, ...keys] })
    const { api, guard, clock, events } = open()

    expect(await getOutcome(guard, token())).toBe('granted')
    for (const [i, [compact, outcome]] of tokens.entries()) {
      // After 4 s, an unknown kid may cause a refresh again.
      clock.suspend(4)
      expect([i, await getOutcome(guard, compact)]).toEqual([i, outcome])
    }
    expect(events.find(({ type }) => type === 'keys_refreshed')).toMatchObject({
      keys: 1 + keys.length - ignored.length,
      ignored: ignored.map((reason) => ({ reason })),
    })
    api.close()
  })

  describe('an unusable JWKS after a good one', () => {
    const longLived = claiming({ exp: NOW + 10_000 })

    it.each(toRows(unusableDocuments, 'still grants with the cached keys if a later JWKS '))(
      '%s',
      async (_, { text, failure }) => {
        document = JSON.stringify({ keys: [KEYS.es256.jwk] })
        const { api, guard, clock, events } = open()
        expect(await getOutcome(guard, longLived)).toBe('granted')

        document = text
        clock.suspend(601)
        expect(await getOutcome(guard, longLived)).toBe('granted')
        expect(events).toContainEqual(expect.objectContaining({ type: 'keys_failed', failure }))
        expect(api.status().issuers).toMatchObject([{ keys: { state: 'stale' } }])
        api.close()
      },
    )
  })

  describe('an unusable first JWKS', () => {
    it.each(toRows(unusableDocuments, 'refuses with keys_unavailable if the first JWKS '))(
      '%s',
      async (_, { text, failure }) => {
        document = text
        const { api, guard, events } = open()
        expect(await getOutcome(guard, token())).toBe('keys_unavailable')
        expect(events).toContainEqual(expect.objectContaining({ type: 'keys_failed', failure }))
        api.close()
      },
    )
  })
})

function toRows<T extends { readonly ids: readonly string[]; readonly title: string }>(
  cases: readonly T[],
  prefix = '',
): readonly (readonly [string, T])[] {
  return cases.map((one) => [toTitle({ ...one, title: prefix + one.title }, 'a guard'), one])
}

async function getOutcome(guard: Guard, compact: string): Promise<string> {
  const outcome = await guard(requestWith(compact))
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind
}
