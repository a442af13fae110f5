import type { Reason, UnusableKey } from '@bearward/core'
import { generateKey, type TestKey } from '../../support/keys.ts'
import { token } from '../fixture.ts'

/** Keys that an issuer serves behind a good one, and what becomes of them. */
export interface DocumentCase {
  readonly ids: readonly string[]
  readonly title: string
  readonly keys: readonly unknown[]
  /** What the core reports of the keys that it leaves out, in their order. */
  readonly ignored?: readonly UnusableKey[]
  /** Tokens by these keys. One by the good key has to be granted, whatever stands beside it. */
  readonly tokens: readonly (readonly [token: string, outcome: 'granted' | Reason])[]
}

export type Jwk = Record<string, unknown>

/** A sound key to be spoilt in all kinds of ways. */
export const sound = generateKey('ES256', 'sound')

export const spoilt = (members: Jwk) => changed(sound, members).jwk

export const changed = (key: TestKey, members: Jwk): TestKey => ({
  ...key,
  jwk: { ...key.jwk, ...members },
})

export const by = (key: TestKey) => token({ key })

export const bytesOf = (member: unknown) => Buffer.from(member as string, 'base64url')

/** The same number with a zero octet in front. */
export const padded = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.of(0), bytes]).toString('base64url')
