import { FetchError, type FetchFailure } from './bounded-fetch.ts'
import { type Endpoint, MetadataError } from './metadata.ts'

/** Failure of an outgoing call, as a code and as a text. */
export interface CallFailure<Code extends string> {
  readonly failure: Code
  /** Description of the failure, usually with the address. Contains no secret of the request. */
  readonly detail: string
}

/** Code of the failure if an endpoint cannot be discovered, or a document of the authorization server cannot be fetched. */
export type DiscoveryFailure<Wanted extends Endpoint> = FetchFailure | 'issuer_mismatch' | Wanted

/** Describes the error of a call to an endpoint, or of its discovery. Returns `undefined` for other errors. */
export function describeFailure<Wanted extends Endpoint>(
  error: unknown,
): CallFailure<DiscoveryFailure<Wanted>> | undefined {
  if (!(error instanceof FetchError || error instanceof MetadataError)) return undefined
  // The failure of a `MetadataError` is the requested endpoint, or `issuer_mismatch`.
  return { failure: error.failure as DiscoveryFailure<Wanted>, detail: error.message }
}

/**
 * Failure for errors that `describeFailure` does not describe. The message of such an error is not shown, because it can contain
 * secrets.
 */
export const UNEXPECTED: CallFailure<'unexpected'> = {
  failure: 'unexpected',
  detail: 'an unexpected error occurred',
}
