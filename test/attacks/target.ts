import { createSecretKey, randomBytes } from 'node:crypto'
import type { IssuerOptions } from '@bearward/core'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, type TestIssuer } from '../support/issuer.ts'
import { generateKey, type TestKey } from '../support/keys.ts'
import { listen } from '../support/servers.ts'
import { signCompact } from '../support/tokens.ts'
import { goodClaims } from './forged-tokens.ts'

/** What attackers are up against, and what they have in hand. */
export interface Target {
  readonly clock: FakeClock
  /** Trusted, with keys for `ALGORITHMS`. It also publishes the `unfit` keys. */
  readonly issuer: TestIssuer
  /** Trusted too, with another audience; its key has the `kid` that a key of `issuer` has. */
  readonly other: TestIssuer
  /** Trusted for HMAC and nothing else. */
  readonly sharing: { token(header?: object, claims?: object): string }
  /** Nobody trusts it: the attacker's own. */
  readonly outsider: TestIssuer
  /** Keys among those of `issuer` that must not serve, by the reason, which is also their `kid`. */
  readonly unfit: Readonly<Record<UnfitKey, TestKey>>
  /** Serves the attacker's JWK Set to whoever asks. */
  readonly canary: string
}

export const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'Ed25519', 'ES384'] as const
export const OTHER_AUDIENCE = 'https://api.example.com/v2'
export const SHARING_ISSUER = 'https://hmac.example.com'

export const UNFIT_KEYS = [
  'for-encryption',
  'for-signing',
  'other-alg',
  'private',
  'short',
] as const
type UnfitKey = (typeof UNFIT_KEYS)[number]

/** A running target, and what is known of the requests it has caused. */
export interface RunningTarget extends Target {
  /** The trusted issuers as options, with their keys to be fetched from a server. */
  readonly trusted: readonly IssuerOptions[]
  /** The paths at which key sets were asked for. */
  readonly fetched: string[]
  /** The requests that only an attacker can have brought about. */
  readonly lured: string[]
  close(): Promise<void>
}

export async function startTarget(): Promise<RunningTarget> {
  const clock = fakeClock()
  // Issued long before the keys are fetched, so that it is certain which of them there are.
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
  const unfit = unfitKeys()
  issuer.jwks.keys.push(...published(unfit), {
    kty: 'oct',
    kid: 'symmetric',
    alg: 'HS256',
    k: secret.toString('base64url'),
  })

  const fetched: string[] = []
  const keyServer = await listen((request, response) => {
    fetched.push(request.url!)
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(request.url === '/other' ? other.jwks : issuer.jwks))
  })
  const lured: string[] = []
  const canary = await listen((request, response) => {
    lured.push(request.url!)
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
    unfit,
    canary: canary.url,
    trusted: [
      { issuer: issuer.issuer, audience: AUDIENCE, jwksUri: `${keyServer.url}/issuer` },
      { issuer: other.issuer, audience: OTHER_AUDIENCE, jwksUri: `${keyServer.url}/other` },
      { issuer: SHARING_ISSUER, audience: AUDIENCE, secret },
    ],
    fetched,
    lured,
    close: async () => void (await Promise.all([keyServer.close(), canary.close()])),
  }
}

function unfitKeys(): Target['unfit'] {
  return {
    'for-encryption': generateKey('ES256', 'for-encryption'),
    'for-signing': generateKey('ES256', 'for-signing'),
    'other-alg': generateKey('ES256', 'other-alg'),
    private: generateKey('ES256', 'private'),
    short: generateKey('RS256', 'short', 1024),
  }
}

function published(unfit: Target['unfit']): Record<string, unknown>[] {
  return [
    { ...unfit['for-encryption'].jwk, use: 'enc' },
    { ...unfit['for-signing'].jwk, use: undefined, key_ops: ['sign'] },
    { ...unfit['other-alg'].jwk, alg: 'ES384' },
    { ...unfit.private.privateKey.export({ format: 'jwk' }), kid: 'private', alg: 'ES256' },
    unfit.short.jwk,
    // The neutral element of Ed25519: under it, one signature is good for every message.
    { kty: 'OKP', crv: 'Ed25519', kid: 'small-order', alg: 'Ed25519', x: `AQ${'A'.repeat(41)}` },
  ]
}
