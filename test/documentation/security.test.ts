import type { RequestHandler } from 'express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { KEY_TIMES } from '../../packages/core/src/keys/life-cycle.ts'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { ALGORITHMS } from '../../packages/core/src/signature/algorithms.ts'
import { read } from '../repository/files.ts'
import {
  describeDocument,
  issuerAddress,
  machineToken,
  type Scenario,
  serve,
  useAuthorizationServer,
  userToken,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

const SECURITY: Readonly<Record<string, Scenario>> = {
  async 'Strict configuration'(code) {
    const start = async (name: string, adapted: string) => {
      const module = await runSnippet(name, adapt(adapted, issuerAddress()))
      const guarded = express()
        .use((module['requireToken'] as () => RequestHandler)())
        .get('/', (_request, response) => void response.send('in'))
      return serve(guarded)
    }
    const call = await start('security-strict', code)
    expect((await call('GET', '/', await machineToken('admin'))).status).toBe(200)
    expect((await call('GET', '/', await userToken('admin'))).status).toBe(200)

    const other = await start('security-other', adapt(code, { "'reports-cron', ": '' }))
    expect((await other('GET', '/', await machineToken('admin'))).status).toBe(401)
    const elliptic = await start('security-elliptic', adapt(code, { RS256: 'ES256' }))
    expect((await elliptic('GET', '/', await machineToken('admin'))).status).toBe(401)
  },
}

describeDocument('docs/security.md', SECURITY)

describe('docs/security.md', () => {
  const page = read('docs/security.md')

  it('docs/security.md names each supported algorithm', () => {
    const section = page.split('## Algorithms')[1]!.split('\n## ')[0]!
    const named = section.match(/\b(?:[RPEH]S(?:256|384|512)|Ed25519|EdDSA|ML-DSA-\d\d)\b/g)
    expect([...new Set(named)].sort()).toEqual(Object.keys(ALGORITHMS).sort())
  })

  it('docs/security.md has the limits of tokens and RSA keys, and the ages of keys, from the code', () => {
    expect(page).toContain(`at most ${LIMITS.tokenLength} characters`)
    expect(page).toContain(`${LIMITS.rsaBits.min} to ${LIMITS.rsaBits.max} bits`)
    expect(page).toContain(`\`jwksMaxAge\` (${KEY_TIMES.maxAge} s)`)
    expect(page).toContain(`\`jwksStaleIfError\` (${KEY_TIMES.staleLimit / 3600} h)`)
  })
})
