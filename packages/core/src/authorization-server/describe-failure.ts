import { FetchError, type FetchFailure } from './bounded-fetch.ts'
import { type Endpoint, MetadataError } from './metadata.ts'

/** The failure of an outgoing call, as a code and for people. */
export interface CallFailure<Code extends string> {
  readonly failure: Code
  /** The address, and what happened. Nothing of a request is in it. */
  readonly detail: string
}

/** The reasons why an endpoint could not be found, or a document of the authorization server not be had. */
export type DiscoveryFailure<Sought extends Endpoint> = FetchFailure | 'issuer_mismatch' | Sought

/** Describes what a call for that endpoint, or for its address, has failed with. `undefined`: with none of these. */
export function describeFailure<Sought extends Endpoint>(
  error: unknown,
): CallFailure<DiscoveryFailure<Sought>> | undefined {
  if (!(error instanceof FetchError || error instanceof MetadataError)) return undefined
  // Nobody looks for one endpoint and is told about another.
  return { failure: error.failure as DiscoveryFailure<Sought>, detail: error.message }
}

/** The failure of any other error: it may hold anything, secrets included, and is not told. */
export const UNEXPECTED: CallFailure<'unexpected'> = {
  failure: 'unexpected',
  detail: 'something unexpected was thrown',
}
