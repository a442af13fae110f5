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
  failedCall,
  failedDiscovery,
  IntrospectionError,
} from './introspection-failure.ts'
import { requestIntrospection } from './introspection-request.ts'
import { type IntrospectionResponse, readIntrospectionResponse } from './introspection-response.ts'

/** The parts that a call needs. */
export interface CallParts {
  readonly issuer: Signer
  readonly settings: IntrospectionSettings
  readonly endpoint: DiscoveredEndpoint
  readonly fetch: Fetch
  readonly bounds: Bounds
}

/** Asks an issuer about a token, once, and without a memory. */
export class IntrospectionCall {
  readonly #parts: CallParts

  constructor(parts: CallParts) {
    this.#parts = parts
  }

  /** Finds the endpoint and asks it, within the time that a call may take. Never rejects. */
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
      return failedCall(located(error, toLoggedAddress(found.at)), clock.now())
    }
  }

  /** Finds the endpoint. Rejects with an `IntrospectionUnavailableError`. */
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
    return failedDiscovery(located(error, place), bounds.clock.now())
  }
}

/** Says where it was that something has failed, if the error does not. */
function located(error: unknown, place: string): unknown {
  if (error instanceof IntrospectionError) {
    const { failure, message, retryAfter } = error
    return new IntrospectionError(failure, `${place}: ${message}`, retryAfter)
  }
  const isSilent = error instanceof FetchError && error.failure === 'timeout'
  return isSilent ? new FetchError('timeout', `${place}: ${error.message}`) : error
}
