import type { Reason, UnusableKey } from '@bearward/core'
import { generateKey, type TestKey } from '../../support/keys.ts'
import { token } from '../fixture.ts'

/** Keys that follow a good key in the JWKS of an issuer, and the outcome for tokens signed with them. */
export interface DocumentCase {
  readonly ids: readonly string[]
  /** The title without its subject: it begins with the verb. */
  readonly title: string
  readonly keys: readonly unknown[]
  /** Reasons that the core reports for the keys that it ignores, in order. */
  readonly ignored?: readonly UnusableKey[]
  /** Tokens signed with these keys. A token signed with the good key must be granted in every case. */
  readonly tokens: readonly (readonly [token: string, outcome: 'granted' | Reason])[]
}

export type Jwk = Record<string, unknown>

/** A valid key, from which the cases make invalid ones. */
export const sound = generateKey('ES256', 'sound')

/** Returns the JWK of the valid key with other members. */
export const spoilt = (members: Jwk) => changed(sound, members).jwk

/** Returns a key whose JWK has other members. */
export const changed = (key: TestKey, members: Jwk): TestKey => ({
  ...key,
  jwk: { ...key.jwk, ...members },
})

/** Creates a token signed with the key. */
export const by = (key: TestKey) => token({ key })

export const toBytes = (member: unknown) => Buffer.from(member as string, 'base64url')

/** Returns the number with a leading zero octet, in base64url. */
export const padded = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.of(0), bytes]).toString('base64url')
