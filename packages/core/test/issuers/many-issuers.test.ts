import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateKey } from '../../../../test/support/keys.ts'
import { BASE, serveTenants, toOptions } from './setup.ts'

/** Bytes of the heap and of buffers that one cached tenant with two RSA keys uses at most. */
const TENANT_BYTES = 32_768
/** Bytes that remain of a tenant that was evicted, when the oldest names of such tenants are forgotten. */
const EVICTED_BYTES = 512

describe('10,000 tenants', () => {
  /** Keys take long to generate, so that the tenants have one of these. */
  const keys = Array.from({ length: 16 }, (_, i) => generateKey('ES256', `key${i}`))
  const keyOf = (i: number) => keys[(i * 7) % keys.length]!

  it.each([
    ['evicts and adds tenants again', 1000, 20_000],
    ['keeps all tenants', 20_000, 10_000],
  ])(
    'the resource server verifies each tenant with its own keys in two rounds if the cache %s: maxEntries %i',
    async (_, maxEntries, calls) => {
      const count = 10_000
      const scene = serveTenants({ issuers: { maxEntries }, options: { tokenCache: false } })
      const issuer = scene.tenant('any')
      scene.resolveWith((iss) => ({ ...toOptions(iss), jwksUri: `${iss}/jwks` }))
      for (let i = 0; i < count; i++) scene.behave(`t${i}`, { keys: [keyOf(i).jwk] })
      const iat = scene.clock.seconds() - 600
      const toClaims = (i: number) => ({ iss: `${BASE}t${i}`, iat })
      const tokens = Array.from({ length: count }, (__, i) =>
        issuer.token({ key: keyOf(i), claims: toClaims(i) }),
      )
      const wrong: string[] = []
      for (let round = 0; round < 2; round++) {
        for (const [i, token] of tokens.entries()) {
          const outcome = await scene.judge(token)
          if (outcome !== 'granted') wrong.push(`t${i}: ${outcome}`)
          // The key of another tenant.
          if (i % 100 !== 0) continue
          const forged = issuer.token({ key: keyOf(i + 1), claims: toClaims(i) })
          const refusal = await scene.judge(forged)
          if (refusal !== '401 unknown_key') wrong.push(`t${i}, forged: ${refusal}`)
        }
      }
      expect(wrong).toEqual([])
      expect(scene.takeResolved().length).toBe(calls)
      expect(scene.clock.pending()).toBe(0)
    },
    240_000,
  )
})

describe('the memory of dynamic issuers', () => {
  // The program runs in a process of its own, because it measures the heap. Rolldown compiles it with the sources.
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'issuer-memory-'))
    await build({
      input: fileURLToPath(new URL('issuer-memory.mjs', import.meta.url)),
      platform: 'node',
      output: { dir: directory, entryFileNames: 'program.mjs' },
    })
  })
  afterAll(() => rm(directory, { recursive: true }))

  async function measure(kind: string): Promise<number> {
    const options = ['--expose-gc', join(directory, 'program.mjs'), kind]
    const { stdout } = await promisify(execFile)(process.execPath, options)
    return (JSON.parse(stdout) as { used: number }).used
  }

  it('a cached tenant with two RSA keys uses at most 32 KiB, and at least 2 KiB', async () => {
    const used = await measure('two RSA keys')
    expect(used).toBeLessThan(TENANT_BYTES)
    expect(used).toBeGreaterThan(2048)
  })

  it('tenants that are evicted are garbage-collected, with their keys', async () => {
    expect(await measure('evicted')).toBeLessThan(EVICTED_BYTES)
  })
})
