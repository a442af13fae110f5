import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/fake-clock.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { ConfigurationError } from '../../src/index.ts'
import { BASE, serveTenants, toOptions } from './setup.ts'

const ACME = `${BASE}acme`
const DISTRUSTED = '401 unknown_key'

/** Creates a resource server for tenants. `keyOf` returns the argument of `distrustKey` for the key of a tenant. */
function createSetup(given?: Parameters<typeof serveTenants>[0]) {
  const setup = serveTenants(given)
  const keyOf = async (name: string) => ({
    issuer: BASE + name,
    thumbprint: await calculateJwkThumbprint(setup.tenant(name).jwks.keys[0]!),
  })
  return { ...setup, keyOf }
}

describe('distrustKey for dynamic issuers', () => {
  it('tokens of a distrusted key are refused even if they are cached, and tokens of other tenants are granted', async () => {
    const { server, getOutcome, getOutcomeOfNew, tenant, keyOf, takeEvents } = createSetup()
    const token = tenant('acme').token()
    for (let i = 0; i < 3; i++) expect(await getOutcome(token)).toBe('granted')
    const key = await keyOf('acme')
    takeEvents()
    server.distrustKey(key)
    expect(takeEvents('key_distrusted')).toEqual([{ type: 'key_distrusted', ...key }])
    expect(await getOutcome(token)).toBe(DISTRUSTED)
    expect(await getOutcomeOfNew('acme')).toBe(DISTRUSTED)
    expect(await getOutcomeOfNew('other')).toBe('granted')
  })

  it('distrustKey before the first token of an issuer makes no call, and later tokens of the distrusted key are refused', async () => {
    const { server, getOutcomeOfNew, keyOf, takeResolved, takeFetched } = createSetup()
    server.distrustKey(await keyOf('acme'))
    expect([takeResolved(), takeFetched()]).toEqual([[], []])
    expect(await getOutcomeOfNew('acme')).toBe(DISTRUSTED)
    expect(await getOutcomeOfNew('other')).toBe('granted')
  })

  it('a key stays distrusted after its issuer was evicted and added again', async () => {
    const { server, getOutcomeOfNew, keyOf, takeResolved } = createSetup({
      issuers: { maxEntries: 8 },
    })
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    server.distrustKey(await keyOf('acme'))
    expect(await getOutcomeOfNew('acme')).toBe(DISTRUSTED)
    for (let i = 0; i < 20; i++) expect(await getOutcomeOfNew(`tenant${i}`)).toBe('granted')
    takeResolved()
    expect(await getOutcomeOfNew('acme')).toBe(DISTRUSTED)
    expect(takeResolved()).toEqual(['acme'])
  })

  it('distrustKey accepts a key of an evicted issuer, and tokens of the key are refused', async () => {
    const { server, getOutcomeOfNew, keyOf } = createSetup({ issuers: { maxEntries: 8 } })
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    for (let i = 0; i < 20; i++) expect(await getOutcomeOfNew(`tenant${i}`)).toBe('granted')
    server.distrustKey(await keyOf('acme'))
    expect(await getOutcomeOfNew('acme')).toBe(DISTRUSTED)
  })

  it('a key stays distrusted after resolve has returned other options, and after the issuer was removed', async () => {
    const { server, getOutcomeOfNew, keyOf, resolveWith, clock } = createSetup()
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    server.distrustKey(await keyOf('acme'))
    resolveWith((iss) => ({ ...toOptions(iss), jwksUri: `${ACME}/jwks` }))
    clock.advance(300)
    expect(await getOutcomeOfNew('acme')).toBe(DISTRUSTED)
    resolveWith(() => {})
    clock.advance(300)
    expect(await getOutcomeOfNew('acme')).toBe('401 unknown_issuer')
    resolveWith(toOptions)
    clock.advance(30)
    expect(await getOutcomeOfNew('acme')).toBe(DISTRUSTED)
  })

  it('a token that waits for resolve is refused if its key is distrusted in the meantime', async () => {
    const { server, getOutcomeOfNew, keyOf, resolveWith } = createSetup()
    let finish: (options: unknown) => void = () => {}
    resolveWith(() => new Promise((resolve) => (finish = resolve)))
    const waiting = getOutcomeOfNew('acme')
    await settled()
    server.distrustKey(await keyOf('acme'))
    finish(toOptions(ACME))
    expect(await waiting).toBe(DISTRUSTED)
  })

  it('tokens of a key in the option jwks of a tenant are refused after distrustKey', async () => {
    const { server, tenant, getOutcomeOfNew, keyOf, resolveWith } = createSetup()
    resolveWith((iss) => ({ ...toOptions(iss), jwks: tenant('acme').jwks }))
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    server.distrustKey(await keyOf('acme'))
    expect(await getOutcomeOfNew('acme')).toBe(DISTRUSTED)
  })

  it('tokens of a new key are granted after the old key was distrusted', async () => {
    const { server, getOutcome, getOutcomeOfNew, tenant, keyOf, behave } = createSetup()
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    server.distrustKey(await keyOf('acme'))
    const newKey = generateKey('ES256', 'new')
    behave('acme', { keys: [newKey.jwk] })
    expect(await getOutcome(tenant('acme').token({ key: newKey }))).toBe('granted')
  })

  it('later guards of a request refuse the token after the key of the token was distrusted', async () => {
    const { server, tenant, keyOf } = createSetup()
    const request = { ...requestWith(tenant('acme').token()), raw: {} }
    expect(await server.authorize(request)).toMatchObject({ kind: 'granted' })
    server.distrustKey(await keyOf('acme'))
    expect(await server.authorize(request)).toMatchObject({ reason: 'unknown_key' })
  })

  it('a request that waits for the keys of an evicted issuer is refused if its key was distrusted in the meantime', async () => {
    let deliver = () => {}
    const slow = new Promise<void>((resolve) => (deliver = resolve))
    const setup: ReturnType<typeof createSetup> = createSetup({
      issuers: { maxEntries: 8 },
      options: {
        fetch: async (url: string) => {
          const name = /\/tenants\/([^/]*)/.exec(url)![1]!
          if (name === 'acme') await slow
          return url.endsWith('/jwks')
            ? Response.json(setup.tenant(name).jwks)
            : Response.json({ issuer: BASE + name, jwks_uri: `${BASE}${name}/jwks` })
        },
      },
    })
    const waiting = setup.getOutcomeOfNew('acme')
    await settled()
    for (let i = 0; i < 20; i++) expect(await setup.getOutcomeOfNew(`tenant${i}`)).toBe('granted')
    setup.server.distrustKey(await setup.keyOf('acme'))
    deliver()
    expect(await waiting).toBe(DISTRUSTED)
  })

  it('distrustKey throws a ConfigurationError for an issuer that match does not accept, and for an issuer with a secret', async () => {
    const { server, tenant, resolveWith, getOutcome, takeMatched } = createSetup()
    const { thumbprint } = {
      thumbprint: await calculateJwkThumbprint(tenant('acme').jwks.keys[0]!),
    }
    resolveWith((iss) => ({ ...toOptions(iss), secret: Buffer.alloc(32, 1) }))
    expect(await getOutcome(tenant('acme').token())).toBe('401 unsupported_algorithm')
    takeMatched()
    for (const issuer of [
      ACME,
      'https://other.example.com',
      `${BASE}../acme`,
      `${ACME}?x`,
      '',
      undefined as unknown as string,
    ]) {
      expect(() => server.distrustKey({ issuer, thumbprint }), issuer).toThrow(ConfigurationError)
    }
    expect(takeMatched()).toEqual(['https://other.example.com'])
    for (const malformed of ['', thumbprint.slice(1), `${thumbprint.slice(1)}=`])
      expect(() => server.distrustKey({ issuer: `${BASE}new`, thumbprint: malformed })).toThrow(
        ConfigurationError,
      )
  })

  it('distrustKey throws a ConfigurationError if match throws', async () => {
    const { server, keyOf } = createSetup({
      issuers: {
        match() {
          throw new Error('down')
        },
      },
    })
    const key = await keyOf('acme')
    expect(() => server.distrustKey(key)).toThrow(ConfigurationError)
  })
})
