import type { JsonObject } from '../lib/json.ts'
import type { IssuerSettings } from '../model/settings.ts'
import type { Explanation } from '../response/rejection.ts'
import type { Reason } from '../response/reasons.ts'
import type { Provider } from '../subject/providers.ts'

/** Facts about a refusal that its advice depends on. The advice never contains them. */
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
  /** The configured provider of this issuer, or the product that its address looks like. */
  readonly provider: Provider | undefined
  /** The configured issuers, or the first of them if there are many. */
  readonly issuers: readonly IssuerSettings[]
}

/** One piece of advice: the change to make, and where. The first row that applies is used. */
export interface AdviceRow {
  readonly reason: Reason
  /** The row applies only to issuers of these providers. */
  readonly providers?: readonly Provider[]
  /** The row applies only if `found` of the event is this text, with or without the prefix `claimed `. */
  readonly found?: string
  /** The row applies only if this function returns `true`. `sign` describes the condition in the documentation. */
  readonly when?: (facts: RefusalFacts) => boolean
  readonly sign?: string
  /** The place of the change, as the beginning of a sentence. */
  readonly where: string
  readonly change: string
}
