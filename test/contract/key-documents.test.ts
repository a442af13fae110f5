import { type BearwardEvent, createResourceServer, type Guard } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, ISSUER } from '../support/issuer.ts'
import { requestWith } from '../support/requests.ts'
import { listen, type RunningServer } from '../support/servers.ts'
import { titleOf } from './contract-case.ts'
import type { DocumentCase } from './documents/document-case.ts'
import { material } from './documents/material.ts'
import { purposes } from './documents/purposes.ts'
import { unusableDocuments } from './documents/unusable.ts'
import { claiming, KEYS, NOW, token } from './fixture.ts'

// No adapter has a part in this, so the core is asked itself; the documents come over the wire.
describe('the keys that an issuer serves', () => {
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

  it.each(titled([...purposes, ...material]))('%s', async (_, one: DocumentCase) => {
    const { keys, ignored = [], tokens } = one
    document = JSON.stringify({ keys: [KEYS.es256.jwk, ...keys] })
    const { api, guard, clock, events } = open()

    expect(await outcomeOf(guard, token())).toBe('granted')
    for (const [i, [compact, outcome]] of tokens.entries()) {
      // Up to the time when a key that is not there may be looked for again.
      clock.suspend(4)
      expect([i, await outcomeOf(guard, compact)]).toEqual([i, outcome])
    }
    expect(events.find(({ type }) => type === 'keys_refreshed')).toMatchObject({
      keys: 1 + keys.length - ignored.length,
      ignored: ignored.map((reason) => ({ reason })),
    })
    api.close()
  })

  describe('keeps what it has where a document', () => {
    const longLived = claiming({ exp: NOW + 10_000 })

    it.each(titled(unusableDocuments))('%s', async (_, { text, failure }) => {
      document = JSON.stringify({ keys: [KEYS.es256.jwk] })
      const { api, guard, clock, events } = open()
      expect(await outcomeOf(guard, longLived)).toBe('granted')

      document = text
      clock.suspend(601)
      expect(await outcomeOf(guard, longLived)).toBe('granted')
      expect(events).toContainEqual(expect.objectContaining({ type: 'keys_failed', failure }))
      expect(api.status()).toMatchObject([{ keys: { state: 'stale' } }])
      api.close()
    })
  })

  describe('cannot tell where the first document', () => {
    it.each(titled(unusableDocuments))('%s', async (_, { text, failure }) => {
      document = text
      const { api, guard, events } = open()
      expect(await outcomeOf(guard, token())).toBe('keys_unavailable')
      expect(events).toContainEqual(expect.objectContaining({ type: 'keys_failed', failure }))
      api.close()
    })
  })
})

function titled<T extends { readonly ids: readonly string[]; readonly title: string }>(
  cases: readonly T[],
): readonly (readonly [string, T])[] {
  return cases.map((one) => [titleOf(one), one])
}

async function outcomeOf(guard: Guard, compact: string): Promise<string> {
  const outcome = await guard(requestWith(compact))
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind
}
