import type { JsonObject } from '../lib/json.ts'
import type { IssuerSettings } from '../model/settings.ts'
import type { Explanation } from '../response/rejection.ts'
import type { McpReason, Reason } from '../response/reasons.ts'
import type { Provider } from '../subject/providers.ts'

/** Facts about a refusal. The advice on the refusal depends on these facts, but never contains them. */
export interface RefusalFacts {
  readonly explanation: Explanation
  /** Empty, if the token could not be read. */
  readonly header: JsonObject
  /** Empty, if the token could not be read. */
  readonly claims: JsonObject
  /** The scopes of a verified token. */
  readonly scopes: readonly string[]
  /** The settings of the issuer of the token, or of the only issuer that is configured. */
  readonly settings: IssuerSettings | undefined
  /** The configured provider of the issuer in `settings`, or a guess from the address of this issuer. */
  readonly provider: Provider | undefined
  /** At most 20 of the configured issuers. */
  readonly issuers: readonly IssuerSettings[]
}

/**
 * One piece of advice, and the conditions under which it applies. `test/documentation/advice-signs.ts` describes each `when` for
 * the documentation.
 */
export interface AdviceRow {
  /** Applies only to issuers of these providers. */
  readonly providers?: readonly Provider[]
  /** Applies only if `found` of the event is this text. A prefix `claimed `, and a colon with details at the end, are ignored. */
  readonly found?: string
  /** Applies only if this function returns `true`. */
  readonly when?: (facts: RefusalFacts) => boolean
  /** The place of the change, a colon, and the change to make. */
  readonly advice: string
}

/** The advice for one reason. The first row that applies is used. The text at the end is used if no row applies. */
export type AdviceRows = readonly [...AdviceRow[], string]

/** The advice of the core. Each reason of the core has advice. */
export type AdviceByReason = Readonly<Record<Exclude<Reason, McpReason>, AdviceRows>>

/** Advice for some reasons. */
export type Advice = Partial<AdviceByReason>
