import { createSecretKey, randomBytes } from 'node:crypto'
import type { IssuerOptions } from '@bearward/core'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, type TestIssuer } from '../support/issuer.ts'
import { generateKey, type TestKey } from '../support/keys.ts'
import { boundTo, generateProofKey, type ProofKey } from '../support/proofs.ts'
import { listen } from '../support/servers.ts'
import { signCompact } from '../support/tokens.ts'
import { goodClaims } from './forged-tokens.ts'

/** The target of attacks, and the keys of the attacker. */
export interface Target {
  readonly clock: FakeClock
  /** A trusted issuer with keys for `ALGORITHMS`. It also publishes the `unusable` keys. */
  readonly issuer: TestIssuer
  /** A trusted issuer with another audience. Its key has the `kid` of a key of `issuer`. */
  readonly other: TestIssuer
  /** A trusted issuer with an HMAC secret and without keys. */
  readonly sharing: { token(header?: object, claims?: object): string }
  /** The untrusted issuer of the attacker. */
  readonly outsider: TestIssuer
  /** Keys in the JWKS of `issuer` that must not be used, by reason. The reason is also the `kid`. */
  readonly unusable: Readonly<Record<UnusableKeyName, TestKey>>
  /** The key of a client, to which the tokens of `bound` are bound. */
  readonly proofKey: ProofKey
  /** The key of an attacker. */
  readonly otherProofKey: ProofKey
  /** Creates a valid token that is bound to `proofKey`. */
  bound(claims?: object): string
  /** URL of a server that serves the JWKS of the attacker. */
  readonly attackerUrl: string
}

export const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'Ed25519', 'ES384'] as const
export const OTHER_AUDIENCE = 'https://api.example.com/v2'
export const SHARING_ISSUER = 'https://hmac.example.com'

export const UNUSABLE_KEYS = [
  'for-encryption',
  'for-signing',
  'other-alg',
  'private',
  'short',
] as const
type UnusableKeyName = (typeof UNUSABLE_KEYS)[number]

/** A running target, with the requests that its servers received. */
export interface RunningTarget extends Target {
  /** Options of the trusted issuers. Their keys are fetched from a server. */
  readonly trusted: readonly IssuerOptions[]
  /** Paths of the JWKS requests, with their queries. */
  readonly fetched: string[]
  /** Paths of the requests to the server of the attacker. There must be none. */
  readonly attackerRequests: string[]
  close(): Promise<void>
}

export async function startTarget(): Promise<RunningTarget> {
  const clock = fakeClock()
  // Tokens are older than the fetched keys, so an unknown kid cannot belong to a new key.
  const issued = { now: () => clock.seconds() - 600, lifetime: 3600 }
  const issuer = createTestIssuer({ algorithms: ALGORITHMS, ...issued })
  const otherName = 'https://other.example.com'
  const other = createTestIssuer({ issuer: otherName, audience: OTHER_AUDIENCE, ...issued })
  const outsider = createTestIssuer({
    issuer: 'https://outsider.example.net',
    algorithms: ['ES256', 'RS256'],
    ...issued,
  })
  const secret = randomBytes(32)
  const [proofKey, otherProofKey] = [generateProofKey(), generateProofKey()]
  const unusable = createUnusableKeys()
  issuer.jwks.keys.push(...published(unusable), {
    kty: 'oct',
    kid: 'symmetric',
    alg: 'HS256',
    k: secret.toString('base64url'),
  })

  const fetched: string[] = []
  const keyServer = await listen((request, response) => {
    fetched.push(request.url!)
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(request.url!.startsWith('/other') ? other.jwks : issuer.jwks))
  })
  const attackerRequests: string[] = []
  const attackerServer = await listen((request, response) => {
    attackerRequests.push(request.url!)
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(outsider.jwks))
  })

  return {
    clock,
    issuer,
    other,
    sharing: {
      token(header = {}, claims = {}) {
        return signCompact(
          { alg: 'HS256', typ: 'at+jwt', ...header },
          { ...goodClaims(issuer), iss: SHARING_ISSUER, ...claims },
          'HS256',
          createSecretKey(secret),
        )
      },
    },
    outsider,
    unusable,
    proofKey,
    otherProofKey,
    bound: (claims = {}) => issuer.token({ claims: { ...boundTo(proofKey), ...claims } }),
    attackerUrl: attackerServer.url,
    trusted: [
      { issuer: issuer.issuer, audience: AUDIENCE, jwksUri: `${keyServer.url}/issuer` },
      { issuer: other.issuer, audience: OTHER_AUDIENCE, jwksUri: `${keyServer.url}/other` },
      { issuer: SHARING_ISSUER, audience: AUDIENCE, secret },
    ],
    fetched,
    attackerRequests,
    close: async () => void (await Promise.all([keyServer.close(), attackerServer.close()])),
  }
}

function createUnusableKeys(): Target['unusable'] {
  return {
    'for-encryption': generateKey('ES256', 'for-encryption'),
    'for-signing': generateKey('ES256', 'for-signing'),
    'other-alg': generateKey('ES256', 'other-alg'),
    private: generateKey('ES256', 'private'),
    short: generateKey('RS256', 'short', 1024),
  }
}

function published(unusable: Target['unusable']): Record<string, unknown>[] {
  return [
    { ...unusable['for-encryption'].jwk, use: 'enc' },
    { ...unusable['for-signing'].jwk, use: undefined, key_ops: ['sign'] },
    { ...unusable['other-alg'].jwk, alg: 'ES384' },
    { ...unusable.private.privateKey.export({ format: 'jwk' }), kid: 'private', alg: 'ES256' },
    unusable.short.jwk,
    // The neutral element of Ed25519, for which one signature is valid for every message.
    { kty: 'OKP', crv: 'Ed25519', kid: 'small-order', alg: 'Ed25519', x: `AQ${'A'.repeat(41)}` },
  ]
}
