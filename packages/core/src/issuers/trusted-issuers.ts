import { kindOf, Rejection } from '../outcome/rejection.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { IssuerSettings } from './issuer-settings.ts'

/** An issuer that the configuration names, and its keys. */
export interface TrustedIssuer {
  readonly settings: IssuerSettings
  readonly keys: KeySource
}

export type TrustedIssuers = ReadonlyMap<string, TrustedIssuer>

/**
 * The configured issuer that an unverified `iss` names, byte for byte. The claim only picks among the
 * issuers of the configuration: nothing is fetched for one that is not there.
 */
export function trustedIssuer(issuers: TrustedIssuers, iss: unknown): TrustedIssuer | Rejection {
  const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined
  if (issuer !== undefined) return issuer
  const found = typeof iss === 'string' ? 'another issuer' : kindOf(iss)
  return new Rejection('unknown_issuer', {
    check: 'iss',
    expected: [...issuers.keys()].join(' or '),
    found,
  })
}
