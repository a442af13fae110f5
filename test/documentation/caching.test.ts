import { createBearward } from '@bearward/express'
import type { RequestHandler } from 'express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { estimateSize } from '../../packages/core/src/token/cache/size-estimate.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { adapt, runSnippet } from './snippets.ts'
import {
  API,
  describeDocument,
  issuerAddress,
  machineToken,
  type Scenario,
  serve,
  useAuthorizationServer,
} from './fixture.ts'

useAuthorizationServer()

/** Scenarios for the snippets of docs/caching.md. */
const CACHING: Readonly<Record<string, Scenario>> = {
  async Caching(code) {
    const module = await runSnippet('caching', adapt(code, issuerAddress()))
    const app = express()
      .use((module['requireToken'] as () => RequestHandler)())
      .use((_request, response) => void response.send('in'))
    const call = await serve(app)
    const token = await machineToken('read:reports')
    for (let i = 0; i < 4; i++) expect((await call('GET', '/', token)).status).toBe(200)
    expect(module['counts']).toEqual({ cached: 2, verified: 2 })
  },
}

describeDocument('docs/caching.md', CACHING)

describe('the size of a cached token', () => {
  it('the estimated size of a cached token with few or with usual claims is 4 to 7 KB', async () => {
    const issuer = createTestIssuer({ audience: API })
    const { verify } = createBearward({ issuer: issuer.issuer, audience: API, jwks: issuer.jwks })
    const id = '6f1f2f0c-3f0b-4f57-9f1e-0d9c3c0a1b2c'
    const user = {
      sub: id,
      sid: id,
      jti: id,
      preferred_username: 'ada',
      email: 'ada@example.com',
      realm_access: { roles: ['offline_access', 'uma_authorization', 'default-roles'] },
      resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
    }
    for (const claims of [{}, user]) {
      const outcome = await verify(issuer.token({ claims }))
      if (outcome.kind !== 'granted') throw new Error(outcome.reason)
      // The cache adds 512 bytes for each entry.
      const bytes = estimateSize(outcome.token) + 512
      expect(bytes).toBeGreaterThan(4000)
      expect(bytes).toBeLessThan(7000)
    }
  })
})
