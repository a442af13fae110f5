import { AUDIENCE } from '../support/issuer.ts'
import { partsOf } from '../support/tokens.ts'
import { type Attack, granted, harmless, invalidToken } from './attack.ts'

const wrongType = invalidToken('wrong_token_type')
const NOT_OF_ACCESS = { client_id: undefined, scope: undefined }

/** Tokens that an issuer signs with the keys of its access tokens, and that are none (RFC 8725 3.12). */
interface Kind {
  readonly name: string
  /** The `typ` that its specification gives it. */
  readonly typ: string
  /** Merged over the claims of an access token, so that audience and times would pass. */
  readonly claims: Record<string, unknown>
  /** What tells it from an access token, where its claims do not. */
  readonly toldBy?: 'its typ' | 'the lack of every sign of an access token'
}

const KINDS: readonly Kind[] = [
  {
    name: 'the plainest ID token',
    typ: 'JWT',
    claims: { ...NOT_OF_ACCESS },
    toldBy: 'the lack of every sign of an access token',
  },
  {
    name: 'a signed answer of the userinfo endpoint',
    typ: 'JWT',
    claims: { ...NOT_OF_ACCESS, email: 'alice@example.com', email_verified: true },
    toldBy: 'the lack of every sign of an access token',
  },
  {
    name: 'an ID token with a nonce',
    typ: 'JWT',
    claims: { ...NOT_OF_ACCESS, nonce: 'n-0S6', azp: 'web', auth_time: 1 },
  },
  { name: 'an ID token with at_hash', typ: 'JWT', claims: { ...NOT_OF_ACCESS, at_hash: 'AAAA' } },
  { name: 'an ID token with c_hash', typ: 'JWT', claims: { ...NOT_OF_ACCESS, c_hash: 'AAAA' } },
  { name: 'an ID token with s_hash', typ: 'JWT', claims: { ...NOT_OF_ACCESS, s_hash: 'AAAA' } },
  {
    name: 'an ID token with at_hash beside a scope and a client id',
    typ: 'JWT',
    claims: { nonce: 'n-0S6', at_hash: 'AAAA' },
  },
  { name: 'an ID token of Keycloak', typ: 'JWT', claims: { typ: 'ID', azp: 'web' } },
  { name: 'an ID token of Cognito', typ: 'JWT', claims: { token_use: 'id' } },
  { name: 'a refresh token', typ: 'JWT', claims: { typ: 'Refresh' } },
  { name: 'an offline token', typ: 'JWT', claims: { typ: 'Offline' } },
  { name: 'a logout token of Keycloak', typ: 'JWT', claims: { typ: 'Logout' } },
  { name: 'a refresh token by token_use', typ: 'JWT', claims: { token_use: 'refresh' } },
  {
    name: 'a logout token',
    typ: 'logout+jwt',
    claims: {
      ...NOT_OF_ACCESS,
      sid: 's',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    },
  },
  {
    name: 'a security event token',
    typ: 'secevent+jwt',
    claims: { events: { 'urn:ietf:params:scim:event:create': {} } },
  },
  {
    name: 'an introspection response',
    typ: 'token-introspection+jwt',
    claims: { token_introspection: { active: true, scope: 'admin' } },
  },
  {
    name: 'a DPoP proof',
    typ: 'dpop+jwt',
    claims: { htm: 'GET', htu: 'https://api.example.com/v1', ath: 'AAAA' },
  },
  {
    name: 'a request object',
    typ: 'oauth-authz-req+jwt',
    claims: { response_type: 'code', redirect_uri: 'https://web.example.com/cb' },
  },
  {
    name: 'an authorization response (JARM)',
    typ: 'JWT',
    claims: { ...NOT_OF_ACCESS, sub: undefined, code: 'SplxlO', state: 'af0ifj' },
    toldBy: 'the lack of every sign of an access token',
  },
  {
    name: 'an identity assertion (ID-JAG)',
    typ: 'oauth-id-jag+jwt',
    claims: {},
    toldBy: 'its typ',
  },
  { name: 'a client assertion', typ: 'client-authentication+jwt', claims: {}, toldBy: 'its typ' },
  { name: 'a transaction token', typ: 'txntoken+jwt', claims: { txn: 't' }, toldBy: 'its typ' },
  { name: 'a verifiable credential', typ: 'dc+sd-jwt', claims: { vct: 'id' }, toldBy: 'its typ' },
]

const byKind = KINDS.flatMap(({ name, typ, claims, toldBy }): Attack[] => {
  const attack = (header: Record<string, unknown>): Attack['attack'] => {
    return ({ issuer }) => issuer.token({ header, claims: { aud: AUDIENCE, ...claims } })
  }
  const attacks: Attack[] = [
    { name: `${name}, typ ${typ}`, attack: attack({ typ }), outcome: wrongType },
    {
      name: `${name}, typ ${typ}, where RFC 9068 is asked for`,
      attack: attack({ typ }),
      outcome: wrongType,
      door: 'strict',
    },
  ]
  if (toldBy === 'its typ') return attacks
  attacks.push({ name: `${name}, no typ`, attack: attack({ typ: undefined }), outcome: wrongType })
  if (toldBy !== undefined) return attacks
  attacks.push({ name: `${name}, typ at+jwt`, attack: attack({}), outcome: wrongType })
  return attacks
})

export const KINDS_OF_TOKENS: readonly Attack[] = [
  ...byKind,
  {
    name: 'an ID token for a client',
    attack: ({ issuer }) =>
      issuer.token({ header: { typ: 'JWT' }, claims: { ...NOT_OF_ACCESS, aud: 'web' } }),
    outcome: wrongType,
  },
  {
    name: 'a client assertion by a client itself',
    attack: ({ issuer, outsider }) =>
      issuer.token({ key: outsider.keys[0]!, claims: { iss: 'reports-cron' } }),
    outcome: invalidToken('unknown_issuer'),
  },
  {
    name: 'an access token with a nonce',
    // Whoever signs in with a nonce is a user, though this one is called what the client is called.
    attack: ({ issuer }) => issuer.token({ claims: { nonce: 'n-0S6' } }),
    outcome: granted('unknown', 'reports-cron'),
  },
  ...['~', '~WyJzYWx0IiwiYSIsMV0~', '~WyJzYWx0IiwiYSIsMV0~e30.e30.AA'].map(
    (disclosures): Attack => {
      return {
        name: `SD-JWT: a token and ${disclosures}`,
        attack: ({ issuer }) => `${issuer.token()}${disclosures}`,
        outcome: invalidToken('malformed_token'),
      }
    },
  ),
  ...['dir', 'RSA-OAEP-256', 'ECDH-ES'].map((alg): Attack => {
    return {
      name: `JWE with alg ${alg} around a token`,
      attack({ issuer }) {
        const [header] = partsOf(issuer.token({ header: { alg, enc: 'A256GCM', cty: 'JWT' } }))
        const inner = Buffer.from(issuer.token()).toString('base64url')
        return `${header}.AA.AAAAAAAAAAAAAAAA.${inner}.AAAAAAAAAAAAAAAAAAAAAA`
      },
      outcome: invalidToken('malformed_token'),
    }
  }),
  ...(
    [
      ['no purpose', {}, wrongType],
      ['another purpose', { purpose: 'id' }, wrongType],
      ['the purpose in an array', { purpose: ['access'] }, wrongType],
      ['the purpose in capitals', { purpose: 'Access' }, wrongType],
      ['the purpose in another claim', { token_use: 'access', typ: 'access' }, wrongType],
      ['the right purpose', { purpose: 'access' }, harmless],
      [
        'the right purpose for another client',
        { purpose: 'access', client_id: 'web' },
        invalidToken('untrusted_client'),
      ],
      [
        'the right purpose for no client',
        { purpose: 'access', client_id: undefined },
        invalidToken('untrusted_client'),
      ],
      [
        'the right purpose and an audience',
        { purpose: 'access', aud: AUDIENCE },
        invalidToken('wrong_audience'),
      ],
      [
        'the right purpose and an empty text as audience',
        { purpose: 'access', aud: '' },
        invalidToken('wrong_audience'),
      ],
    ] as const
  ).map(([name, claims, outcome]): Attack => {
    return {
      name: `where tokens have no audience: ${name}`,
      attack: ({ issuer }) => issuer.token({ claims: { aud: undefined, ...claims } }),
      outcome,
      door: 'audienceless',
    }
  }),
]
