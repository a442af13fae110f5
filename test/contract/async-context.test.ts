import { AsyncLocalStorage } from 'node:async_hooks'
import { clientCredentials } from '@bearward/client'
import { createResourceServer, type BearwardEvent } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../packages/core/src/lib/clock.ts'
import { settled } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { requestWith } from '../support/requests.ts'

/** A store in which an application keeps values of a request, such as its id, its user or its transaction. */
const requests = new AsyncLocalStorage<string>()

describe('async context', () => {
  it('authorize keeps the async context of a request for its check and its verified event, but not for shared fetches', async () => {
    const issuer = createTestIssuer()
    const seen: (readonly [what: string, request: string | undefined])[] = []
    const record = (what: string) => seen.push([what, requests.getStore()])
    const responses: Readonly<Record<string, object>> = {
      [`${ISSUER}/.well-known/openid-configuration`]: {
        issuer: ISSUER,
        jwks_uri: `${ISSUER}/jwks`,
        introspection_endpoint: `${ISSUER}/introspect`,
      },
      [`${ISSUER}/jwks`]: issuer.jwks,
      [`${ISSUER}/introspect`]: { active: true },
    }
    const [server, outcome] = requests.run('first', () => {
      const made = createResourceServer({
        issuer: ISSUER,
        audience: AUDIENCE,
        introspection: {
          clientId: 'api',
          clientAuthentication: { method: 'client_secret_basic', secret: 'a' },
        },
        async fetch(url) {
          record(`fetch ${url.slice(ISSUER.length)}`)
          return Response.json(responses[url])
        },
        onEvent: (event: BearwardEvent) => record(event.type),
      })
      const check = async () => {
        record('check')
        await settled()
        record('check, later')
        return true
      }
      return [
        made,
        made.authorize(requestWith(issuer.token()), { introspect: true, check }),
      ] as const
    })
    expect((await outcome).kind).toBe('granted')
    server.close()
    expect(seen).toEqual([
      ['fetch /.well-known/openid-configuration', undefined],
      ['fetch /jwks', undefined],
      ['keys_refreshed', undefined],
      ['verified', 'first'],
      ['fetch /.well-known/openid-configuration', undefined],
      ['fetch /introspect', undefined],
      ['introspection_called', undefined],
      ['check', 'first'],
      ['check, later', 'first'],
      ['closed', undefined],
    ])
  })

  it('getToken runs a shared token request outside of the async context of a caller', async () => {
    const seen: (string | undefined)[] = []
    const getToken = requests.run('first', () => {
      const source = clientCredentials({
        tokenEndpoint: `${ISSUER}/token`,
        clientId: 'orders',
        clientAuthentication: { method: 'client_secret_basic', secret: 'a' },
        async fetch() {
          seen.push(requests.getStore())
          return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 600 })
        },
      })
      return () => source.getToken()
    })
    await requests.run('second', async () => {
      await getToken()
      expect(requests.getStore()).toBe('second')
    })
    expect(seen).toEqual([undefined])
  })

  it('systemClock.after() runs a timer outside of the async context of a request', async () => {
    const store = await new Promise((resolve) => {
      requests.run('first', () => systemClock.after(0, () => resolve(requests.getStore())))
    })
    expect(store).toBeUndefined()
  })
})
