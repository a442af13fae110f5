import { type BearwardEvent, memoryReplay } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { FRAMEWORKS } from '../frameworks.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { closing } from '../support/closing.ts'
import { boundTo, createProof, generateProofKey } from '../support/proofs.ts'
import { sendRaw } from '../support/servers.ts'
import { PUBLIC_URL } from './attack.ts'
import { toRequest } from './prove.ts'

const COPIES = 100

describe('simultaneous copies of a request', () => {
  it.each(FRAMEWORKS.map((framework) => [framework.name, framework] as const))(
    '9449-37: an API on %s grants exactly one of 100 simultaneous requests with the same proof',
    async (_name, framework) => {
      const clock = fakeClock()
      const key = generateProofKey()
      const issuer = createTestIssuer({ now: clock.seconds })
      const token = issuer.token({ claims: boundTo(key) })
      const events: BearwardEvent[] = []
      let handled = 0
      const { port } = closing(
        await framework.start({
          options: {
            issuer: ISSUER,
            audience: AUDIENCE,
            jwks: issuer.jwks,
            publicUrl: PUBLIC_URL,
            dpop: { replay: memoryReplay({ clock }) },
            clock,
            onEvent: (event) => events.push(event),
          },
          routes: [{ path: '/r', requirements: {}, handle: async () => ({ handled: ++handled }) }],
          maxHeaderSize: 16_384,
        }),
      )
      const now = clock.seconds()
      const proof = createProof({ key, token, url: `${PUBLIC_URL}/r`, now })
      const request = toRequest('GET /r', [`Authorization: DPoP ${token}`, `DPoP: ${proof}`])
      const responses = await Promise.all(
        Array.from({ length: COPIES }, () => sendRaw(port, request)),
      )
      const granted = responses.filter(({ status }) => status === 200)
      expect(granted).toHaveLength(1)
      expect(handled).toBe(1)
      expect(responses.filter(({ status }) => status === 401)).toHaveLength(COPIES - 1)
      const reasons = events.flatMap((event) => (event.type === 'refused' ? event.reason : []))
      expect(new Set(reasons)).toEqual(new Set(['proof_used']))
    },
  )
})
