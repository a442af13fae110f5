import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { createResourceServer, type Requirements } from '../../src/index.ts'
import { PROFILES } from '../../src/subject/providers.ts'
import { withPollutedPrototype } from '../support/with-polluted-prototype.ts'

const issuer = createTestIssuer()

/** Claims that the core reads for any issuer, and claims in provider profiles. */
const CLAIMS =
  'iss sub aud exp nbf iat jti client_id azp scope scp cnf act tid typ token_use nonce at_hash c_hash s_hash events htu token_introspection response_type amr auth_time sid email gty uid username user_id preferred_username grant_type oid idtyp roles appid'.split(
    ' ',
  )

/** Values that are valid for one of the claims, or that would make a token invalid. */
const VALUES: readonly unknown[] = ['admin', AUDIENCE, 1, ['admin'], { jkt: 'a'.repeat(43) }]

const listPollutions = (): object[] =>
  CLAIMS.flatMap((claim) => VALUES.map((value) => ({ [claim]: value })))

const CLIENT_TOKEN = issuer.token({
  claims: { sub: 'cron', client_id: 'cron', scope: 'read', jti: undefined },
})
const TOKENS = {
  'a token of a client': CLIENT_TOKEN,
  'a token of a user': issuer.token({
    claims: { sub: 'alice', client_id: 'app', amr: ['pwd'], auth_time: 1 },
  }),
  'a token without a scope': issuer.token({ claims: { scope: undefined } }),
  'a token without a client': issuer.token({ claims: { client_id: undefined, sub: undefined } }),
  'a token without an audience': issuer.token({ claims: { aud: undefined } }),
  'a token without an expiry': issuer.token({ claims: { exp: undefined } }),
  'a token without an issuer': issuer.token({ claims: { iss: undefined } }),
}

const REQUIREMENTS: Readonly<Record<string, Requirements>> = {
  'no requirement': {},
  scope: { scope: 'admin' },
  clients: { clients: ['admin'] },
  subject: { subject: 'machine' },
  check: { check: ({ claims }) => Object.hasOwn(claims, 'admin') },
}

const MACHINE = { machineSubject: 'client_id', jwks: issuer.jwks } as const
const providers = ['entra', 'okta', 'keycloak', 'cognito'] as const

const requestWith = (token: string) => ({
  method: 'GET',
  url: '/',
  headers: { authorization: `Bearer ${token}` },
})

describe('a claim on Object.prototype', () => {
  it('PROFILES has a profile for each provider of this test', () => {
    expect(Object.keys(PROFILES)).toEqual(expect.arrayContaining([...providers]))
  })

  it.each(Object.keys(TOKENS) as (keyof typeof TOKENS)[])(
    'a claim on Object.prototype does not change the outcome of a guard with any requirement for %s',
    (name) => {
      for (const [requirement, requirements] of Object.entries(REQUIREMENTS)) {
        const server = createResourceServer({
          issuer: ISSUER,
          audience: AUDIENCE,
          tokenCache: false,
          logger: false,
          ...MACHINE,
        })
        const guard = server.guard(requirements)
        const summarize = () => {
          const outcome = guard(requestWith(TOKENS[name]))
          if (outcome instanceof Promise) return 'a promise'
          if (outcome.kind === 'refused') return `${outcome.status} ${outcome.reason}`
          if (outcome.kind === 'anonymous') return outcome.kind
          const { subject, clientId, scopes, audience, expiresAt } = outcome.token
          return JSON.stringify({ subject, clientId, scopes, audience, expiresAt })
        }
        const expected = summarize()
        const changed = listPollutions().filter(
          (members) => withPollutedPrototype(members, summarize) !== expected,
        )
        expect({ requirement, changed }).toEqual({ requirement, changed: [] })
      }
    },
  )

  it.each(providers)(
    'a claim on Object.prototype does not change the subject, the client id and the scopes of a token of provider %s',
    (provider) => {
      const server = createResourceServer({
        issuer: ISSUER,
        audience: AUDIENCE,
        tokenCache: false,
        logger: false,
        provider,
        jwks: issuer.jwks,
      })
      const guard = server.guard()
      const summarize = (token: string) => {
        const outcome = guard(requestWith(token))
        if (outcome instanceof Promise || outcome.kind === 'anonymous') return 'unexpected'
        return outcome.kind === 'granted'
          ? JSON.stringify([outcome.token.subject, outcome.token.clientId, outcome.token.scopes])
          : outcome.reason
      }
      for (const token of Object.values(TOKENS)) {
        const expected = summarize(token)
        const changed = listPollutions().filter(
          (members) => withPollutedPrototype(members, () => summarize(token)) !== expected,
        )
        expect(changed).toEqual([])
      }
    },
  )
})
