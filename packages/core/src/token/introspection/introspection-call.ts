import { toLoggedAddress } from '../../authorization-server/address.ts'
import { FetchError } from '../../authorization-server/bounded-fetch.ts'
import { type Bounds, withDeadline } from '../../authorization-server/deadline.ts'
import type { DiscoveredEndpoint } from '../../authorization-server/discovered-endpoint.ts'
import { IntrospectionUnavailableError } from '../../errors.ts'
import type { Fetch } from '../../model/fetch.ts'
import type { IntrospectionSettings } from '../../model/settings.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import {
  type FailedCall,
  toFailedCall,
  toFailedDiscovery,
  IntrospectionError,
} from './introspection-failure.ts'
import { requestIntrospection } from './introspection-request.ts'
import { type IntrospectionResponse, readIntrospectionResponse } from './introspection-response.ts'

/** Dependencies of an introspection call. */
export interface CallParts {
  readonly issuer: Signer
  readonly settings: IntrospectionSettings
  readonly endpoint: DiscoveredEndpoint
  readonly fetch: Fetch
  readonly bounds: Bounds
}

/** Makes one introspection call, without a cache. */
export class IntrospectionCall {
  readonly #parts: CallParts

  constructor(parts: CallParts) {
    this.#parts = parts
  }

  /** Finds the endpoint and introspects a token, within the timeout of a call. Never rejects. */
  async make(token: string): Promise<IntrospectionResponse | FailedCall> {
    const { issuer, settings, endpoint, fetch, bounds } = this.#parts
    const { clock } = bounds
    const found: { at?: string } = {}
    try {
      const received = await withDeadline(bounds, async (signal) => {
        const at = (found.at = await endpoint.find())
        return requestIntrospection({ token, endpoint: at, issuer, settings, fetch, clock, signal })
      })
      return readIntrospectionResponse(received, issuer.settings)
    } catch (error) {
      if (found.at === undefined) return this.#notFound(error)
      if (error instanceof FetchError && [404, 410].includes(error.status ?? 0)) endpoint.forget()
      return toFailedCall(withPlace(error, toLoggedAddress(found.at)), clock.now())
    }
  }

  /** Finds the endpoint. Rejects with an `IntrospectionUnavailableError` if it is not found. */
  async ready(): Promise<void> {
    const { issuer, endpoint } = this.#parts
    try {
      await endpoint.find()
    } catch (error) {
      const { detail } = this.#notFound(error)
      throw new IntrospectionUnavailableError(issuer.settings.issuer, detail, error)
    }
  }

  #notFound(error: unknown): FailedCall {
    const { issuer, bounds } = this.#parts
    const place = `the metadata of ${issuer.settings.metadataIssuer}`
    return toFailedDiscovery(withPlace(error, place), bounds.clock.now())
  }
}

/** Adds the place of an error (an address or the metadata) to the message of the error, if the place is missing. */
function withPlace(error: unknown, place: string): unknown {
  if (error instanceof IntrospectionError) {
    const { failure, message, retryAfter } = error
    return new IntrospectionError(failure, `${place}: ${message}`, retryAfter)
  }
  const lacksPlace = error instanceof FetchError && error.failure === 'timeout'
  return lacksPlace ? new FetchError('timeout', `${place}: ${error.message}`) : error
}
