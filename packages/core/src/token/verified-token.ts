import type { Binding } from '../binding/confirmation.ts'
import type { Moment } from '../lib/clock.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { SignedBy } from './jwt/verify-jwt.ts'
import type { TrustedIssuer } from './trusted-issuers.ts'

/** A verified token with the data that later steps need. */
export interface VerifiedToken {
  readonly token: AccessToken
  /** The proof that the sender must provide. The proof is not checked yet. */
  readonly binding: Binding
  readonly issuer: TrustedIssuer
  /** The text of the token, to introspect it again. */
  readonly presented: string
  /** The key that has signed the token. `undefined`: the token was introspected instead. */
  readonly signedBy: SignedBy | undefined
  /** `true` if the token was found in the token cache. */
  readonly cached: boolean
  /** The time of the introspection. `undefined`: the token was not introspected. */
  readonly introspected: IntrospectionTime | undefined
}

/** The times of an introspection call. */
export interface IntrospectionTime {
  /** The time when the call began. */
  readonly askedAt: Moment
  /** The time when the response arrived. `undefined`: the call was made for an earlier request. */
  readonly receivedAt: Moment | undefined
}
