import type { JsonObject } from '../lib/json.ts'
import type { IssuerSettings } from '../model/settings.ts'
import type { Explanation } from '../response/rejection.ts'
import type { Reason } from '../response/reasons.ts'
import type { Provider } from '../subject/providers.ts'

/** The facts about a refusal from which its advice is chosen. None of them is shown. */
export interface RefusalFacts {
  readonly reason: Reason
  readonly explanation: Explanation
  /** Empty, if the token could not be read. */
  readonly header: JsonObject
  /** Empty, if the token could not be read. */
  readonly claims: JsonObject
  /** The scopes of a verified token. */
  readonly scopes: readonly string[]
  /** The settings of the issuer of the token, or of the only issuer that is configured. */
  readonly settings: IssuerSettings | undefined
  /** The provider of this issuer: the configured one, or the one that its address looks like. */
  readonly provider: Provider | undefined
  /** Some of the configured issuers. */
  readonly issuers: readonly IssuerSettings[]
}

/** One piece of advice: the change to make, and where. The first row that applies is used. */
export interface AdviceRow {
  readonly reason: Reason
  /** Applies to the issuers of these providers only. */
  readonly providers?: readonly Provider[]
  /** Applies where the event has this `found`. */
  readonly found?: string
  /** Applies where this is true. `sign` describes it for the documentation. */
  readonly when?: (facts: RefusalFacts) => boolean
  readonly sign?: string
  /** The place of the change, as the beginning of a sentence. */
  readonly where: string
  readonly change: string
}
