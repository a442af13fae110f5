import { AUDIENCE } from '../support/issuer.ts'
import { splitToken } from '../support/tokens.ts'
import { type Attack, granted, accepted, invalidToken } from './attack.ts'

const wrongType = invalidToken('wrong_token_type')
const NO_ACCESS_CLAIMS = { client_id: undefined, scope: undefined }

/** A JWT that an issuer signs with the keys of its access tokens, but that is not an access token (RFC 8725 section 3.12). */
interface Kind {
  readonly name: string
  /** The `typ` in its specification. */
  readonly typ: string
  /** Claims that override the claims of an access token. Audience and times stay valid. */
  readonly claims: Record<string, unknown>
  /** Property that distinguishes the JWT from an access token. By default, the claims of the JWT distinguish it. */
  readonly distinguishedBy?: 'its typ' | 'its missing access-token claims'
}

const KINDS: readonly Kind[] = [
  {
    name: 'an ID token without optional claims',
    typ: 'JWT',
    claims: { ...NO_ACCESS_CLAIMS },
    distinguishedBy: 'its missing access-token claims',
  },
  {
    name: 'a signed userinfo response',
    typ: 'JWT',
    claims: { ...NO_ACCESS_CLAIMS, email: 'alice@example.com', email_verified: true },
    distinguishedBy: 'its missing access-token claims',
  },
  {
    name: 'an ID token with a nonce',
    typ: 'JWT',
    claims: { ...NO_ACCESS_CLAIMS, nonce: 'n-0S6', azp: 'web', auth_time: 1 },
  },
  {
    name: 'an ID token with at_hash',
    typ: 'JWT',
    claims: { ...NO_ACCESS_CLAIMS, at_hash: 'AAAA' },
  },
  { name: 'an ID token with c_hash', typ: 'JWT', claims: { ...NO_ACCESS_CLAIMS, c_hash: 'AAAA' } },
  { name: 'an ID token with s_hash', typ: 'JWT', claims: { ...NO_ACCESS_CLAIMS, s_hash: 'AAAA' } },
  {
    name: 'an ID token with nonce, at_hash, scope and client_id',
    typ: 'JWT',
    claims: { nonce: 'n-0S6', at_hash: 'AAAA' },
  },
  { name: 'an ID token of Keycloak', typ: 'JWT', claims: { typ: 'ID', azp: 'web' } },
  { name: 'an ID token of Cognito', typ: 'JWT', claims: { token_use: 'id' } },
  { name: 'a refresh token', typ: 'JWT', claims: { typ: 'Refresh' } },
  { name: 'an offline token', typ: 'JWT', claims: { typ: 'Offline' } },
  { name: 'a logout token of Keycloak', typ: 'JWT', claims: { typ: 'Logout' } },
  { name: 'a refresh token with token_use', typ: 'JWT', claims: { token_use: 'refresh' } },
  {
    name: 'a logout token',
    typ: 'logout+jwt',
    claims: {
      ...NO_ACCESS_CLAIMS,
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
    claims: { ...NO_ACCESS_CLAIMS, sub: undefined, code: 'SplxlO', state: 'af0ifj' },
    distinguishedBy: 'its missing access-token claims',
  },
  {
    name: 'an identity assertion (ID-JAG)',
    typ: 'oauth-id-jag+jwt',
    claims: {},
    distinguishedBy: 'its typ',
  },
  {
    name: 'a client assertion',
    typ: 'client-authentication+jwt',
    claims: {},
    distinguishedBy: 'its typ',
  },
  {
    name: 'a transaction token',
    typ: 'txntoken+jwt',
    claims: { txn: 't' },
    distinguishedBy: 'its typ',
  },
  {
    name: 'a verifiable credential',
    typ: 'dc+sd-jwt',
    claims: { vct: 'id' },
    distinguishedBy: 'its typ',
  },
]

const byKind = KINDS.flatMap(({ name, typ, claims, distinguishedBy }): Attack[] => {
  const attack = (header: Record<string, unknown>): Attack['attack'] => {
    return ({ issuer }) => issuer.token({ header, claims: { aud: AUDIENCE, ...claims } })
  }
  const attacks: Attack[] = [
    { name: `${name}, typ ${typ}`, attack: attack({ typ }), outcome: wrongType },
    {
      name: `${name}, typ ${typ}, if RFC 9068 is required`,
      attack: attack({ typ }),
      outcome: wrongType,
      api: 'strict',
    },
  ]
  if (distinguishedBy === 'its typ') return attacks
  attacks.push({ name: `${name}, no typ`, attack: attack({ typ: undefined }), outcome: wrongType })
  if (distinguishedBy !== undefined) return attacks
  attacks.push({ name: `${name}, typ at+jwt`, attack: attack({}), outcome: wrongType })
  return attacks
})

export const KINDS_OF_TOKENS: readonly Attack[] = [
  ...byKind,
  {
    name: 'an ID token for a client',
    attack: ({ issuer }) =>
      issuer.token({ header: { typ: 'JWT' }, claims: { ...NO_ACCESS_CLAIMS, aud: 'web' } }),
    outcome: wrongType,
  },
  {
    name: 'a client assertion signed by the client',
    attack: ({ issuer, outsider }) =>
      issuer.token({ key: outsider.keys[0]!, claims: { iss: 'reports-cron' } }),
    outcome: invalidToken('unknown_issuer'),
  },
  {
    name: 'an access token with a nonce',
    // Only tokens of users have a nonce, but the sub of this token is its client id. So the subject kind is unknown.
    attack: ({ issuer }) => issuer.token({ claims: { nonce: 'n-0S6' } }),
    outcome: granted('unknown', 'reports-cron'),
  },
  ...['~', '~WyJzYWx0IiwiYSIsMV0~', '~WyJzYWx0IiwiYSIsMV0~e30.e30.AA'].map(
    (disclosures): Attack => {
      return {
        name: `SD-JWT: an access token with ${disclosures}`,
        attack: ({ issuer }) => `${issuer.token()}${disclosures}`,
        outcome: invalidToken('malformed_token'),
      }
    },
  ),
  ...['dir', 'RSA-OAEP-256', 'ECDH-ES'].map((alg): Attack => {
    return {
      name: `JWE with alg ${alg} that contains a token`,
      attack({ issuer }) {
        const [header] = splitToken(issuer.token({ header: { alg, enc: 'A256GCM', cty: 'JWT' } }))
        const inner = Buffer.from(issuer.token()).toString('base64url')
        return `${header}.AA.AAAAAAAAAAAAAAAA.${inner}.AAAAAAAAAAAAAAAAAAAAAA`
      },
      outcome: invalidToken('malformed_token'),
    }
  }),
  ...(
    [
      ['no token use', {}, wrongType],
      ['another token use', { use: 'id' }, wrongType],
      ['the token use in an array', { use: ['access'] }, wrongType],
      ['the token use in capitals', { use: 'Access' }, wrongType],
      ['the token use in another claim', { token_use: 'access', typ: 'access' }, wrongType],
      ['the right token use', { use: 'access' }, accepted],
      [
        'the right token use for another client',
        { use: 'access', client_id: 'web' },
        invalidToken('untrusted_client'),
      ],
      [
        'the right token use without a client',
        { use: 'access', client_id: undefined },
        invalidToken('untrusted_client'),
      ],
      [
        'the right token use with an audience',
        { use: 'access', aud: AUDIENCE },
        invalidToken('wrong_audience'),
      ],
      [
        'the right token use with an empty audience',
        { use: 'access', aud: '' },
        invalidToken('wrong_audience'),
      ],
    ] as const
  ).map(([name, claims, outcome]): Attack => {
    return {
      name: `audience: null, ${name}`,
      attack: ({ issuer }) => issuer.token({ claims: { aud: undefined, ...claims } }),
      outcome,
      api: 'audienceless',
    }
  }),
]
