import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createBearward } from '@bearward/express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { API, describeDocument, type Scenario } from './fixture.ts'
import { runSnippet } from './snippets.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const folder = fileURLToPath(new URL('../.snippets/testing/', import.meta.url))
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

/** Returns a scenario that runs a snippet as a test file. This number of tests must pass, and none may fail. */
function runTests(name: string, passed: number): Scenario {
  return async (code) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}${name}.test.mjs`, code)
    // Without this file, Vitest reads the configuration of the repository.
    writeFileSync(`${folder}vitest.config.mjs`, 'export default {}\n')
    const { VITEST: _, ...env } = process.env
    const output = await new Promise<string>((resolve) => {
      const args = [vitest, 'run', '--root', folder, '--reporter=json', `${name}.test.mjs`]
      execFile(process.execPath, args, { env }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      )
    })
    expect(output).toContain('"success":true')
    expect(output).toContain(`"numPassedTests":${passed}`)
  }
}

describeDocument('docs/testing.md', {
  async 'Testing your routes'(code) {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    await runSnippet('testing-own-keys', code)
    expect(logged.mock.calls).toEqual([[200, 'user-1']])
  },
  'Vitest and supertest': runTests('routes', 5),
  'Expired tokens and fake timers': runTests('clock', 1),
  'Opaque tokens': runTests('opaque', 2),
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
