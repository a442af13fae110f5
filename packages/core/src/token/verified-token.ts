import type { Binding } from '../binding/confirmation.ts'
import type { Moment } from '../lib/clock.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { SignedBy } from './jwt/verify-jwt.ts'
import type { TrustedIssuer } from './trusted-issuers.ts'

/** A verified token, and what the later steps need to know about it. */
export interface VerifiedToken {
  readonly token: AccessToken
  /** The proof that the sender owes, which is not checked yet. */
  readonly binding: Binding
  readonly issuer: TrustedIssuer
  /** The token as presented, to introspect it again. */
  readonly presented: string
  /** The key that has signed it. `undefined`: its issuer was asked instead. */
  readonly signedBy: SignedBy | undefined
  /** True if it was found in the token cache. */
  readonly cached: boolean
  /** The time when its issuer was asked about it. `undefined`: not at all. */
  readonly introspected: IntrospectionTime | undefined
}

export interface IntrospectionTime {
  readonly askedAt: Moment
  /** The time when the answer came, where the issuer was asked for this very request, and not for an earlier one. */
  readonly receivedAt: Moment | undefined
}
