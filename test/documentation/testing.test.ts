import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createBearward } from '@bearward/express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { API, describeDocument } from './fixture.ts'
import { runTests } from './run-tests.ts'
import { runSnippet } from './snippets.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describeDocument('docs/testing.md', {
  async 'Testing your routes'(code) {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    await runSnippet('testing-own-keys', code)
    expect(logged.mock.calls).toEqual([[200, 'user-1']])
  },
  'Vitest and supertest': runTests('routes', 5),
  'Expired tokens and fake timers': runTests('clock', 1),
  'Opaque tokens': runTests('opaque', 2),
  async 'Bound tokens'(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    await runSnippet('testing-bound', code)
    expect(logged.mock.calls).toEqual([
      [200, ['dpop']],
      [401, 'invalid_dpop_proof'],
      [200, ['dpop']],
      [401, 'invalid_token'],
    ])
  },
})

describe('docs/testing.md', () => {
  it.each([
    ['all timers', undefined],
    ['the date', ['Date' as const]],
  ])(
    'verify grants a token 4 s after exp and refuses it 6 s after exp, with fake timers for %s',
    async (_name, toFake) => {
      const { publicKey, privateKey } = await generateKeyPair('ES256')
      vi.useFakeTimers(toFake && { toFake })
      const { verify } = createBearward({
        issuer: 'https://auth.example.com',
        audience: API,
        jwks: { keys: [await exportJWK(publicKey)] },
        logger: false,
      })
      const token = await new SignJWT({ client_id: 'reports-cron', scope: 'read:reports' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
        .setIssuer('https://auth.example.com')
        .setAudience(API)
        .setExpirationTime('5 minutes')
        .sign(privateKey)

      expect((await verify(token)).kind).toBe('granted')
      expect((await verify(token)).kind).toBe('granted')
      if (toFake === undefined) expect(vi.getTimerCount()).toBe(0)
      vi.setSystemTime(Date.now() + 304_000)
      expect((await verify(token)).kind).toBe('granted')
      vi.setSystemTime(Date.now() + 2_000)
      expect(await verify(token)).toMatchObject({ kind: 'refused', reason: 'expired' })
    },
  )
})
